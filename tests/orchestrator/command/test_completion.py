"""What the shell is offered after TAB, asked in the way in which bash asks, and as shells do that split no word."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import results
from orchestrator.command.main import app


@pytest.fixture
def offered(small_grid):
    (small_grid.parent / "below").mkdir()
    (small_grid.parent / "mine.py").touch()
    results.Run("runs/figure5").write_metadata({"grid": {"name": "figure5"}})

    def ask(line, separator="\n"):
        words = line.split(" ")
        if separator == "\n":  # as bash does, which splits words at `=`
            words = [part for word in words for part in re.split("(=)", word) if part or not word]
        env = {
            "_SWEEP_COMPLETE": "complete_bash",
            "COMP_WORDS": separator.join(words),
            "COMP_CWORD": str(len(words) - 1),
        }
        ran = CliRunner().invoke(app, [], prog_name="sweep", env=env)
        assert ran.stderr == ""
        return set(ran.stdout.split())

    return ask


@pytest.mark.parametrize(
    ("line", "some", "none"),
    [
        ("sweep ", {"plan", "status", "figure5", "small.yaml", "below/"}, {"pictures"}),
        ("sweep schema --plugin ", {"mine.py", "below/"}, {"small.yaml"}),
        ("sweep fig", {"figure3", "figure5"}, {"plan"}),
        ("sweep st", {"status"}, {"figure5"}),
        ("sweep sma", {"small.yaml"}, {"status"}),
        ("sweep plan q", {"quickstart"}, {"query"}),
        ("sweep status ", {"figure5", "runs/", "below/"}, {"small.yaml", "figure3"}),
        ("sweep table runs/f", {"runs/figure5"}, {"figure5"}),
        ("sweep plan figure5 --off", {"--offline"}, {"--out"}),
        ("sweep figure5 --work", {"--workers"}, {"--weights"}),
        ("sweep figure5 --set poo", {"pooling="}, {"padding="}),
        ("sweep figure5 --set pooling=", {"pooling=max", "pooling=average"}, {"pooling="}),
        ("sweep figure5 --set poo", {"pooling=max"}, set()),  # a single answer would get a space behind it
        ("sweep figure5 --set size=", {"size=448"}, set()),
        ("sweep new a --axis optimi", {"optimizer=adam"}, set()),
        ("sweep new a --axis init=noise,co", {"init=noise,content"}, {"init=noise,noise"}),
        ("sweep figure5 --out=a --set pooling=m", {"pooling=max"}, {"pooling=average"}),
        ("sweep figure5 --set content=ast", {"content=astronaut"}, {"content=coffee"}),
        ("sweep small.yaml --only ", {"ratio=", "style_layers="}, {"pooling="}),
        ("sweep small.yaml --only style_layers=", {"style_layers=shallow", "style_layers=deep"}, set()),
        ("sweep small.yaml --set ratio=5e-2 --only ", {"style_layers="}, {"ratio="}),
    ],
)
def test_the_shell_is_offered_what_fits(offered, line, some, none):
    found = offered(line, " ")
    assert some <= found
    assert not none & found


@pytest.mark.parametrize(
    ("line", "some", "none"),
    [
        ("sweep figure5 --set pooling=", {"max", "average"}, {"pooling=max"}),
        ("sweep figure5 --set pooling=av", {"average"}, {"max"}),
        ("sweep figure5 --set poo", {"pooling=", "pooling=max"}, set()),
        ("sweep figure5 --set size=", {"448"}, set()),
        ("sweep small.yaml --set size=64 --only style_layers=", {"shallow", "deep"}, set()),
        ("sweep new a --axis init=noise,co", {"noise,content"}, set()),
        ("sweep figure5 --out=a --set pooling=m", {"max"}, {"average"}),
        ("sweep figure5 --set pooling=max --work", {"--workers"}, set()),
        ("sweep fig", {"figure3", "figure5"}, {"plan"}),
    ],
)
def test_bash_is_offered_what_replaces_the_part_behind_the_equals_sign(offered, line, some, none):
    found = offered(line)
    assert some <= found
    assert not none & found


@pytest.mark.parametrize("line", ["sweep nowhere.yaml --only ", "sweep plan --set nothing=", "sweep status no/where/"])
def test_what_cannot_be_found_out_is_silent(offered, line):
    assert offered(line) == set()


def test_help_and_completion_start_without_what_takes_long_to_import():
    code = (
        "import sys, orchestrator.command.main\n"
        "slow = {'pandas', 'numpy', 'pydantic', 'stylize', 'results', 'pictures', 'torch', 'ray'}\n"
        "print(sorted(slow & {name.split('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
