"""Optical flow between two frames of a clip: where each pixel moved, and where that is not known.

The flow is OpenCV's DIS (Kroeger, Timofte, Dai, Van Gool 2016). Where it can be trusted is decided as in Ruder,
Dosovitskiy, Brox 2016, after Sundaram, Brox, Keutzer 2010.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Flow = NDArray[np.float32]
"""H×W×2: how far, in pixels to the right and down, each pixel's content lies in the other frame."""


def optical_flow(frame: NDArray[np.uint8], other: NDArray[np.uint8]) -> Flow:
    """Where each pixel of `frame` (H×W×3 RGB) is in `other`, of the same shape."""
    grey = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (frame, other)]
    # DIS looks for patches at least this large on a pyramid; smaller frames are enlarged for it.
    enlargement = max(1, -(-_LEAST_EDGE // min(frame.shape[:2])))
    if enlargement > 1:
        grey = [cv2.resize(one, None, fx=enlargement, fy=enlargement) for one in grey]
    found: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(grey[0], grey[1], None)  # type: ignore[call-overload]
    if enlargement > 1:
        height, width = frame.shape[:2]
        found = cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA) / enlargement
    return np.asarray(found, dtype=np.float32)


_LEAST_EDGE = 64


def warped(image: NDArray[np.uint8], flow: Flow) -> NDArray[np.uint8]:
    """`image` (H×W×3) as seen in another frame: at each pixel x the value of `image` at x + flow(x).

    Bicubic, because a clip's result is warped again for every frame, and each time would blur it. What lies beyond the
    border is what is nearest to it.
    """
    return np.asarray(_moved(image, flow, cv2.INTER_CUBIC), dtype=np.uint8)


def _moved(values: NDArray[Any], flow: Flow, interpolation: int) -> NDArray[Any]:
    across, down = _positions(flow)
    return np.asarray(cv2.remap(values, across, down, interpolation, borderMode=cv2.BORDER_REPLICATE))


def reliable(back: Flow, forth: Flow) -> NDArray[np.bool_]:
    """H×W: whether the flow `back`, from a frame to the one before, is to be trusted at each of the frame's pixels.

    `forth` goes from the frame before to this one. There and back must end where it began (equation 5 of Ruder et al.:
    what comes into sight fails this), the flow must not change abruptly (equation 6: borders of what moves), and the
    place must have been in the picture.
    """
    across, down = _positions(back)
    height, width = back.shape[:2]
    inside = (across >= 0) & (across <= width - 1) & (down >= 0) & (down <= height - 1)
    returned = _moved(forth, back, cv2.INTER_LINEAR)
    lengths = _square(returned) + _square(back)
    consistent = _square(returned + back) <= 0.01 * lengths + 0.5
    gradients = _square(np.stack([*np.gradient(back[..., 0]), *np.gradient(back[..., 1])], axis=-1))
    smooth = gradients <= 0.01 * _square(back) + 0.002
    result: NDArray[np.bool_] = inside & consistent & smooth
    return result


def _positions(flow: Flow) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    down, across = np.indices(flow.shape[:2], dtype=np.float32)
    return across + flow[..., 0], down + flow[..., 1]


def _square(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = (vectors**2).sum(axis=-1)
    return squares
