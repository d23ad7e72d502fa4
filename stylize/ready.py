"""Lanes that are ready for their first step: whatever the host has to do for one before it is done here.

A worker makes the lanes of its next batch ready in another thread, while the device is busy with the last batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from stylize.images.colour import with_prepared_colours
from stylize.images.initial import check_transfer, initial_image
from stylize.lanes import Lane, Transfer
from stylize.network.network import Network


@dataclass(frozen=True, eq=False)
class ReadyLane:
    """A lane with everything that its first step needs.

    lane: what was asked for, with the network's own layers where none were named.
    transfer: what is optimised for it, with its pictures' colours as its setting `colour` wants them.
    image: the image that it starts from, 1×3×H×W fp32 on the network's device.
    """

    lane: Lane
    transfer: Transfer
    image: Tensor


def make_ready(lane: Lane, network: Network) -> ReadyLane:
    """Get a lane ready to be optimised in this network. Raises SettingsError and PictureError as `transfer` does."""
    settings = lane.transfer.settings.for_architecture(network.architecture)
    asked = replace(lane, transfer=replace(lane.transfer, settings=settings))
    check_transfer(asked.transfer)
    transfer = with_prepared_colours(asked.transfer)
    return ReadyLane(asked, transfer, initial_image(transfer).to(network.device))
