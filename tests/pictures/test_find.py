"""From what a grid calls a picture to the picture, and never to anything outside the places it may come from."""

import numpy as np
import pytest
from PIL import Image

from downloads import Access, ChecksumError, DownloadError, NotHereError, cache_folder
from pictures import Finder, UnknownPictureError
from pictures.drawn import draw


@pytest.fixture
def base(tmp_path):
    """The grid's folder."""
    base = tmp_path / "grid"
    base.mkdir()
    return base


@pytest.fixture
def folder(tmp_path):
    """The user's own pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def _put(path, colour):
    Image.new("RGB", (20, 17), colour).save(path)


def _colour(picture):
    return picture.image().getpixel((0, 0))


def test_a_built_in_name_gives_its_picture_with_its_credit(base):
    picture = Finder(base).find("astronaut")
    assert picture.size == picture.image().size == (512, 512)
    assert picture.credit == "Eileen Collins, NASA"
    assert Finder(base).find("waves").credit == "Waves, this project"


def test_a_path_is_relative_to_the_grid_and_else_to_the_working_directory(base, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    _put(base / "cat.png", "red")
    _put(here / "cat.png", "lime")
    _put(here / "dog.png", "blue")
    find = Finder(base).find
    assert _colour(find("cat.png")) == (255, 0, 0)
    assert _colour(find("./dog.png")) == (0, 0, 255)
    assert _colour(find(str(here / "cat.png"))) == (0, 255, 0)
    assert _colour(find("~/grid/cat.png")) == (255, 0, 0)


def test_the_users_folder_gives_names_to_its_pictures(base, folder):
    _put(folder / "my cat.png", "red")
    picture = Finder(base, folder).find("my cat")
    assert _colour(picture) == (255, 0, 0)
    assert picture.origin == str(folder / "my cat.png")


def test_a_named_picture_comes_from_the_users_folder_before_the_network(base, folder):
    """The catalogue's checksum holds there as well: what is called The Starry Night is The Starry Night."""
    (folder / "van_gogh.jpg").write_bytes(b"another picture")
    with pytest.raises(ChecksumError, match=r"van_gogh\.jpg is not the file it should be"):
        Finder(base, folder).find("starry_night")


def test_offline_a_stand_in_takes_the_place_of_a_missing_picture_and_says_so(base):
    picture = Finder(base, access=Access(offline=True)).find("the_scream")
    assert (picture.reference, picture.stand_in) == ("the_scream", "waves")
    assert picture.image().tobytes() == draw("waves").tobytes()
    assert picture.credit == Finder(base).find("waves").credit


def test_a_plan_fetches_nothing_and_says_where_a_picture_would_come_from(base, site):
    picture = Finder(base, access=Access(fetch=False)).find(f"{site}/a.png")
    assert picture.source is None
    assert picture.origin == f"{site}/a.png"


def test_a_picture_of_the_web_is_fetched_once_and_then_here_offline(base, site, noise):
    url = f"{site}/photos/cat.png?size=large"
    fetched = Finder(base).find(url)
    kept = Finder(base, access=Access(offline=True)).find(url)
    for picture in (fetched, kept):
        assert np.array_equal(np.asarray(picture.image()), np.asarray(noise))
        assert picture.stand_in is None
    assert fetched.sha256 == kept.sha256


def test_two_pages_pictures_of_one_name_stay_apart(base, site):
    assert Finder(base).find(f"{site}/a/photo.png").origin != Finder(base).find(f"{site}/b/photo.png").origin


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/..",
        "/../../x.png",
        "/%2e%2e%2fx.png",
        "/..%5Cx.png",
        "/" + "x" * 300 + ".png",
        "/é\u202e.png",
        "/a:b|c",
    ],
)
def test_whatever_an_address_looks_like_its_picture_is_kept_in_the_cache(base, site, path, noise):
    finder = Finder(base)
    picture = finder.find(site + path)
    assert np.array_equal(np.asarray(picture.image()), np.asarray(noise))
    assert picture.origin in {str(path) for path in cache_folder("pictures").glob("*")}


def test_a_picture_of_the_web_that_is_not_here_has_no_stand_in(base):
    with pytest.raises(NotHereError, match=r"--offline keeps it from being fetched from http://127\.0\.0\.1:1/a\.png"):
        Finder(base, access=Access(offline=True)).find("http://127.0.0.1:1/a.png")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.png", f"https://{'a' * 64}.com/a.png", "http://[x/a.png"])
def test_an_address_without_a_picture_is_named(base, url):
    with pytest.raises((DownloadError, UnknownPictureError)) as caught:
        Finder(base).find(url)
    assert url in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"), [("starry_nigth", "starry_night"), ("Waves", "waves"), ("the scream", "the_scream")]
)
def test_an_unknown_name_is_answered_with_the_one_that_was_meant(base, name, meant):
    with pytest.raises(UnknownPictureError, match=f"there is no picture '{name}'; did you mean {meant}\\?"):
        Finder(base).find(name)


def test_a_name_like_no_other_is_answered_with_all_names(base, folder):
    with pytest.raises(UnknownPictureError, match=r"named pictures are neckarfront, .*, improvisation") as caught:
        Finder(base, folder).find("zzzzzz")
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    "reference", ["nowhere/cat.png", "cat.JPG", "~no-such-user/cat.png", "x" * 300 + ".png", "a\0b.png"]
)
def test_a_missing_file_is_named_with_where_was_looked(base, reference):
    with pytest.raises(UnknownPictureError, match="there is no file") as caught:
        Finder(base).find(reference)
    assert repr(reference) in str(caught.value)
    assert str(base) in str(caught.value)


def test_a_file_name_is_found_in_the_users_folder_and_only_there(base, folder):
    _put(folder / "mine.png", "red")
    (folder / "below").mkdir()
    _put(folder / "below" / "deep.png", "red")
    assert Finder(base, folder).find("mine.png").origin == str(folder / "mine.png")
    with pytest.raises(UnknownPictureError):
        Finder(base, folder).find("below/deep.png")


def test_places_are_named_once_and_a_named_picture_is_suggested(base, monkeypatch):
    monkeypatch.chdir(base)
    with pytest.raises(UnknownPictureError) as caught:
        Finder(base).find("neckarfront.jpg")
    assert str(caught.value).count(str(base)) == 1
    assert "did you mean the named picture neckarfront?" in str(caught.value)
    with pytest.raises(UnknownPictureError, match="is no address"):
        Finder(base).find_clip("http://[8.8.8.8]/a.png")


@pytest.mark.parametrize("name", ["", ".", "..", "*", "?at", "[c]at", "cat\0", ":cat", "secret"])
def test_a_name_never_leaves_the_users_folder_and_is_no_pattern(base, folder, name):
    _put(folder / "cat.png", "red")
    _put(folder.parent / "secret.png", "red")
    with pytest.raises(UnknownPictureError, match="there is no picture"):
        Finder(base, folder).find(name)


def test_pictures_are_told_apart_by_their_pixels_and_not_by_their_files(base):
    _put(base / "a.png", "red")
    _put(base / "b.bmp", "red")
    _put(base / "c.png", "blue")
    a, b, c = (Finder(base).find(name).sha256 for name in ("a.png", "b.bmp", "c.png"))
    assert a == b != c
