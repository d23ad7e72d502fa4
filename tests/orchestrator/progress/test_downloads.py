"""Downloads are seen: a bar on a terminal, lines elsewhere, and one line when a file is here."""

import io
import sys

from orchestrator.progress.downloads import download_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def _download(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    with download_bar("vgg16.pth") as report:
        report(100_000_000, 528_000_000)  # what an earlier attempt left
        report(300_000_000, 528_000_000)
        report(528_000_000, 528_000_000)
    return stream.getvalue()


def test_without_a_terminal_there_is_a_line_at_the_start_and_one_at_the_end(monkeypatch):
    first, last = _download(monkeypatch, io.StringIO()).splitlines()
    assert first == "downloading vgg16.pth: 100.0 MB of 528.0 MB"
    assert last.startswith("downloaded vgg16.pth: 528.0 MB in 0 s, ")


def test_on_a_terminal_there_is_a_bar_with_size_and_rate(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    shown = _download(monkeypatch, Terminal())
    assert "528.0/528.0 MB" in shown
    assert "B/s" in shown
    assert "downloaded vgg16.pth: 528.0 MB in 0 s, " in shown.splitlines()[-1]


def test_a_file_of_unknown_size_is_shown_as_well(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with download_bar("a.png") as report:
        report(0, None)
        report(10, None)
    assert sys.stderr.getvalue().startswith("downloading a.png: 0 bytes\ndownloaded a.png: 10 bytes in 0 s")
