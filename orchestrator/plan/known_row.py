"""The part of a trial's row that is known before it runs. A worker adds the outcome, or the driver if no worker
survives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.plan.settings_columns import settings_row
from orchestrator.plan.trial import Trial
from orchestrator.versions import versions_text


def known_row(trial: Trial, sha256: Mapping[str, str]) -> dict[str, Any]:
    """A row without outcome. `sha256` has the hash of each picture by reference."""
    return settings_row(trial.settings) | {
        "trial_id": trial.id,
        "weights": trial.weights_reference,
        "preprocessing": trial.preprocessing,
        "width": trial.width,
        "height": trial.height,
        "content_sha256": sha256[trial.content] if trial.content else None,
        "style_sha256": sha256[trial.style] if trial.style else None,
        "weights_sha256": trial.weights_sha256,
        "stand_ins": "; ".join(trial.stand_ins),
        "versions": versions_text(),
    }
