"""Proposes points from the outcomes of earlier ones. This file is the only one that knows Optuna.

No study is kept: each proposal makes one from what is known. So the same outcomes always give the same proposals, and
a search that was killed goes on as if nothing had happened.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestrator.errors import UsageError
from orchestrator.grid.sampling import Distribution
from orchestrator.grid.search import Search

Values = tuple[Any, ...]
"""A point: a value for each axis of the search, in their order."""


@dataclass(frozen=True)
class Tried:
    """A point that was proposed. `outcome`: the value of each objective; None where there is none, because the trial
    failed or, with `pending`, because it has not ended.
    """

    values: Values
    outcome: tuple[float, ...] | None = None
    pending: bool = False


def check_optuna() -> None:
    """Raises UsageError where Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise UsageError("a search needs Optuna: pip install 'style-sweep[search]'") from error


def propose(search: Search, tried: Sequence[Tried], count: int) -> list[Values]:
    """The next `count` points. `tried` has all earlier ones in the order in which they were proposed.

    Raises UsageError where Optuna is not installed.
    """
    check_optuna()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed = int(np.random.SeedSequence([search.seed, len(tried)]).generate_state(1)[0])
    directions: list[Any] = ["minimize" if one.better == "lower" else "maximize" for one in search.objectives]
    space = {name: _distribution(one) for name, one in search.distributions.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some samplers are called experimental
        study = optuna.create_study(directions=directions, sampler=_sampler(search, seed))
        for one in tried:
            _replay(study, search, space, one)
        asked = [study.ask(space) for _ in range(count)]
    return [tuple(_value(one, trial.params[name]) for name, one in search.distributions.items()) for trial in asked]


def _sampler(search: Search, seed: int) -> Any:
    from optuna import samplers

    if search.sampler == "nsga2":
        return samplers.NSGAIISampler(seed=seed, population_size=max(2, search.at_once))
    if search.sampler == "random":
        return samplers.RandomSampler(seed=seed)
    return samplers.TPESampler(seed=seed, constant_liar=True)  # points that run already are not proposed again


def _replay(study: Any, search: Search, space: dict[str, Any], one: Tried) -> None:
    """Tell a study of a point that was tried."""
    from optuna.trial import TrialState, create_trial

    pairs = zip(search.distributions.items(), one.values, strict=True)
    parameters = {name: _parameter(distribution, value) for (name, distribution), value in pairs}
    if search.sampler == "nsga2":  # which generation a trial is of, the sampler notes when it is asked
        study.enqueue_trial(parameters)
        trial = study.ask(space)
        if not one.pending:
            study.tell(trial, one.outcome, state=TrialState.FAIL if one.outcome is None else TrialState.COMPLETE)
        return
    state = TrialState.RUNNING if one.pending else TrialState.FAIL if one.outcome is None else TrialState.COMPLETE
    values = one.outcome if state is TrialState.COMPLETE else None
    study.add_trial(create_trial(params=parameters, distributions=space, values=values, state=state))


def _distribution(one: Distribution) -> Any:
    """Numbers are searched as shares of their distribution, which every kind has from 0 to 1; choices by number."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if one.kind == "choice":
        return CategoricalDistribution(tuple(range(len(one.values))))
    return FloatDistribution(0.0, 1.0)


def _value(one: Distribution, parameter: Any) -> Any:
    return one.values[parameter] if one.kind == "choice" else one.at(float(parameter))


def _parameter(one: Distribution, value: Any) -> Any:
    if one.kind == "choice":
        return one.values.index(value)
    share = one.share_of(value)
    assert share is not None, f"{value!r} is no value of this distribution"
    return share
