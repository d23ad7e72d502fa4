"""Makes a batch's trials into the lanes that `stylize` takes: their pictures, masks, previous frames and kept states as
tensors.

Pictures come from Ray's object store. Nothing here optimises anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ray

from orchestrator.cluster.state_file import read_state
from results import Run

if TYPE_CHECKING:
    import torch

    from orchestrator.cluster.handovers import Materials, PictureKey
    from orchestrator.cluster.state_file import Kept
    from orchestrator.plan.trial import KeptState, Trial
    from stylize import Masks, Network, Previous, ReadyLane, Transfer


class BatchPictures:
    """A batch's pictures, each fetched once, and its lanes, each made ready once. One thread at a time may use it."""

    def __init__(self, materials: Materials) -> None:
        self._materials = materials
        self._tensors: dict[PictureKey, torch.Tensor] = {}
        self._ready: dict[tuple[str, ...], ReadyLane] = {}  # by the ids and first steps of their trials
        self._kept: dict[KeptState, Kept] = {}

    def ready(self, trials: Sequence[Trial], network: Network) -> ReadyLane:
        """Trials that are one optimisation, ready for their first step in this network, on its device."""
        from stylize import Lane, make_ready

        key = tuple(f"{trial.id} {trial.first_step}" for trial in trials)
        if key not in self._ready:
            ends = tuple(trial.iterations for trial in trials)
            transfer = self._transfer(max(trials, key=lambda trial: trial.iterations))
            kept = self.kept(trials)
            lane = Lane(transfer, ends, kept.state if kept else None, keeps=trials[0].setup.keeps_state)
            self._ready[key] = make_ready(lane, network)
        return self._ready[key]

    def kept(self, trials: Sequence[Trial]) -> Kept | None:
        """The state from which trials go on that are one optimisation; None if they run from the start.

        Raises LostStateError if it is missing or damaged.
        """
        begins = trials[0].begins
        if begins is None:
            return None
        if begins not in self._kept:
            self._kept[begins] = read_state(Run(self._materials.run), begins)
        return self._kept[begins]

    def _transfer(self, trial: Trial) -> Transfer:
        """A trial in the form that `stylize` takes."""
        import torch

        from stylize import Settings, Transfer

        given = trial.settings
        values = {name: getattr(given, name) for name in Settings.model_fields}
        previous = self._previous(trial)
        style_size = given.style_size
        content = self._picture(trial.content, given.size) if trial.content else None
        start = self._picture(trial.start, (trial.width, trial.height)) if trial.start else None
        if previous and content is not None and given.frame_start == "warped":
            # Newly visible parts have no result yet: there the warped image shows what hid them before.
            known = previous.known.bool()
            values["init"], start = "image", torch.where(known, previous.warped, content)
        settings = Settings.model_construct(**values)
        style = self._picture(trial.style, style_size) if trial.style else None
        return Transfer(
            content=content,
            style=style,
            settings=settings,
            blend=tuple((self._picture(picture, style_size), share) for picture, share in trial.blend),
            start=start,
            masks=self._masks(trial, content, style) if content is not None and style is not None else None,
            previous=previous,
        )

    def _previous(self, trial: Trial) -> Previous | None:
        """The result of the frame before, warped along the optical flow to this frame."""
        import torch

        from pictures.flow import optical_flow, reliable, warped
        from stylize import Previous

        if not (trial.after and trial.frame_before and trial.content):
            return None
        size = trial.settings.size
        now, before = (ray.get(self._materials.pictures[one, size]) for one in (trial.content, trial.frame_before))
        back = optical_flow(now, before)
        image = torch.from_numpy(warped(ray.get(self._materials.results[trial.after]), back)).permute(2, 0, 1)
        return Previous(image.float(), torch.from_numpy(reliable(back, optical_flow(before, now))).float())

    def _masks(self, trial: Trial, content: torch.Tensor, style: torch.Tensor) -> Masks | None:
        import torch

        from stylize import Masks

        if trial.masks is None:
            return None
        of_content, of_style = (
            torch.from_numpy(ray.get(self._materials.pictures[mask, None]).copy()) for mask in trial.masks
        )
        return Masks(of_content, of_style).resized(content.shape[1:], style.shape[1:])

    def _picture(self, reference: str, size: int | tuple[int, int]) -> torch.Tensor:
        import torch

        key = reference, size
        if key not in self._tensors:
            self._tensors[key] = torch.from_numpy(ray.get(self._materials.pictures[key]).copy()).permute(2, 0, 1)
        return self._tensors[key]
