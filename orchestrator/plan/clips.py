"""Clips in a grid: each frame is a trial, and the frames of one clip follow one another."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.errors import GridError
from orchestrator.grid.grid import Dimension, Grid
from orchestrator.grid.reader import FRAME
from orchestrator.plan.inputs import Inputs


def with_frames(grid: Grid, inputs: Inputs) -> Grid:
    """The grid with an axis `frame`, its last and fastest, where a content is a clip, unless the grid says which
    frames it wants. A still picture has frame 0 only.

    Raises GridError where the sheet asks for frames and there are none, and what finding a clip raises.
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
            raise GridError(f"{grid.file}: sheet names frame, and no content is a clip")
        return grid
    limits = {grid.settings.clip_frames}
    for dimension in grid.dimensions:
        if "clip_frames" in dimension.settings:
            limits = {values[dimension.settings.index("clip_frames")] for values in dimension.values}
    most = max(min(count, limit or count) for count in clips.values() for limit in limits)
    frames = Dimension((FRAME,), tuple((number,) for number in range(most)), ((None,),) * most, crossed=most)
    return replace(grid, dimensions=(*grid.dimensions, frames), clips=clips)
