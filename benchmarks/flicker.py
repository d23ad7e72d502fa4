"""How much the frames of stylised clips flicker, with and without what is done against it.

    sweep video --offline --out runs/video && python -m benchmarks.flicker runs/video

The warping error of Lai et al. 2018 (arXiv 1808.00449, section 4.1): each frame is compared with the one before it,
moved along the optical flow of the clip that they were made from, where that flow is known:
E = Σ c·‖x_t − w(x_t-1)‖² / (3 Σ c), as a root in pixel values (0–255). The clip itself has an E too: of light, and of
the flow's mistakes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

import results
from downloads import Access
from pictures import Clip, Finder, resize
from pictures.flow import optical_flow, reliable, warped


def warping_error(images: list[NDArray[np.uint8]], frames: list[NDArray[np.uint8]]) -> float:
    """Root mean square over all pairs of neighbours, in pixel values."""
    errors, weights = [], []
    for before, now, image_before, image in zip(frames, frames[1:], images, images[1:], strict=False):
        back = optical_flow(now, before)
        known = reliable(back, optical_flow(before, now))[..., None]
        difference = image.astype(float) - warped(image_before, back)
        errors.append((known * difference**2).sum())
        weights.append(3 * known.sum())
    return float(np.sqrt(sum(errors) / sum(weights)))


def flicker(run: str, base: Path) -> pd.DataFrame:
    """A row for each film of a run: its settings and its warping error."""
    trials = results.load(run)
    metadata = results.Run(run).metadata()
    axes = [name for axis in metadata["grid"]["axes"] for name in axis["settings"] if name != "frame"]
    rows = []
    for values, film in trials.groupby(axes, sort=False):
        film = film.sort_values("frame")  # noqa: PLW2901
        clip = Finder(base, access=Access(offline=True)).find_clip(film["content"].iloc[0])
        assert isinstance(clip, Clip), "the run is of no clip"
        size = int(film["size"].iloc[0])
        frames = [np.asarray(resize(clip.frame(int(number)), size)) for number in film["frame"]]
        images = [np.asarray(results.image(row)) for _, row in film.iterrows()]
        row = dict(zip(axes, values, strict=True))
        rows.append(row | {"flicker": warping_error(images, frames), "of the clip": warping_error(frames, frames)})
    return pd.DataFrame(rows)


def main(run: str, base: Annotated[Path, typer.Option(help="Where the grid's paths begin.")] = Path()) -> None:
    """Print the table."""
    typer.echo(flicker(run, base).round(2).to_string(index=False))


if __name__ == "__main__":
    typer.run(main)
