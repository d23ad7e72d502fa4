"""`python -m benchmarks.device` runs where there is only torch and `stylize`, and counts what it says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_counts_without_ray_and_the_orchestrator():
    code = (
        "import sys; from benchmarks import device\n"
        "print(next(device.counts()).figure)\n"
        "print(sorted({'ray', 'orchestrator', 'results', 'weights', 'pandas', 'typer'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    figure, loaded = ran.stdout.splitlines()
    assert figure.endswith("0 reads of the host")
    assert loaded == "[]"
