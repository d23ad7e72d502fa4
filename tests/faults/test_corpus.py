"""Hundreds of malformed files: each is refused by name or read, in bounded memory, and nothing in them runs."""

import json
import subprocess
import sys
from pathlib import Path


def test_every_malformed_file_is_refused_or_read(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    script = Path(__file__).parent / "corpus.py"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(files)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    counts = json.loads(ran.stdout)
    assert counts["refused"] >= 150
    assert counts["refused"] + counts["read"] >= 300
    assert not (tmp_path / "attacked").exists()
