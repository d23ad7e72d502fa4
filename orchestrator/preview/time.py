"""How long a sweep will take on the hardware that will run it, how many GPU-hours that is, and what it costs."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.errors import EngineError
from orchestrator.plan.batches import Batch, Lane
from orchestrator.plan.device_batches import widest
from orchestrator.plan.plan import Plan
from orchestrator.plan.trial import Setup
from orchestrator.preview.hardware import Hardware, hardware
from orchestrator.preview.probe import ProbeError, sample
from orchestrator.preview.rates import Kind, Rate, earlier_rates, kind_of
from orchestrator.request import Request
from results import Run
from stylize.settings import TrialSettings

MOST_PROBES = 3
"""Kinds of trials that are measured, those with the most work. Others count at the rate of the one closest in size."""

START_SECONDS = 12.0
"""From the command to the first step: Ray, imports in every worker, the targets of the first batch."""

TRIAL_SECONDS, PIXEL_SECONDS = 0.008, 0.9e-6
"""What a worker does for a trial after its last step, and for each pixel of it: losses in fp32, metrics, the image."""


SKETCH_SECONDS, SKETCH_PIXEL_SECONDS = 0.01, 1.8e-6
"""What painting a sketch takes on one core, and for each pixel of it: 0.036 s at 128×128, 0.41 s at 512×512."""

DRAWING_SECONDS, TRAINING_SECONDS, FEATURE_SECONDS, ADVERSARIAL_SECONDS = 6.0, 0.026, 0.003, 0.009
"""What the cartoons of a training take on one core, and a step for each sketch of its batch: without the two losses,
and for each of them.
"""


@dataclass(frozen=True)
class Estimate:
    """What `sweep plan` says of time. `seconds` is None where nothing could be measured, and `basis` then says why.

    workers: who works, in words. gpu_hours: of all workers together, from the start to the end; 0 on processors.
    worker_hours: the same for workers.
    """

    seconds: float | None
    workers: str
    basis: str
    gpu_hours: float | None = None
    worker_hours: float | None = None

    def cost(self, price: float | None) -> float | None:
        """Money at a price of a GPU-hour, or of a worker's hour where there are no GPUs; None where one is unknown."""
        hours = self.gpu_hours or self.worker_hours
        return None if price is None or hours is None else price * hours


def estimate(request: Request, plan: Plan, run: Run) -> Estimate:
    """The time that what is left of a plan takes, from rates of earlier rows or else from a probe.

    Raises UsageError where more is asked for than this machine has.
    """
    if not plan.batches:
        return Estimate(0.0, "", "nothing is left to do", 0.0, 0.0)
    try:
        with hardware(request, plan) as found:
            rates = _rates(_Work.of(batch for batch in plan.expected if not batch.paints), run, found)
    except (EngineError, ProbeError) as error:
        return Estimate(None, "", str(error))
    setups = {id(batch.lanes[0][0].setup): batch.lanes[0][0].setup for batch in plan.expected if not batch.paints}
    kinds = {number: kind_of(setup) for number, setup in setups.items()}
    each = [
        _painting_seconds(batch) if batch.paints else _seconds(batch, rates[kinds[id(batch.lanes[0][0].setup)]])
        for batch in plan.expected
    ]
    on_gpus = bool(found.force.gpus)
    workers = min(found.workers, sum(batch.width for batch in plan.batches) if on_gpus else max(1, plan.parallel))
    seconds = START_SECONDS + left_share(plan) * (sum(each) / workers if on_gpus else _end(each, workers))
    hours = workers * seconds / 3600
    basis = "; ".join(dict.fromkeys(rate.source for rate in rates.values())) or "what sketches took before"
    return Estimate(seconds, found.force.describe(), basis, hours * found.force.gpus, hours)


def left_share(plan: Plan) -> float:
    """How many times the batches of a plan a sweep will run: more than once for a search, whose plan has only the
    trials that are proposed so far. The others are taken to cost as much.
    """
    to_run = plan.count("to run")
    if plan.grid.search is None or not to_run:
        return 1.0
    return 1 + (plan.grid.search.trials - len(plan.points)) / to_run


@dataclass
class _Work:
    """What is to be done of one kind: its operations, one of its setups, and its widest batch."""

    setup: Setup
    operations: float = 0.0
    lane: Lane = ()
    images: int = 0

    @classmethod
    def of(cls, batches: Iterable[Batch]) -> dict[Kind, _Work]:
        """The work by its kind."""
        kinds: dict[int, Kind] = {}
        work: dict[Kind, _Work] = {}
        for batch in batches:
            setup = batch.lanes[0][0].setup
            kind = kinds.get(id(setup)) or kinds.setdefault(id(setup), kind_of(setup))
            one = work.setdefault(kind, cls(setup))
            one.operations += batch.operations
            one.lane, one.images = batch.lanes[0], max(one.images, batch.width)
        return work


def _rates(work: Mapping[Kind, _Work], run: Run, found: Hardware) -> dict[Kind, Rate]:
    """A rate for every kind of trial that is left to run."""
    rates = earlier_rates(run, {kind: one.setup for kind, one in work.items()}, found)
    on_gpu = bool(found.force.gpus)
    unknown = sorted(work.keys() - rates.keys(), key=lambda kind: -work[kind].operations)[:MOST_PROBES]
    samples = [
        sample(work[kind].setup, widest(work[kind].lane, None) if on_gpu else work[kind].images, on_gpu)
        for kind in unknown
    ]
    if samples:
        for kind, one, seconds in zip(unknown, samples, found.probe(samples), strict=True):
            rates[kind] = Rate(one.operations / seconds, "a short measurement")
    return {kind: rates.get(kind) or rates[_closest(kind, rates)] for kind in work}


def _closest(kind: Kind, known: Iterable[Kind]) -> Kind:
    """The kind whose rate stands in for that of another: of the same network if there is one, and closest in size."""
    pixels = kind.width * kind.height
    return min(
        known, key=lambda other: (other.weights_sha256 != kind.weights_sha256, abs(other.width * other.height - pixels))
    )


def _painting_seconds(batch: Batch) -> float:
    """What a worker needs for a batch of sketches, and for the training of its generator: both are always the same."""
    setup = batch.lanes[0][0].setup
    each = TRIAL_SECONDS + SKETCH_SECONDS + (PIXEL_SECONDS + SKETCH_PIXEL_SECONDS) * setup.width * setup.height
    return each * len(batch.trials) + _training_seconds(setup.settings)


def _training_seconds(settings: TrialSettings) -> float:
    if not settings.trains:
        return 0.0
    feature, adversarial = bool(settings.feature_weight), bool(settings.adversarial_weight)
    each = TRAINING_SECONDS + feature * FEATURE_SECONDS + adversarial * ADVERSARIAL_SECONDS
    return DRAWING_SECONDS + settings.training_steps * settings.training_batch * each


def _seconds(batch: Batch, rate: Rate) -> float:
    """What a worker needs for a batch."""
    setup = batch.lanes[0][0].setup
    after = TRIAL_SECONDS + PIXEL_SECONDS * setup.width * setup.height
    return batch.operations / rate.operations + after * len(batch.trials)


def _end(seconds: Sequence[float], workers: int) -> float:
    """When the last of so many workers is done, each of which takes the next batch as soon as it is free."""
    free = [0.0] * workers
    for one in seconds:
        heapq.heapreplace(free, free[0] + one)
    return max(free)
