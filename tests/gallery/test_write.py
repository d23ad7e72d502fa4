"""The gallery's files, without a browser."""

import base64
import io
import json
import time
import urllib.error
import urllib.request
from http.client import HTTPConnection
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import results
from results import RunError, SheetError
from results.gallery import live as live_module
from results.gallery.columns import columns, first_view
from results.gallery.live import live
from results.gallery.packing import hexadecimal
from results.gallery.script import call
from results.gallery.serve import Server
from results.gallery.thumbnails import edges
from results.gallery.write import write_gallery
from results.loopback import is_own_host

RATIOS = [1e-4, 1e-3, 1e-2]
AXES = {"style": ["swirls", "facets"], "ratio": RATIOS}


def data_of(run, file="data.js"):
    """What a script of the gallery passes on, read as JSON."""
    text = run.read(f"gallery/{file}").decode()
    return json.loads(text[text.index("(") + 1 : text.rindex(")")])


def names_of(packed):
    """The names that a packed list of hexadecimal ones has."""
    if isinstance(packed, list):
        return packed
    content, size = base64.b64decode(packed["base64"]), packed["digits"] // 2
    names = [content[start : start + size].hex() for start in range(0, len(content), size)]
    return [None if set(name) == {"0"} else name for name in names]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # other work decides how fast it is
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_script_holds_any_text_and_no_tag(value):
    content = call("receive", value)
    assert b"<" not in content
    assert all(byte == 10 or 32 <= byte < 127 for byte in content)
    assert content.count(b"\n") == 1
    assert json.loads(content.decode()[len("receive(") : -len(");\n")]) == value


def test_the_page_needs_no_other_place(make_run):
    run = make_run(AXES).run
    write_gallery(run)
    for path in run.names("gallery/*.*"):
        text = run.read(path).decode().replace("await fetch(path, given", "")  # asks its own server, where there is one
        for address in ("http://", "https://", "//cdn", "import(", "fetch(", "innerHTML", "InnerHTML", "eval("):
            assert address not in text.replace("http://www.w3.org/2000/svg", ""), f"{address} in {path}"
    assert run.exists("gallery/vendor/uPlot.LICENSE.txt")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.none() | st.binary(min_size=10, max_size=10).filter(any).map(bytes.hex)))
def test_packed_names_are_the_names(names):
    assert names_of(hexadecimal(names)) == names


def test_names_of_other_lengths_stay_as_they_are():
    for names in (["ab", "abcd"], ["abc", "abc"], [], [None]):
        assert hexadecimal(names) == names


def test_thumbnails_are_made_in_sizes_and_only_once(make_run):
    made = make_run({"ratio": RATIOS}, size=(300, 200))
    write_gallery(made.run)
    paths = made.run.names("gallery/thumbnails/**")
    sizes = []
    for path in paths:
        with Image.open(io.BytesIO(made.run.read(path))) as opened:
            assert opened.format == "WEBP"
            sizes.append(opened.size)
    assert sorted(sizes) == [(96, 64)] * 3 + [(256, 171)] * 3 + [(300, 200)] * 3
    from pathlib import Path

    before = {path: Path(made.run.full_path(path)).stat().st_mtime_ns for path in paths}
    write_gallery(made.run)
    assert {path: Path(made.run.full_path(path)).stat().st_mtime_ns for path in paths} == before


@pytest.mark.parametrize(
    ("size", "expected"), [((40, 30), (96,)), ((96, 96), (96,)), ((97, 10), (96, 256)), ((2000, 10), (96, 256, 640))]
)
def test_an_image_has_the_thumbnails_up_to_its_own_size(size, expected):
    assert edges(*size) == expected


def test_an_image_that_does_not_decode_has_no_thumbnails_and_the_others_have(make_run):
    made = make_run({"ratio": RATIOS})
    row = results.load(made.run.location).iloc[1]
    made.run.write(row["image_path"], b"no image")
    write_gallery(made.run)
    assert [name is None for name in names_of(data_of(made.run)["trials"]["thumbnails"])] == [False, True, False]


def test_a_row_that_names_a_file_elsewhere_gets_no_link(make_run, monkeypatch):
    made = make_run({"ratio": RATIOS})
    trials = results.load(made.run.location, missing=True)
    trials.loc[0, "image_path"] = "../../etc/passwd"
    monkeypatch.setattr("results.gallery.write.load", lambda *_, **__: trials)
    write_gallery(made.run, thumbnails=False)
    assert data_of(made.run)["trials"]["states"] == "dDD"


def test_a_query_selects_exactly_the_trials_of_its_value(make_run):
    axes = {"style": ["a", "b\"`'\\", "{c}"], "style_layers": [["conv1_1"], ["conv1_1", "conv2_1"]], "ratio": RATIOS}
    made = make_run(axes, labels={"style_layers": ["few", "more"]})
    write_gallery(made.run)
    data, trials = data_of(made.run), results.load(made.run.location)
    for axis in data["axes"]:
        for code, value in enumerate(axis["values"]):
            expected = [
                one for one, at in zip(names_of(data["trials"]["ids"]), axis["codes"], strict=True) if at == code
            ]
            assert list(trials.query(value["query"])["trial_id"]) == expected
    assert [value["key"] for value in data["axes"][1]["values"]] == ["few", "more"]


def test_numbers_keep_what_a_filter_needs(make_run):
    made = make_run({"seed": [0, 123456789, 2**40], "ratio": [0.123456789]})
    write_gallery(made.run)
    columns = {column["name"]: column for column in data_of(made.run)["columns"]}
    assert columns["seed"]["numbers"] == [0, 123456789, 2**40]
    assert columns["ratio"]["constant"] == "0.123457"
    assert columns["total_loss"]["numbers"] == [1000, 500, 333.3333]
    assert "content_sha256" not in columns


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (None, ("a", "b", None, "c")),
        ({"rows": ["c"], "columns": ["a", "b"]}, (None, "c", "a", "b")),
        ({"rows": ["zip", "a", "b", "c"], "columns": []}, ("b", "c", None, None)),
    ],
)
def test_the_first_view_is_the_sheets(sheet, expected):
    view = first_view(["a", "b", "c"], sheet)
    assert tuple(view[place] for place in ("super-rows", "rows", "super-columns", "columns")) == expected


def test_a_run_without_trials_and_a_folder_that_is_no_run_are_refused(make_run, sweep, tmp_path):
    made = make_run({"ratio": RATIOS}, excluded={0, 1, 2})
    with pytest.raises(SheetError, match="no trial"):
        write_gallery(made.run)
    refused = sweep("gallery", tmp_path)
    assert (refused.exit_code, list(tmp_path.glob("gallery"))) == (2, [])
    assert "is not a run" in refused.stderr


def test_the_command_prints_where_the_page_is(make_run, sweep):
    made = make_run(AXES)
    ran = sweep("gallery", made.run.location)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout == f"{made.run.full_path('gallery/index.html')}\n"
    assert made.run.exists("gallery/index.html")


def test_curves_are_in_files_of_a_hundred_and_named_by_version(make_run):
    made = make_run({"seed": list(range(150))}, missing={149}, failed={148: "no"})
    write_gallery(made.run)
    before = data_of(made.run)["curves"]
    assert made.run.names("gallery/curves/*") == ["gallery/curves/000.js", "gallery/curves/001.js"]
    text = made.run.read("gallery/curves/001.js").decode()
    number, curves = json.loads(f"[{text[text.index('(') + 1 : text.rindex(')')]}]")
    assert (number, len(curves)) == (1, 50)
    assert curves[0][0] == [0, 10, 20]
    assert curves[48:] == [None, None]
    made.add([149])
    write_gallery(made.run)
    after = data_of(made.run)["curves"]
    assert [one == other for one, other in zip(before["versions"], after["versions"], strict=True)] == [True, False]


def test_a_sweep_that_runs_keeps_its_gallery_up_to_date_and_says_when_it_is_over(make_run, monkeypatch):
    made = make_run({"ratio": RATIOS}, missing={1, 2})
    monkeypatch.setattr(live_module, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(live_module, "EVERY_SECONDS", 0.1)
    monkeypatch.setattr(live_module, "MOST_SHARE", 1.0)

    def shown():
        return data_of(made.run)["trials"]["states"] if made.run.exists("gallery/state.js") else ""

    def wait_for(states):
        deadline = time.monotonic() + 10
        while shown() != states:
            assert time.monotonic() < deadline, shown()
            time.sleep(0.02)

    with live(made.run):
        wait_for("Dmm")
        assert data_of(made.run, "state.js")["nextIn"] == 0.1
        made.add([1, 2])
        wait_for("DDD")
        assert not made.run.names("gallery/thumbnails/**")
    assert data_of(made.run, "state.js") == data_of(made.run, "state.js") | {
        "nextIn": None,
        "version": data_of(made.run)["version"],
    }


def test_a_gallery_that_cannot_be_written_disturbs_no_sweep(make_run, monkeypatch):
    made = make_run({"ratio": RATIOS}, excluded={0, 1, 2})
    monkeypatch.setattr(live_module, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(live_module, "EVERY_SECONDS", 0.01)
    with live(made.run):
        time.sleep(0.2)
    assert not made.run.exists("gallery/state.js")


@pytest.fixture
def served(make_run):
    made = make_run(AXES)
    write_gallery(made.run)
    with Server(made.run) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield made.run, server
        server.shutdown()


def test_the_server_has_the_page_and_its_images_and_nothing_else_of_the_run(served):
    run, server = served
    root = server.url.removesuffix("gallery/")
    wanted = ["", "gallery/", *run.names("gallery/**"), *run.names("images/**"), *run.names("references/**")]
    for path in wanted:
        with urllib.request.urlopen(root + path) as answer:
            assert answer.status == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            # No page elsewhere may read a run by <script src>, or show it in a frame of its own.
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    refused = ["run.json", "plan.parquet", "gallery/../run.json", "gallery/%2e%2e/run.json", "images/../run.json"]
    refused += [
        "gallery//etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "images/",
        "gallery/thumbnails",
        *run.names("trials/*"),
    ]
    for path in refused:
        connection = HTTPConnection("127.0.0.1", server.server_port)
        connection.request("GET", f"/{path}")
        assert connection.getresponse().status == 404, path
        connection.close()


@pytest.mark.parametrize(
    ("header", "port", "own"),
    [
        ("127.0.0.1:8000", 8000, True),
        ("localhost:8000", 8000, True),
        ("127.0.0.1", 8000, False),
        ("127.0.0.1", 80, True),  # browsers leave HTTP's own port out
        ("localhost", 80, True),
        ("localhost:80", 80, True),
        ("localhost:81", 80, False),
        ("evil.example", 80, False),
        ("evil.example:80", 80, False),
        ("", 80, False),
    ],
)
def test_a_server_answers_to_its_own_names_alone(header, port, own):
    assert is_own_host(header, port) is own


def test_the_server_is_on_this_machine_alone_and_answers_to_no_other_name(served):
    run, server = served
    assert server.server_address[0] == "127.0.0.1"
    request = urllib.request.Request(server.url, headers={"Host": f"evil.example:{server.server_port}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    refused.value.close()
    connection = HTTPConnection("127.0.0.1", server.server_port)
    connection.request("HEAD", "/gallery/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000
    connection.close()
    with pytest.raises(RunError, match="--port"):
        Server(run, server.server_port)


def test_settings_that_no_trial_uses_are_marked(make_run):
    made = make_run({"ratio": RATIOS})
    trials = results.load(made.run.location)
    usual = {"method": "transfer", "style_representation": "gram", "mrf_stride": 1, "init": "content", "seed": 0}
    for name, value in usual.items():
        trials.insert(2, name, value) if name not in trials else None
    unused = {column["name"] for column in columns(trials) if column.get("unused")}
    assert unused == {"mrf_stride", "seed"}
    assert {column["name"] for column in columns(trials) if column.get("usual")} == {"method", "style_representation"}
    trials["style_representation"] = "mrf"
    assert {column["name"] for column in columns(trials) if column.get("usual")} == {"method"}
    trials["init"] = ["content", "content", "noise"]
    assert "seed" not in {column["name"] for column in columns(trials) if column.get("unused")}
