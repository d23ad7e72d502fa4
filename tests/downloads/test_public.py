"""What a stranger's grid may reach: public addresses, at every hop of a redirect, and files in its own folder."""

import http.server
import socket
import threading

import pytest
from PIL import Image

from downloads import Access, DownloadError
from downloads.download import download
from downloads.public import is_public
from pictures import Finder
from pictures.errors import PictureError, UnknownPictureError
from weights import UnknownWeightsError, find_weights

LEADING_BACK = [
    "224.0.0.1",
    "240.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
]


@pytest.fixture
def server():
    """Answers each request by a redirect to what its path says, or with a picture's first bytes."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            if "Authorization" in self.headers:
                seen.append(self.headers["Authorization"])
            if self.path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/to/"))
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"data")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}", seen
        served.shutdown()
        thread.join()


def fetch(url, tmp_path):
    download(url, tmp_path / "file", None, largest=1000, timeout=5, public_only=True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "0.0.0.0", "100.64.0.1"]
)
def test_addresses_of_this_machine_and_network_are_refused_unasked(host, tmp_path):
    with pytest.raises(DownloadError, match="is not a public address"):
        fetch(f"http://{host}/picture.png", tmp_path)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("address", LEADING_BACK)
def test_addresses_that_lead_back_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "1.1.1.1"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.fixture
def public_host(monkeypatch):
    """`*.example.test` is this machine, and passes for a public host."""
    lookup = socket.getaddrinfo

    def pretend(host, *arguments, **options):
        public = str(host).endswith("example.test")
        found = lookup("127.0.0.1" if public else host, *arguments, **options)
        if public and arguments[:1] == (None,):  # the question of the guard, not of the connection
            return [(*entry[:4], ("93.184.215.14", 0)) for entry in found]
        return found

    monkeypatch.setattr(socket, "getaddrinfo", pretend)


@pytest.mark.usefixtures("public_host")
def test_a_strangers_host_never_gets_the_users_credentials(server, tmp_path, monkeypatch):
    """Neither the host that the grid names nor the one that it redirects to; downloads that are trusted send them."""
    url, seen = server
    port = url.rpartition(":")[2]
    netrc = tmp_path / "netrc"
    hosts = ("www.example.test", "other.example.test")
    netrc.write_text("".join(f"machine {host} login me password secret\n" for host in hosts))
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    first, second = (f"http://{host}:{port}" for host in hosts)
    for address in (f"{first}/a.png", f"{first}/to/{second}/a.png", f"{first}/to/{first}/a.png"):
        fetch(address, tmp_path)
        (tmp_path / "file").unlink()
    assert not any(entry.startswith("Basic ") for entry in seen)
    download(f"{first}/to/{second}/a.png", tmp_path / "file", None, largest=1000)
    assert sum(entry.startswith("Basic ") for entry in seen) == 2


@pytest.mark.usefixtures("public_host")
def test_a_redirect_to_this_machine_is_refused(server, tmp_path):
    """The first host passes for a public one here; the second is what it is."""
    url, seen = server
    port = url.rpartition(":")[2]
    fetch(f"http://example.test:{port}/picture.png", tmp_path)
    assert (tmp_path / "file").read_bytes() == b"data"
    (tmp_path / "file").unlink()
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1 is not a public address"):
        fetch(f"http://example.test:{port}/to/{url}/secret", tmp_path)
    assert "/secret" not in seen


def test_trusted_downloads_may_come_from_anywhere(server, tmp_path):
    download(f"{server[0]}/picture.png", tmp_path / "file", None, largest=1000)
    assert (tmp_path / "file").read_bytes() == b"data"


@pytest.mark.parametrize("reference", ["../secret.png", "/etc/passwd.png", "~/secret.png", "folder/../../secret.png"])
def test_files_outside_the_grids_folder_are_not_for_strangers(reference, tmp_path):
    base = tmp_path / "base"
    (base / "folder").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"x")
    (base / "own.png").write_bytes(b"x")
    finder = Finder(base, access=Access(untrusted=True))
    with pytest.raises(UnknownPictureError, match="--untrusted grids may name no other"):
        finder.find(reference)
    assert finder.find("./own.png").origin == str(base / "own.png")
    (tmp_path / "w.safetensors").write_bytes(b"x")
    for weights in ("../w.safetensors", "~/w.safetensors", "/w.safetensors"):
        with pytest.raises(UnknownWeightsError, match="--untrusted grids may name no others"):
            find_weights("vgg16", weights, base=base, access=Access(untrusted=True))
    (base / "own.safetensors").write_bytes(b"x")
    assert (
        find_weights("vgg16", "own.safetensors", base=base, access=Access(untrusted=True)).file
        == base / "own.safetensors"
    )


def test_a_tilde_is_a_folder_of_that_name_to_a_strangers_grid(tmp_path, monkeypatch):
    """A folder `~` beside the grid must not make a file of the user's home count as one of the grid's."""
    home, base = tmp_path / "home", tmp_path / "base"
    home.mkdir()
    (base / "~").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for folder in (home, base / "~"):
        (folder / "w.safetensors").write_bytes(b"x")
    found = find_weights("vgg16", "~/w.safetensors", base=base, access=Access(untrusted=True))
    assert found.file == base / "~" / "w.safetensors"


def test_a_link_does_not_lead_out_of_the_grids_folder(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (base / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(UnknownPictureError, match="--untrusted"):
        Finder(base, access=Access(untrusted=True)).find("link.png")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_no_frame_of_a_folder_is_a_link_that_leads_out_of_the_grids_folder(tmp_path, kind):
    base = tmp_path / "base"
    (base / "clip").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    for name in ("1.png", "2.png"):
        Image.new("RGB", (20, 20)).save(tmp_path / "outside" / name)
    Image.new("RGB", (20, 20), "red").save(base / "own.png")
    (base / "clip" / "1.png").symlink_to(base / "own.png")  # within the folder a link is a file like any other
    stranger = Finder(base, access=Access(untrusted=True))
    assert stranger.find_clip("clip/").count == 1
    if kind == "file":
        (base / "clip" / "2.png").symlink_to(tmp_path / "outside" / "2.png")
    else:
        (base / "clip").rename(base / "other")
        (base / "clip").symlink_to(tmp_path / "outside")
    with pytest.raises(PictureError, match="--untrusted"):
        stranger.find_clip("clip/")
    assert Finder(base).find_clip("clip/").count == 2
