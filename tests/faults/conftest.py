"""An S3 server, and a proxy before it that breaks what passes through."""

import http.client
import http.server
import socket
import struct
import threading

import pytest

BUCKET = "runs"


class Broken(http.server.ThreadingHTTPServer):
    """Passes requests on to `target`, and does to each PUT of an object what the next of `faults` says.

    busy: 503. error: 500. slow: a second's rest first. reset: the connection ends before anything is read.
    cut: it ends in the middle of the body, of which the server behind has then seen half.
    """

    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target, self.faults, self.injected = target, [], []
        self.turn = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A client that gives up is no news here."""


class _Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def _pass(self):
        length = int(self.headers.get("Content-Length", 0))
        with self.server.turn:
            putting = self.command == "PUT" and self.path.count("/") > 1
            fault = self.server.faults.pop(0) if putting and self.server.faults else None
            if fault:
                self.server.injected.append(fault)
        if fault in ("cut", "reset"):
            if fault == "cut":
                self._pass_half(self.rfile.read(length // 2))
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        body = self.rfile.read(length) if length else None
        if fault == "slow":
            threading.Event().wait(1.0)
        if fault in ("busy", "error"):
            status = 503 if fault == "busy" else 500
            self._answer(status, {}, b"<Error><Code>InternalError</Code></Error>")
            return
        connection = http.client.HTTPConnection(*self.server.target, timeout=20)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        self._answer(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()

    def _pass_half(self, half):
        """The request as it came, headers that promise the whole included, with half of its body."""
        with socket.create_connection(self.server.target) as store:
            head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            store.sendall(f"{self.command} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + half)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass

    def _answer(self, status, headers, content):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        length = headers.get("Content-Length", len(content)) if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@pytest.fixture(scope="session")
def s3_server():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def s3(s3_server, monkeypatch):
    """A proxy before an S3 server that has the bucket `runs`, and the environment that leads s3fs to it."""
    import s3fs

    proxy = Broken(s3_server)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": proxy.url,
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem()
    if not files.exists(BUCKET):
        files.mkdir(BUCKET)
    yield proxy
    s3fs.S3FileSystem.clear_instance_cache()
    proxy.shutdown()
    thread.join()
    proxy.server_close()
