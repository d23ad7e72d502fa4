"""Adds the frames of clips to a grid, as an axis `frame`: each frame is a trial.

How a frame's trial depends on the one before is in `trials`; clip files are read in `pictures/clip.py`."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.errors import GridError
from orchestrator.grid.grid import Dimension, Grid
from orchestrator.grid.sheet_axes import FRAME
from orchestrator.plan.inputs import Inputs


def with_frames(grid: Grid, inputs: Inputs) -> Grid:
    """If a content is a clip and the grid does not choose frames itself: the grid with an axis `frame`, which is its
    last one and varies fastest. A still picture has only frame 0.

    Raises GridError if the sheet names frames and there are none, and what finding a clip raises.
    """
    if grid.settings.frame is not None or any(FRAME in dimension.settings for dimension in grid.dimensions):
        return grid
    contents = {grid.settings.content}
    for dimension in grid.dimensions:
        if "content" in dimension.settings:
            contents = {values[dimension.settings.index("content")] for values in dimension.values}
    clips = {one: clip.count for one in contents if one and (clip := inputs.clip(one))}
    if not clips:
        if FRAME in (grid.rows or ()) + (grid.columns or ()):
            raise GridError(f"{grid.file}: the sheet names `frame`, but no content is a clip")
        return grid
    limits = {grid.settings.clip_frames}
    for dimension in grid.dimensions:
        if "clip_frames" in dimension.settings:
            limits = {values[dimension.settings.index("clip_frames")] for values in dimension.values}
    most = max(min(count, limit or count) for count in clips.values() for limit in limits)
    frames = Dimension((FRAME,), tuple((number,) for number in range(most)), ((None,),) * most, crossed=most)
    return replace(grid, dimensions=(*grid.dimensions, frames), clips=clips)
