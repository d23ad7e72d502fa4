"""What a grid calls weights, and where their numbers then come from."""

import functools
import http.server
import math
import threading

import pytest
import torch
from safetensors.torch import save_file

from downloads import Access, ChecksumError, cache_folder
from stylize import ARCHITECTURES
from weights import UnknownWeightsError, find_weights, manifest


@pytest.fixture
def places(home, tmp_path):
    """The places where a file of the manifest may lie, in the order in which they are looked at."""
    places = {
        "folder": tmp_path / "folder",
        "cache": cache_folder("weights"),
        "hub": home / ".cache/torch/hub/checkpoints",
    }
    for place in places.values():
        place.mkdir(parents=True)
    return places


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize(
    ("here", "first"),
    [("folder cache hub", "folder"), ("cache hub", "cache"), ("folder hub", "folder"), ("hub", "hub")],
)
def test_the_users_folder_comes_first_then_the_cache_then_torch_hubs(known, content, places, here, first, offline):
    known()
    for name in here.split():
        (places[name] / "small.pth").write_bytes(content)
    found = find_weights("small", None, base=places["folder"], folder=places["folder"], access=Access(offline=offline))
    assert found.file == places[first] / "small.pth"
    assert found.stand_in is None
    assert found.origin == str(found.file)


def test_what_is_nowhere_here_is_fetched(known, content, parameters, shapes, places, tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "small.pth").write_bytes(content)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=served)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        known(f"http://127.0.0.1:{server.server_port}/small.pth")
        found = find_weights("small", "usual", base=tmp_path, folder=places["folder"])
        server.shutdown()
        thread.join()
    assert found.file == places["cache"] / "small.pth"
    loaded, preprocessing = found.load(shapes)
    assert preprocessing == "vgg-original-bgr"
    assert all(torch.equal(loaded[key], parameters[key]) for key in shapes)


def test_a_plan_fetches_nothing_and_says_where_the_file_would_come_from(known, places, tmp_path):
    known()
    found = find_weights("small", None, base=tmp_path, folder=places["folder"], access=Access(fetch=False))
    assert not found.is_here
    assert found.origin == "http://127.0.0.1:1/small.pth"
    assert found.reference == "usual"


@pytest.mark.parametrize("name", ["folder", "cache", "hub"])
def test_a_file_with_the_wrong_hash_is_named_with_both(known, content, places, name):
    known()
    path = places[name] / "small.pth"
    path.write_bytes(content[:-1] + b"x")
    with pytest.raises(ChecksumError, match=r"sha256 is \w{64}, expected \w{8}; remove or rename it") as caught:
        find_weights("small", None, base=places["folder"], folder=places["folder"])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("architecture", ["squeezenet1_1", "alexnet"])
def test_offline_random_weights_stand_in_for_missing_ones_and_say_so(tmp_path, architecture):
    shapes = {"weight": (2, 3, 3, 3)}
    found = find_weights(architecture, None, base=tmp_path, access=Access(offline=True))
    asked = find_weights(architecture, "random", base=tmp_path)
    assert (found.stand_in, asked.stand_in) == ("random weights", None)
    assert found.reference == next(iter(manifest()[architecture]))
    assert found.sha256 == asked.sha256
    assert torch.equal(found.load(shapes)[0]["weight"], asked.load(shapes)[0]["weight"])


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_users_own_file_serves_any_architecture(tmp_path, architecture, suffix):
    """The largest layers are left out, to keep the files small."""
    shapes = ARCHITECTURES[architecture].parameter_shapes()
    shapes = {key: shape for key, shape in shapes.items() if math.prod(shape) < 100_000}
    tensors = {key: torch.full(shape, float(number)) for number, (key, shape) in enumerate(shapes.items())}
    (save_file if suffix == ".safetensors" else torch.save)(tensors, tmp_path / f"mine{suffix}")
    found = find_weights(architecture, f"mine{suffix}", base=tmp_path, access=Access(offline=True))
    loaded, preprocessing = found.load(shapes)
    assert found.stand_in is None
    assert preprocessing == "torchvision"
    assert all(torch.equal(loaded[key], tensors[key]) for key in shapes)


def test_a_path_is_relative_to_the_grid_and_else_to_the_working_directory(tmp_path, monkeypatch, home):
    for name in ("grid", "here"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.pth").write_text(name)
    (tmp_path / "here" / "other.pth").write_text("other")
    (home / "homely.pth").write_text("home")
    monkeypatch.chdir(tmp_path / "here")

    def find(reference):
        return find_weights("alexnet", reference, base=tmp_path / "grid").file.read_text()

    assert find("mine.pth") == "grid"
    assert find("./other.pth") == "other"
    assert find("~/homely.pth") == "home"
    assert find(str(tmp_path / "here" / "mine.pth")) == "here"


def test_two_files_are_told_apart_by_their_contents_and_not_by_their_names(tmp_path):
    for name, content in (("a", "one"), ("b", "one"), ("c", "another")):
        (tmp_path / f"{name}.pth").write_text(content)
    a, b, c = (find_weights("alexnet", f"{name}.pth", base=tmp_path).sha256 for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    "reference", ["nowhere/mine.pth", "mine.safetensors", "~no-such-user/mine.pth", "x" * 300 + ".pth"]
)
def test_a_missing_file_is_named_with_where_was_looked(tmp_path, reference):
    with pytest.raises(UnknownWeightsError, match="there is no weights file") as caught:
        find_weights("alexnet", reference, base=tmp_path)
    assert repr(reference) in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "reference",
    ["orginal", "Original", "imagenet", "random:", "random:-1", "random:1.5", "random:1234567890"],
)
def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path, reference):
    with pytest.raises(UnknownWeightsError) as caught:
        find_weights("vgg16", reference, base=tmp_path)
    assert str(caught.value).startswith(f"vgg16 has no weights {reference!r}; there are original, torchvision, random")
