"""Does what a run shows come from its table as it is now? For `chaos.py` and `tests/orchestrator/test_finish.py`."""

import io

import numpy as np
from PIL import Image

import results
from results.gallery.write import Written, write_gallery
from results.run.derived import present_state, read_derived


class Compared(Written):
    """Compares what a gallery would have with what it has, and writes nothing."""

    def write(self, run, path, content):
        if path != "gallery/state.js" and (not run.exists(path) or run.read(path) != content):
            self.hashes[path] = "differs"


def out_of_date(run):
    """What does not show the table: the sheet's pixels, files of the gallery, thumbnails, and the record of both.

    `run` has the location that its sweep was given, which the gallery names.
    """
    buffer = io.BytesIO()
    results.sheet(results.load(run.location, missing=True)).save(buffer, "PNG")
    with Image.open(io.BytesIO(run.read("sheet.png"))) as sheet, Image.open(buffer) as fresh:
        stale = [] if np.array_equal(np.asarray(sheet), np.asarray(fresh)) else ["sheet"]
    compared, thumbnails = Compared(), run.names("gallery/thumbnails/**")
    write_gallery(run, written=compared)
    stale += compared.hashes
    if run.names("gallery/thumbnails/**") != thumbnails:
        stale.append("thumbnails")
    derived = read_derived(run)
    if {derived.sheet, derived.gallery} != {present_state(run)}:
        stale.append("record")
    return stale
