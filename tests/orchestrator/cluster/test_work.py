"""What the engine is told to do with a plan's batches."""

import contextlib
from types import SimpleNamespace

import pytest

from orchestrator.cluster import work as work_module
from orchestrator.cluster.workforce import Workforce
from orchestrator.request import Request


class Told(Exception):
    """What the engine was told."""


@pytest.mark.parametrize(("repack", "exact", "cut"), [(True, False, True), (True, True, False), (False, False, False)])
def test_batches_are_cut_for_gpus_by_a_sweep_and_stay_as_they_are_where_they_are_computed_again(
    repack, exact, cut, monkeypatch, tmp_path
):
    def engine(source, *arguments, cut_for_devices, **options):
        raise Told(source, cut_for_devices)

    monkeypatch.setattr(work_module, "session", lambda *arguments: contextlib.nullcontext())
    monkeypatch.setattr(work_module, "workforce_of_cluster", lambda *arguments, **options: Workforce(8, 1, 1.0, 8))
    monkeypatch.setattr(work_module, "MaterialStore", lambda *arguments: None)
    monkeypatch.setattr(work_module, "Engine", engine)
    grid = SimpleNamespace(search=None)
    plan = SimpleNamespace(
        batches=[SimpleNamespace(width=3)], grid=grid, parallel=1, parallel_at_first=1, inputs=None, states={}
    )
    source = SimpleNamespace(plan=plan)
    request = Request(tmp_path / "grid.yaml", exact=exact)
    with pytest.raises(Told) as told:
        work_module.work(source, None, request, {}, contextlib.nullcontext(), repack=repack)
    assert told.value.args == (source, cut)
