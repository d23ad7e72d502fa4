"""YAML as version 1.2 reads it, the place of whatever is wrong, and never anything but data or GridError."""

import contextlib
import json
import math
import re

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from orchestrator.errors import GridError
from orchestrator.grid.yaml12 import parse, parse_value, path_text, read_yaml

SCALARS = {
    "1": 1,
    "-12": -12,
    "+12": 12,
    "012": 12,  # 10 in YAML 1.1
    "0o14": 12,
    "0x1F": 31,
    "1e-3": 0.001,  # text in YAML 1.1
    "1E+3": 1000.0,
    "-.5": -0.5,
    "5.": 5.0,
    "1.e3": 1000.0,
    "-0.0": -0.0,
    ".inf": math.inf,
    "+.Inf": math.inf,
    "-.INF": -math.inf,
    "true": True,
    "True": True,
    "FALSE": False,
    "null": None,
    "Null": None,
    "~": None,
    "": None,
    "# a remark": None,
}


@pytest.mark.parametrize("text", SCALARS)
def test_a_plain_scalar_has_the_type_that_yaml_1_2_gives_it(text):
    found = parse_value(text)
    assert found == SCALARS[text]
    assert type(found) is type(SCALARS[text])


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number_is_read(text):
    assert math.isnan(parse_value(text))


TEXTS = (
    "no off on yes y n None nULL tRUE inf nan -.nan 1_000 0b11 0o8 -0x1 12:30:45 2001-01-01 = << . + 1e e3 1.2.3 0x ٣"
)


@pytest.mark.parametrize("text", [*TEXTS.split(), "1 000", "1e-3 px"])
def test_what_yaml_1_2_does_not_resolve_stays_text(text):
    assert parse_value(text) == text


@pytest.mark.parametrize("text", ["'1e-3'", '"1e-3"', "|-\n  1e-3", ">-\n  1e-3"])
def test_quoted_and_block_scalars_are_text(text):
    assert parse(f"a: {text}\n", "g.yaml").data == {"a": "1e-3"}


def test_keys_are_text_however_they_look():
    assert parse("1: a\nnull: b\ntrue: c\n1e-3: d\n", "").data == {"1": "a", "null": "b", "true": "c", "1e-3": "d"}


def test_aliases_repeat_data_and_a_merge_key_is_a_key_like_others():
    assert parse("a: &x {b: 1}\nc: *x\n<<: *x\n", "").data == {"a": {"b": 1}, "c": {"b": 1}, "<<": {"b": 1}}


def test_a_surrogate_pair_is_one_character():
    """json.dumps writes characters beyond U+FFFF as two escapes."""
    assert parse_value('"\\ud83c\\udfa8"') == "🎨"


# Text, line, column, path and a part of the message.
ERRORS = {
    "duplicate key": ("a: 1\nb: 2\na: 3\n", 3, 1, "a", "this key is here a second time"),
    "duplicate key, quoted": ("a:\n  {b: 1, 'b': 2}\n", 2, 10, "a.b", "this key is here a second time"),
    "duplicate number as key": ("1: a\n'1': b\n", 2, 1, "1", "this key is here a second time"),
    "key that is a list": ("a:\n  ? [1]\n  : 2\n", 2, 5, "a", "a key must be plain text"),
    "tag": ("a: !!str 1\n", 1, 4, "", "tags such as tag:yaml.org,2002:str are not used"),
    "tag that would run code": ("- x\n- !!python/name:os.system {}\n", 2, 3, "", "tags such as"),
    "tag of a key": ("!!str a: 1\n", 1, 1, "", "tags such as"),
    "bare exclamation mark": ("a: ! b\n", 1, 4, "", "tags such as !"),
    "alias to nothing": ("a: *x\n", 1, 4, "", "undefined alias"),
    "anchor twice": ("a: &x 1\nb: &x 2\n", 2, 4, "", "duplicate anchor"),
    "alias in itself": ("a: &x [1, *x]\n", 1, 4, "a[1]", "an alias contains itself"),
    "mapping in itself": ("&x a:\n  b: &y {c: *y}\n", 2, 6, "a.b.c", "an alias contains itself"),
    "too large": ("a: [1, 1e999]\n", 1, 8, "a[1]", "this number is too large"),
    "too small": ("a: -1e999\n", 1, 4, "a", "this number is too large"),
    "large in hexadecimal": (f"a: 0x{'f' * 280}\n", 1, 4, "a", "this number is too large"),
    "many digits": (f"a:\n- {'9' * 400}\n", 2, 3, "a[0]", "too many digits"),
    "many digits after the point": (f"a: 0.{'1' * 400}\n", 1, 4, "a", "too many digits"),
    "huge version": (f"%YAML 1.{'9' * 5000}\n---\na\n", 1, 9, "", "a number out of range"),
    "character out of range": ('a: "\\UFFFFFFFF"\n', 1, 7, "", "a number out of range"),
    "NUL": ("a: \0\n", 1, 4, "", "the character U+0000"),
    "escape": ("é: 1\nb: \x1b[31m\n", 2, 4, "", "the character U+001B"),
    "surrogate": ("a: \ud83c\n", 1, 4, "", "the character U+D83C"),
    "bad character after a Windows line end": ("a: 1\r\n\x07\r\n", 2, 1, "", "the character U+0007"),
    "half a pair": ('a: "\\udfa8"\n', 1, 4, "a", "half of a surrogate pair"),
    "half a pair in a key": ('a: {"\\ud83c": 1}\n', 1, 5, "a", "half of a surrogate pair"),
    "two documents": ("--- 1\n--- 2\n", 2, 1, "", "expected a single document"),
    "colon in text": ("title: a: b\n", 1, 9, "", "mapping values are not allowed here"),
    "tab as indentation": ("a:\n\tb: 1\n", 2, 1, "", "cannot start any token"),
    "open quote": ("a: 'b\n", 2, 1, "", "unexpected end of stream"),
    "reserved character": ("a: @b\n", 1, 4, "", "cannot start any token"),
}


@pytest.mark.parametrize("wrong", ERRORS)
def test_an_error_has_its_place(wrong):
    text, line, column, path, message = ERRORS[wrong]
    with pytest.raises(GridError) as caught:
        parse(text, "g.yaml")
    error = caught.value
    assert (error.position.line, error.position.column, error.path) == (line, column, path)
    assert message in error.message
    assert str(error).startswith(f"g.yaml:{line}:{column}: ")


def test_thirty_levels_below_the_first_are_read():
    assert parse("[" * 31 + "]" * 31, "").data == json.loads("[" * 31 + "]" * 31)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("depth", [32, 200_000])  # the parser's own recursion would overflow the stack at the second
def test_deeper_nesting_is_refused(opening, depth):
    closing = {"[": "]", "{": "}"}.get(opening[0], "")
    with pytest.raises(GridError, match=r"^g.yaml:1:\d+: nested deeper than 30 levels"):
        parse(opening * depth + closing * depth, "g.yaml")


def test_nesting_by_aliases_ends_too():
    deep = f"{'[' * 20}{']' * 20}"
    assert parse(f"a: &x {deep}\nb: [[[*x]]]\n", "").data["b"] == [[[json.loads(deep)]]]
    with pytest.raises(GridError, match=r"^g.yaml:1:\d+: b(\[0\]){30}: nested deeper than 30 levels"):
        parse(f"a: &x {deep}\nb: {'[' * 15}*x{']' * 15}\n", "g.yaml")


def test_aliases_of_aliases_are_refused_before_they_fill_the_memory():
    """Nine levels of ten are a billion entries from 400 characters."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 9):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    with pytest.raises(GridError, match="more than 200,000 entries, counting what aliases repeat"):
        parse(bomb, "g.yaml")


def test_a_value_of_the_command_line_has_no_place():
    for text in ("[1", "!!str 1", "a: 1\na: 2", "\0"):
        with pytest.raises(GridError) as caught:
            parse_value(text)
        assert caught.value.position is None
        assert "\n" not in str(caught.value)


def test_a_place_is_that_of_the_value_or_of_the_key_or_of_the_nearest_above():
    document = parse("settings:\n  size: 40\naxes:\n  ratio: [1e-3,\n    1e-2]\n", "g.yaml")

    def place(*steps, **options):
        found = document.position(steps, **options)
        return found.line, found.column

    assert place("settings", "size") == (2, 9)
    assert place("settings", "size", key=True) == (2, 3)
    assert place("axes", "ratio", 1) == (5, 5)
    assert place("axes", "ratio", 7) == place("axes", "ratio") == (4, 10)
    assert place("axes", "ratio", 7, key=True) == (4, 3)
    assert place("nothing", "here") == place() == (1, 1)


@pytest.mark.parametrize("column", [1, 2, 60, 61, 100, 399, 400])
def test_the_caret_stands_below_its_column_however_long_the_line(column):
    line = "".join(chr(0x4E00 + index) for index in range(400))  # every character another
    _, shown, caret = str(GridError("wrong", position=parse(line, "g.yaml").at(0, column - 1))).split("\n")
    assert shown[caret.index("^")] == line[column - 1]
    assert len(shown) <= 110


def test_a_path_is_written_as_in_the_file():
    assert path_text(("axes", "ratio", 1)) == "axes.ratio[1]"
    assert path_text(("zip", 0, 2)) == "zip[0][2]"
    assert path_text(()) == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"title: \xff\n", "it is not UTF-8 text"),
        ("title: a\n".encode("utf-16"), "it is not UTF-8 text"),
        (b"#" * 1_000_001, "larger than the 1,000,000 bytes"),
        (None, "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content, message, tmp_path):
    path = tmp_path / "g.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(GridError, match=message) as caught:
        read_yaml(path)
    assert str(path) in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "g.yaml"
    path.write_bytes(b"\xef\xbb\xbftitle: a\n")
    document = read_yaml(path)
    assert document.data == {"title": "a"}
    assert document.position(("title",)).column == 8


NUMBERS = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.text(max_size=80)  # YAML itself allows a key 1024 characters, and json.dumps may write twelve for one
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


def read_by_yaml_1_2_alone(text):
    """Whether plain text is a number in YAML 1.2 and not in 1.1, so that PyYAML writes it without quotes."""
    number = re.fullmatch(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+", text, re.ASCII)
    return bool(number) and isinstance(yaml.safe_load(text), str)


def texts(data):
    if isinstance(data, str):
        yield data
    for inner in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from texts(inner)


@settings(max_examples=75, deadline=None)
@given(JSON, st.sampled_from([None, 1]))
def test_whatever_json_writes_reads_back(data, indent):
    found = parse(json.dumps(data, indent=indent), "").data
    assert json.dumps(found) == json.dumps(data)  # tells 1 from 1.0 and true, and sees the order of keys


@settings(max_examples=75, deadline=None)
@given(JSON, st.booleans())
def test_whatever_pyyaml_writes_reads_back(data, flow):
    assume(not any(read_by_yaml_1_2_alone(text) for text in texts(data)))
    found = parse(yaml.safe_dump(data, default_flow_style=flow, sort_keys=False), "").data
    assert json.dumps(found) == json.dumps(data)


def plain(data):
    if isinstance(data, dict):
        return all(isinstance(key, str) and plain(value) for key, value in data.items())
    return all(map(plain, data)) if isinstance(data, list) else data is None or type(data) in (bool, int, float, str)


TOKENS = """&a |*a|!!str |!|? |: |- |{|}|[|]|, |'|"|#|%|---|...|%YAML 1.2|%TAG ! !x|\\|\\U|\\x|~|=|@|`|<<: |null
a|é|🎨|0|1e999|-.inf|0x|0o7""".replace("\n", "|").split("|")
TOKENS += ["\n", "\r\n", "\t", " ", "  ", "|\n", ">-\n ", "\u2028", "\x85", "\ufeff", "\0", "\ud83c", "9" * 310]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters()) | st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
@example("&a {*a : *a}")
@example("%YAML 9999999999999999999999.1\n---")
@example('"\\ud83c\\ud83c"')
def test_any_text_gives_plain_data_or_a_grid_error(text):
    with contextlib.suppress(GridError):
        assert plain(parse(text, "g.yaml").data)
