"""Weights files from strangers: read if they are numbers, named if they are damaged, and never executed."""

import builtins
import io
import os
import pickle

import pytest
import torch
from safetensors.torch import save, save_file

from weights import UnusableError
from weights.load import load
from weights.metadata import named_preprocessing

FORMS = {"zip.pth": {}, "legacy.pth": {"_use_new_zipfile_serialization": False}}
"""How torch.save writes: the format since 1.6, and the one before."""


def _write(path, tensors):
    """A weights file of the kind that its name says."""
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path, **FORMS[path.name])
    return path


@pytest.fixture(params=[*FORMS, "numbers.safetensors"])
def path(request, tmp_path):
    return tmp_path / request.param


def _message(path, shapes):
    with pytest.raises(UnusableError) as caught:
        load(path, shapes)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_what_is_asked_for_is_read_and_the_rest_left_alone(path, parameters, shapes):
    _write(path, parameters | {"classifier.weight": torch.full((3, 3), torch.nan)})
    loaded = load(path, shapes)
    assert list(loaded) == list(shapes)
    assert all(torch.equal(loaded[key], parameters[key]) for key in shapes)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_of_any_precision_become_float32(path, parameters, shapes, dtype):
    _write(path, {key: tensor.to(dtype) for key, tensor in parameters.items()})
    loaded = load(path, shapes)
    assert all(loaded[key].dtype == torch.float32 for key in shapes)
    assert all(torch.equal(loaded[key], parameters[key].to(dtype).float()) for key in shapes)


def test_a_safetensors_file_can_name_its_preprocessing(tmp_path, parameters, shapes):
    save_file(parameters, tmp_path / "mine.safetensors", metadata={"preprocessing": "vgg-original"})
    assert named_preprocessing(tmp_path / "mine.safetensors") == "vgg-original"


def test_other_files_name_no_preprocessing(tmp_path, parameters):
    for name, content in (("mine.pth", b""), ("damaged.safetensors", b"no"), ("none.safetensors", None)):
        if content is None:
            save_file(parameters, tmp_path / name)
        else:
            (tmp_path / name).write_bytes(content)
        assert named_preprocessing(tmp_path / name) is None


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_damaged_or_cut_short(path, parameters, shapes, share):
    content = _write(path, parameters).read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "is damaged, cut short, or not a" in _message(path, shapes)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html>\n<title>Sign in</title>", "is an HTML page, not a weights file"),
        (b'{"message": "Not Found"}', "is damaged, cut short, or not a"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is damaged, cut short, or not a"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is damaged, cut short, or not a"),
        (b"\0" * 4096, "is damaged, cut short, or not a"),
    ],
    ids=["empty", "html", "json", "lfs", "png", "zeros"],
)
def test_a_file_of_another_kind_is_not_taken_for_weights(tmp_path, shapes, suffix, content, problem):
    path = tmp_path / f"vgg16{suffix}"
    path.write_bytes(content)
    assert problem in _message(path, shapes)


def test_safetensors_under_the_name_of_a_pickle_is_refused(tmp_path, parameters, shapes):
    path = tmp_path / "mine.pth"
    path.write_bytes(save(parameters))
    assert "not a weights file" in _message(path, shapes)


def test_a_missing_layer_is_named(path, parameters, shapes):
    del parameters["features.3.weight"]
    _write(path, parameters)
    assert "has no features.3.weight" in _message(path, shapes)


def test_a_wrong_shape_is_named_with_the_right_one(path, parameters, shapes):
    parameters["features.3.weight"] = torch.ones(4, 5, 1, 1)
    _write(path, parameters)
    assert "features.3.weight has shape (4, 5, 1, 1), expected (5, 4, 1, 1)" in _message(path, shapes)


@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_numbers_that_are_not_finite_are_named(path, parameters, shapes, number):
    parameters["features.0.bias"][3] = number
    _write(path, parameters)
    assert "features.0.bias has numbers that are not finite" in _message(path, shapes)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([1, 2], "holds a list, not a state dictionary"),
        (torch.ones(3), "holds a Tensor, not a state dictionary"),
        ({"features.0.weight": "text"}, "has no features.0.weight"),
        (torch.nn.Conv2d(3, 4, 3), "holds more than numbers and was not loaded"),
    ],
    ids=["list", "tensor", "text", "module"],
)
def test_a_pickle_that_is_no_state_dictionary_is_refused(tmp_path, shapes, content, problem):
    torch.save(content, tmp_path / "mine.pth")
    assert problem in _message(tmp_path / "mine.pth", shapes)


class _Opens:
    """A pickle that writes a file when it is read as pickles usually are."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return builtins.open, (self.path, "w")


class _Calls(_Opens):
    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


@pytest.mark.parametrize("attack", [_Opens, _Calls])
@pytest.mark.parametrize("name", ["zip.pth", "legacy.pth", "bare.pth", "hidden.safetensors"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the file that the attack leaves open, where we let it run
def test_a_malicious_file_is_refused_and_nothing_of_it_runs(tmp_path, monkeypatch, parameters, shapes, attack, name):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")  # some have it in their environment for other programs
    sentinel, path = tmp_path / "was-here", tmp_path / name
    if name == "bare.pth":
        path.write_bytes(pickle.dumps(attack(sentinel), protocol=2))
    else:
        torch.save(parameters | {"extra": attack(sentinel)}, path, **FORMS.get(name, {}))
    message = _message(path, shapes)
    if path.suffix == ".pth":
        assert "holds more than numbers and was not loaded, because that could run code" in message
    assert not sentinel.exists()
    # The attack is real: read without our care, it runs.
    content = path.read_bytes()
    if name == "bare.pth":
        pickle.loads(content)
    else:
        torch.load(io.BytesIO(content), weights_only=False)
    assert sentinel.exists()
