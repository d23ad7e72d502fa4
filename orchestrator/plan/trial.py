"""A trial: its settings, pictures and network. Its setup is made in `transfer` or `painting`, its id in `identity`, all
trials of a grid in `trials`, and batches of trials in `batches`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.plan.identity import Identity, id_part
from orchestrator.plan.networks import network_named
from stylize.registry import STYLE_REPRESENTATIONS
from stylize.settings import AFTER_FRAME, CAN_CONTINUE, PictureShare, TrialSettings

TRAINING_OPERATIONS = 3.0e9
"""Floating-point operations of a training's step for each sketch of its batch, by the time that a step takes."""


@dataclass(frozen=True)
class Setup:
    """What trials share that differ only in settings on which nothing else depends (`About.alone`): their pictures,
    size, network and all other settings.
    """

    settings: TrialSettings  # those of one of the trials, with layers filled in
    varying: tuple[str, ...]  # the settings in which its trials may differ
    width: int
    height: int
    content: str | None  # references of the pictures that are used
    style: str | None
    start: str | None
    frame_before: str | None  # if the trial depends on the frame before: the reference of that frame
    weights_reference: str
    weights_sha256: str
    preprocessing: str | None  # the one that is used; None if the weights are not downloaded yet
    stand_ins: tuple[str, ...]
    architecture: str  # that of the network that runs, which may be a stand-in
    network: str  # equal for trials that share a network
    deepest: str  # the layer that the network is cut off after
    identity: Identity = field(compare=False, repr=False)  # what the ids of its trials have in common

    @property
    def paints(self) -> bool:
        """Whether a generator colours a sketch; nothing is optimised then."""
        return self.settings.paints

    @property
    def trains(self) -> bool:
        """Whether the generator is trained in the sweep."""
        return self.settings.trains

    @property
    def blend(self) -> tuple[PictureShare, ...]:
        """Further style pictures that are used."""
        return self.settings.style_blend if self.settings.uses_style else ()

    @property
    def masks(self) -> tuple[str, str] | None:
        """The label images of the content and of the style picture, where they have a part."""
        one = self.settings
        return (one.content_mask, one.style_mask) if one.uses_masks and one.content_mask and one.style_mask else None

    @functools.cached_property
    def pictures(self) -> list[tuple[str, int | tuple[int, int]]]:
        """References of all pictures that are used, with the sizes they are brought to."""
        styles = [picture for picture, _ in self.blend] + ([self.style] if self.style else [])
        found: list[tuple[str, int | tuple[int, int]]] = [(style, self.settings.style_size) for style in styles]
        if self.content:
            found.append((self.content, self.settings.size))
        if self.start:
            found.append((self.start, (self.width, self.height)))
        if self.frame_before:
            found.append((self.frame_before, self.settings.size))
        return found

    @functools.cached_property
    def operations_a_step(self) -> float:
        """Floating-point operations of one step of the optimisation, or of the training."""
        if self.trains:
            return TRAINING_OPERATIONS * self.settings.training_batch
        architecture, settings = network_named(self.architecture), self.settings
        one = architecture.operations(self.deepest, self.height, self.width)
        searches = STYLE_REPRESENTATIONS[settings.style_representation].searches if settings.uses_style else None
        if searches == "patches":
            forms = len(settings.mrf_rotations) * len(settings.mrf_scales) * (1 + len(self.blend))
            for layer, _ in settings.active_style_layers:
                one += architecture.matching_operations(layer, self.height, self.width, settings.mrf_stride, forms)
        if searches == "hypercolumns":
            layers = tuple(layer for layer, _ in settings.active_style_layers)
            one += (1 + len(self.blend)) * architecture.neighbour_operations(layers, self.height, self.width)
        return one

    @functools.cached_property
    def can_continue(self) -> bool:
        """Whether its trials can go on from a kept state of shorter ones."""
        facts = self.settings.__dict__ | {AFTER_FRAME: self.frame_before is not None}
        return not self.paints and bool(CAN_CONTINUE.holds(facts))

    @functools.cached_property
    def keeps_state(self) -> bool:
        """Whether its trials keep the state in which they stop."""
        return self.settings.keep_state and self.can_continue

    def at(self, iterations: int) -> Setup:
        """The same setup with another number of iterations, which must not be one of `varying`."""
        if iterations not in self._at:
            settings = self.settings.model_copy(update={"iterations": iterations})
            self._at[iterations] = replace(self, settings=settings, identity=self.identity.at(iterations))
        return self._at[iterations]

    @functools.cached_property
    def _at(self) -> dict[int, Setup]:
        return {}

    @functools.cached_property
    def iterations_at(self) -> int | None:
        """The index of `iterations` in `varying`; None if it does not vary."""
        return self.varying.index("iterations") if "iterations" in self.varying else None

    @functools.cached_property
    def trajectory(self) -> tuple[object, ...]:
        """The part of `Settings.trajectory` that does not vary."""
        return tuple((name, value) for name, value in self.settings.trajectory.items() if name not in self.varying)

    @functools.cached_property
    def _ends_alone(self) -> bool:
        """Whether `iterations` only says when the optimisation ends, and changes nothing before that."""
        return self.iterations_at is not None and "iterations" not in self.settings.trajectory

    @functools.cached_property
    def shared_in_batch(self) -> tuple[object, ...]:
        """What all trials of a batch must share; for a training, nothing else."""
        if self.trains:
            return (self.network,)
        return self.network, self.deepest, self.width, self.height, self.settings.shared_in_batch

    def lasting(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values that must be equal for trials of one optimisation: all; but not `iterations` if it only says when
        the optimisation ends.
        """
        at = self.iterations_at
        return values[:at] + values[at + 1 :] if self._ends_alone and at is not None else values


@dataclass(frozen=True)
class KeptState:
    """The state in which a trial stopped, as its row names it. sha256: of the file. frames_every: of that trial."""

    trial: str
    steps: int
    sha256: str
    frames_every: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One image to make. It is small, because grids may have a million trials; everything that trials share is in
    `setup`.
    """

    id: str
    setup: Setup
    values: tuple[Any, ...] = ()  # the values of the settings `setup.varying`
    after: str | None = None  # for a frame of a clip: the trial of the frame before, which has to be done first
    begins: KeptState | None = None  # where it goes on, if it does not run from the start

    @property
    def settings(self) -> TrialSettings:
        """All settings, with layers filled in. They are made at each call; keep them if you need them often."""
        return self.setup.settings.model_copy(update=dict(zip(self.setup.varying, self.values, strict=True)))

    @property
    def iterations(self) -> int:
        """Steps of the optimisation or of the training; 1 where a sketch is painted by a generator that is given."""
        if self.setup.trains:
            return self.setup.settings.training_steps
        if self.setup.paints:
            return 1
        index = self.setup.iterations_at
        return self.setup.settings.iterations if index is None else self.values[index]

    @property
    def first_step(self) -> int:
        """The number of the step that its optimisation begins with; above 0 if it goes on from a kept state."""
        return self.begins.steps if self.begins else 0

    @property
    def operations(self) -> float:
        """Floating-point operations of all steps that it has to make."""
        return self.setup.operations_a_step * (self.iterations - self.first_step)

    def at(self, iterations: int) -> Trial:
        """The same optimisation with another number of iterations, from the start. Not for frames that follow one."""
        setup, values = self.setup, self.values
        if setup.iterations_at is None:
            setup = setup.at(iterations)
        else:
            values = (*values[: setup.iterations_at], iterations, *values[setup.iterations_at + 1 :])
        parts = [id_part(name, value) for name, value in zip(setup.varying, values, strict=True)]
        return Trial(setup.identity.id(parts), setup, values)

    @property
    def paints(self) -> bool:
        """Whether a generator colours a sketch; nothing is optimised then."""
        return self.setup.paints

    @property
    def trains(self) -> bool:
        """Whether the generator is trained in the sweep."""
        return self.setup.trains

    @property
    def width(self) -> int:
        """Pixels of the image."""
        return self.setup.width

    @property
    def height(self) -> int:
        """Pixels of the image."""
        return self.setup.height

    @property
    def content(self) -> str | None:
        """The reference of the content picture; of a clip, that of the frame."""
        return self.setup.content

    @property
    def style(self) -> str | None:
        """The reference of the style picture, where it is used."""
        return self.setup.style

    @property
    def start(self) -> str | None:
        """The reference of the picture that the image starts from, where it is another one."""
        return self.setup.start

    @property
    def frame_before(self) -> str | None:
        """The reference of the frame before, where the trial follows it."""
        return self.setup.frame_before

    @property
    def blend(self) -> tuple[PictureShare, ...]:
        """Further style pictures that are used."""
        return self.setup.blend

    @property
    def masks(self) -> tuple[str, str] | None:
        """The label images of the content and of the style picture, where they have a part."""
        return self.setup.masks

    @property
    def hints(self) -> str | None:
        """The reference of the picture of hints, where a sketch is painted and there is one."""
        return self.setup.settings.hints if self.paints else None

    @property
    def pictures(self) -> list[tuple[str, int | tuple[int, int]]]:
        """References of all pictures that are used, with the sizes they are brought to."""
        return self.setup.pictures

    @property
    def weights_reference(self) -> str:
        """What the weights are called."""
        return self.setup.weights_reference

    @property
    def weights_sha256(self) -> str:
        """The hash of the weights' file."""
        return self.setup.weights_sha256

    @property
    def preprocessing(self) -> str | None:
        """The name of what is done to pictures before the network sees them."""
        return self.setup.preprocessing

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """What stands in for what, in words."""
        return self.setup.stand_ins

    @property
    def architecture(self) -> str:
        """Of the network that runs, which may be a stand-in."""
        return self.setup.architecture

    @property
    def network(self) -> str:
        """Equal for trials that share a network."""
        return self.setup.network

    @property
    def deepest(self) -> str:
        """The layer that the network is cut off after."""
        return self.setup.deepest
