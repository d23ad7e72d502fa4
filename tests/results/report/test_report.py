"""The report of a run: what it says, and that nothing in a run can change what the page does."""

import base64
import itertools
import re
import shutil

import numpy as np
import pandas as pd
import pytest

import results
from results.report.contents import contents
from results.report.methods import methods_of
from results.report.pictures import undominated
from results.report.sources import SOURCES
from results.report.write import BROWSERS, report_html

STYLES, RATIOS = ["swirls", "<script>alert(1)"], [1e-4, 1e-3, 1e-2]


@pytest.fixture
def run(made_run):
    """Two styles by three ratios; `content_loss` is ten times the number of the trial. One trial more failed."""
    made = made_run()
    for number, (style, ratio) in enumerate(itertools.product(STYLES, RATIOS)):
        made.add(number, (40 * number, 0, 0), style=style, ratio=ratio)
    made.add(9, status="failed", error="NaN in step 3\x1b[31m", style="swirls", ratio=1e-1)
    return made.write(
        [("style",), ("ratio",)],
        title="A title & more",
        description="Does <b>ratio</b> matter?",
        order={"style": STYLES, "ratio": [*RATIOS, 1e-1]},
    )


def test_a_report_has_the_numbers_of_the_table(run):
    said = contents(run, ["content_loss"])
    assert said.counts.startswith("7 trials, 6 done, 1 failed")
    [about] = said.metrics
    table = results.effects(results.load(run.location), "content_loss")
    assert [row["share"] for row in about.effects] == [f"{100 * share:.1f} %" for share in table["share"]]
    assert [one.value for one in about.best] == ["0", "10", "20"]
    assert [one.value for one in about.worst] == ["50", "40", "30"]
    [(reason, count)] = said.failures
    assert (reason.startswith("NaN in step 3"), "\x1b" in reason, count) == (True, False, 1)
    assert {"gatys2015", "hooker2007"} <= {source.key for source in said.sources}


def test_the_page_is_text_of_the_run_and_loads_nothing(run):
    html = report_html(run, ["content_loss", "style_loss"])
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "Does &lt;b&gt;ratio&lt;/b&gt; matter?" in html
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert addresses
    assert all(one.startswith("data:image/") for one in addresses)
    svg = [base64.b64decode(one.partition(",")[2]) for one in addresses if "svg" in one]
    assert all(b"<script" not in one for one in svg)
    assert "\x1b" not in html


def test_a_metric_that_is_none_is_refused_with_a_hint(run, sweep):
    refused = sweep("report", run.location, "--metric", "content_los")
    assert (refused.exit_code, "did you mean content_loss" in refused.stderr) == (2, True)
    assert not run.exists("report.html")
    refused = sweep("report", run.location, "--out", "report.doc")
    assert (refused.exit_code, ".pdf" in refused.stderr) == (2, True)


def test_the_command_writes_it_into_the_run_and_prints_a_pdf(run, sweep, tmp_path):
    said = sweep("report", run.location, "--metric", "content_loss")
    assert said.exit_code == 0, said.stderr
    assert said.stdout == f"{run.full_path('report.html')}\n"
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("there is no Chromium to print a PDF")
    import pypdf

    said = sweep("report", run.location, "--metric", "content_loss", "--out", tmp_path / "report.pdf")
    assert said.exit_code == 0, said.stderr
    text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf").pages)
    assert "A title & more" in text
    assert "A Neural Algorithm of Artistic Style" in text


def test_without_a_browser_a_pdf_says_what_is_needed(run, sweep, tmp_path, monkeypatch):
    monkeypatch.setattr("results.report.write.BROWSERS", ())
    refused = sweep("report", run.location, "--metric", "content_loss", "--out", tmp_path / "report.pdf")
    assert (refused.exit_code, "Chromium" in refused.stderr) == (2, True)


def test_methods_are_those_that_the_trials_used():
    trials = pd.DataFrame({"style_representation": ["gram", "mrf"], "tv_weight": [0.0, 0.0], "optimizer": "lbfgs"})
    keys = {key for method in methods_of(trials) for key in method.sources}
    assert {"li2016", "liu1989"} <= keys
    assert not {"kingma2015", "mahendran2015", "mroueh2019"} & keys
    trials["tv_weight"] = [0.0, 1e-3]
    assert "mahendran2015" in {key for method in methods_of(trials) for key in method.sources}


def test_every_source_that_a_method_names_is_known():
    from results.report import methods

    named = {
        key
        for part in (methods._TRANSFERS, methods._PAINTING, methods._OF_ALL)
        for _, method in part
        for key in method.sources
    } | set(methods.EFFECTS.sources)
    assert named == set(SOURCES)
    assert all(source.bibtex().startswith("@misc{") and source.line().endswith(".") for source in SOURCES.values())


def test_no_trial_beats_those_on_the_front():
    values = np.random.default_rng(0).integers(0, 6, (40, 2))
    trials = pd.DataFrame(values, columns=["style_distance", "structural_similarity"]).astype(float)
    front = undominated(trials, "style_distance", "structural_similarity")
    for at, (near, kept) in enumerate(values):
        beaten = [n <= near and k >= kept and (n < near or k > kept) for n, k in values]
        assert front[at] == (not any(beaten))
