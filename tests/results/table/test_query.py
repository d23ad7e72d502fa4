"""SQL over the tables of runs, and the comparison of two runs, from the command line."""

import json

import pytest

import results
from results import QueryError


@pytest.fixture
def three(made_run):
    made = made_run()
    made.add(1, "red", ratio=1e-3).add(2, "green", ratio=1e-2)
    made.add(3, status="failed", error="its loss was not finite", ratio=1e-1)
    return made.write(axes=[["ratio"]], order={"ratio": [1e-3, 1e-2, 1e-1]})


def test_trials_and_curves_are_asked_together(three):
    sql = "select ratio, max(c.total_loss) as worst from trials t join curves c using (trial_id) group by 1 order by 1"
    answer = results.query(three.location, sql)
    trials, curves = results.load(three.location), results.curves(three.location)
    expected = curves.merge(trials[["trial_id", "ratio"]], on="trial_id").groupby("ratio")["total_loss"].max()
    assert answer["ratio"].tolist() == expected.index.tolist()
    assert answer["worst"].tolist() == expected.tolist()


def test_lists_are_lists_and_several_runs_are_one_table(three, made_run):
    other = made_run("other").add(7, "blue", style_layers=["conv1_1"]).write()
    both = f"{three.location.rsplit('/', 1)[0]}/*"
    answer = results.query(both, "select run, list_contains(style_layers, 'conv2_1') as deep from trials order by all")
    assert answer.groupby("run")["deep"].apply(list).to_dict() == {three.location: [True] * 3, other.location: [False]}


@pytest.mark.parametrize(
    "sql",
    [
        "selct 1",
        "select none from trials",
        "",
        "select * from read_csv('/etc/passwd')",
        "copy trials to 'stolen.csv'",
        "attach 'other.db'",
        "set enable_external_access = true",
        "install httpfs",
        "select * from 'trials/*.parquet'",
    ],
)
def test_what_is_no_question_is_one_message_and_files_are_out_of_reach(three, sql, tmp_path, monkeypatch, tree, sweep):
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(QueryError):
        results.query(three.location, sql)
    ran = sweep("query", three.location, sql)
    assert ran.exit_code == 2
    assert ran.stderr.startswith("error: ")
    assert "Traceback" not in ran.stderr
    assert tree(tmp_path) == before


def test_answers_as_text_csv_and_json(three, sweep):
    sql = "select trial_id, total_loss from trials where status = 'done' order by total_loss"
    text, csv, data = (sweep("query", three.location, sql, *form).stdout for form in ([], ["--csv"], ["--json"]))
    found = json.loads(data)
    assert [row["total_loss"] for row in found] == [12, 22]
    assert csv.splitlines()[0] == "trial_id,total_loss"
    assert all(row["trial_id"] in text and row["trial_id"] in csv for row in found)


def test_lists_and_many_columns_are_printed(three, sweep):
    lists = sweep(
        "query", three.location, "select [1, 2] as pair, {'a': 3} as named, null as none, style_layers from trials"
    )
    assert lists.exit_code == 0, lists.stderr
    first = lists.stdout.splitlines()[1]
    assert first.split()[:5] == ["1", "2", "{'a':", "3}", "–"]
    assert first.split()[5:] == list(results.load(three.location)["style_layers"].iloc[0])
    everything = sweep("query", three.location, "select * from trials")
    assert everything.exit_code == 0, everything.stderr
    for name, value in (("status", "done"), ("total_loss", "12"), ("error", "its loss was not finite")):
        assert any(line.split(maxsplit=1) == [name, value] for line in everything.stdout.splitlines())


def test_a_column_that_is_none_is_answered_with_the_way_to_all_of_them(three, sweep):
    refused = sweep("table", three.location, "--columns", "nothing")
    assert refused.exit_code == 2
    assert f", … ({len(results.load(three.location).columns)} in all)" in refused.stderr
    assert "--columns all" in refused.stderr


def test_a_run_is_like_itself(three, sweep):
    ran = sweep("diff", three.location, three.location)
    assert ran.exit_code == 0, ran.stderr
    assert "3 trials in both: 3 with the same pixels, 0 with others" in ran.stdout


def test_what_differs_is_said(made_run, sweep):
    def run(name, iterations, ratios, colours):
        made = made_run(name)
        for number, (ratio, colour) in enumerate(zip(ratios, colours, strict=True), 1):
            made.add(number + iterations, colour, ratio=ratio, iterations=iterations)
        return made.write(axes=[["ratio"]]).location

    one, other = run("one", 100, [1e-3, 1e-2], ["red", "green"]), run("other", 101, [1e-3, 1e-1], ["red", "blue"])
    found = results.diff(one, other)
    assert found.settings == {"iterations": (100, 101)}
    assert (found.only_first, found.only_second) == ([{"ratio": 1e-2}], [{"ratio": 1e-1}])
    [pair] = found.pairs
    first, second = (results.load(location).iloc[0] for location in (one, other))
    assert (pair.first, pair.second) == (first["trial_id"], second["trial_id"])
    assert pair.losses["total_loss"] == pytest.approx(second["total_loss"] / first["total_loss"] - 1)
    assert not found.same
    ran = sweep("diff", one, other)
    assert ran.exit_code == 1
    assert "iterations: 100 → 101" in ran.stdout
    assert "1 trials only in the first run:\n  α/β 10⁻²" in ran.stdout
    assert json.loads(sweep("diff", one, other, "--json").stdout)["settings"] == {"iterations": [100, 101]}


def test_a_run_that_is_none_is_named(three, sweep, tmp_path):
    ran = sweep("diff", three.location, tmp_path / "none")
    assert ran.exit_code == 2
    assert "none" in ran.stderr
