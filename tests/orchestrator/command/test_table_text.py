"""How a table is printed: as text a bounded number of rows, as JSON in parts."""

import json

import numpy as np
import pandas as pd
import pytest

from orchestrator.command import table_text
from orchestrator.command.table_text import print_table


@pytest.fixture
def trials():
    """Five rows with what JSON has to be careful about."""
    return pd.DataFrame(
        {
            "trial_id": list("abcde"),
            "content": ["a/b", '"', "\\/", "\\", "ü\n"],
            "style_layers": [("conv1_1",), (), None, ("a", "b/c"), ("a",)],
            "star": pd.Series([1, True, 1.0, None, "1"], dtype=object),
            "steps": [7] * 5,
            "colour": ["style"] * 5,
            "pyramid": [()] * 5,
            "zero": [0.0, -0.0, 0.0, 0.0, 0.0],
            "total_loss": [1.5, np.nan, 1e-7, -0.0, 1e20],
            "committed_at": pd.to_datetime(["2026-01-02T03:04:05.678901Z"] * 4 + [None]),
        }
    )


@pytest.mark.parametrize("at_once", [1, 2, 5, 100])
def test_json_is_the_same_in_however_many_parts(trials, capsys, monkeypatch, at_once):
    monkeypatch.setattr(table_text, "ROWS_AT_ONCE", at_once)
    print_table(trials, "all", None, "json")
    printed = capsys.readouterr().out
    assert printed == trials.to_json(orient="records", date_format="iso", indent=2).replace("\\/", "/") + "\n"
    assert "a/b" in printed


def test_no_rows_are_an_empty_list(trials, capsys):
    print_table(trials.head(0), "all", None, "json")
    assert json.loads(capsys.readouterr().out) == []


def test_text_ends_after_so_many_rows_and_says_so(trials, capsys, monkeypatch):
    monkeypatch.setattr(table_text, "MOST_ROWS", 3)
    print_table(trials, "trial_id", "-trial_id", "text")
    said = capsys.readouterr()
    assert [line.strip() for line in said.out.splitlines()] == ["trial_id", "e", "d", "c"]
    assert said.err.startswith("these are the first 3 of 5 rows; --csv and --json have all")
    print_table(trials.head(3), "trial_id", None, "text")
    assert capsys.readouterr().err == ""
    print_table(trials, "trial_id", None, "csv")
    assert len(capsys.readouterr().out.splitlines()) == 6
