"""What all tests share: no surprises from the user's environment."""

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """No test may find, or leave, anything in the user's own cache."""
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    for name in ("SWEEP_PICTURES", "SWEEP_WEIGHTS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
