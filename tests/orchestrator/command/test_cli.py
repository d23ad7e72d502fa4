"""The command line: what its commands print, and a clear message and exit code 2 for everything that is wrong."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.main import get_command

import results
from orchestrator.command.main import app
from orchestrator.plan import plan as planning

HELPFUL = {
    "bad yaml": ("axes: [1,\n", r"small.yaml:2:1: not YAML"),
    "empty": ("", "the grid is empty"),
    "unknown key": ("axis: {}\n", "small.yaml:1:1: axis: there is no entry 'axis'; did you mean axes?"),
    "unknown setting": ("settings:\n  ratoi: 1\n", "small.yaml:2:3: settings.ratoi: there is no setting 'ratoi'"),
    "unknown layer": ("settings: {content: coffee, style: swirls, style_layers: [conv9_1]}\n", "no layer 'conv9_1'"),
    "unknown picture": ("settings: {content: cofee, style: swirls}\n", "no picture 'cofee'; did you mean coffee?"),
    "unknown axis in sheet": ("axes: {ratio: [1]}\nsheet: {rows: style}\n", "2:15: sheet.rows: there is no axis"),
    "empty axis": ("axes:\n  ratio: []\n", "small.yaml:2:10: axes.ratio: the axis ratio is empty"),
    "duplicate keys": ("title: a\ntitle: b\n", "small.yaml:2:1: title: this key is here a second time"),
    "ten million trials": (
        "axes: {seed: {linspace: [0, 9999, 10000]}, tv_weight: {linspace: [0, 1, 1000]}}\n",
        "10,000,000 trials",
    ),
    "no style": ("settings: {content: coffee}\n", "no style picture is given"),
    "weights of another network": ("settings: {content: coffee, style: swirls, weights: mine}\n", "no weights 'mine'"),
    "too small": ("settings: {content: coffee, style: swirls, size: 8}\n", "leaves an edge of 5 pixels"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", HELPFUL)
def test_a_bad_grid_gets_one_message_and_nothing_is_written(wrong, small_grid, sweep, tree):
    text, message = HELPFUL[wrong]
    small_grid.write_text(text)
    for arguments in ([small_grid], ["plan", small_grid]):
        failed = sweep(*arguments, "--offline")
        assert failed.exit_code == 2
        assert message in failed.stderr
        assert failed.stderr.count("error:") == 1
        assert "Traceback" not in failed.stderr
        assert failed.stdout == ""
    assert list(tree(small_grid.parent)) == ["small.yaml"]


def bomb():
    """The header of a PNG of 60,000×60,000 pixels, and no more."""
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 999)
        + b"IDAT"
    )


def png(size):
    buffer = io.BytesIO()
    Image.effect_noise(size, 50).save(buffer, "PNG")
    return buffer.getvalue()


BAD_PICTURES = {
    "text": (b"This is not a picture.\n", "is not a picture"),
    "truncated": (png((64, 64))[:1500], "damaged or cut short"),
    "0 bytes": (b"", "is empty"),
    "1x1": (png((1, 1)), "1×1 pixels; each edge needs at least 16"),
    "bomb": (bomb(), "megapixels"),
}


@pytest.mark.parametrize("wrong", BAD_PICTURES)
@pytest.mark.parametrize("role", ["content", "style"])
def test_a_bad_picture_gets_one_message_and_nothing_is_written(wrong, role, small_grid, sweep, tree):
    content, message = BAD_PICTURES[wrong]
    small_grid.with_name("bad.png").write_bytes(content)
    failed = sweep(small_grid, "--set", f"{role}=bad.png")
    assert failed.exit_code == 2
    assert "bad.png" in failed.stderr
    assert message in failed.stderr
    assert sorted(tree(small_grid.parent)) == ["bad.png", "small.yaml"]


def test_a_bad_weights_file_gets_one_message_and_nothing_is_written(small_grid, sweep, tree):
    small_grid.with_name("page.pth").write_text("<!DOCTYPE html><html>not found</html>")
    failed = sweep(small_grid, "--set", "weights=page.pth")
    assert failed.exit_code == 2
    assert "is an HTML page, not a weights file" in failed.stderr
    assert sorted(tree(small_grid.parent)) == ["page.pth", "small.yaml"]


def test_weights_that_cannot_be_had_are_named_with_what_to_do(small_grid, sweep, tree, monkeypatch):
    """No network: the address, where to put the file, and --offline."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    failed = sweep(small_grid, "--set", "weights=torchvision")
    assert failed.exit_code == 2
    for part in ("https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth", "put the file at", "--offline"):
        assert part in failed.stderr
    assert list(tree(small_grid.parent)) == ["small.yaml"]


def test_a_run_of_another_grid_is_left_alone(small_grid, sweep, tree):
    results.Run("runs/other").write_metadata({"grid": {"name": "other"}})
    before = tree(small_grid.parent)
    failed = sweep(small_grid, "--out", "runs/other")
    assert failed.exit_code == 2
    assert "holds the run of another grid, 'other'; choose another folder with --out" in failed.stderr
    assert tree(small_grid.parent) == before


def test_a_place_that_cannot_be_written_is_named(small_grid, sweep):
    small_grid.with_name("file").write_text("")
    failed = sweep(small_grid, "--out", "file/run")
    assert failed.exit_code == 2
    assert "cannot write in file/run" in failed.stderr


def test_a_second_sweep_in_the_same_run_is_refused(small_grid, sweep):
    code = (
        "import sys, time; from results import Run\n"
        "with Run('runs/small').locked(): print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=small_grid.parent) as holder:
        assert holder.stdout.readline() == b"locked\n"
        failed = sweep(small_grid)
        holder.kill()
    assert failed.exit_code == 2
    assert "another sweep is running in runs/small" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "there is no file nowhere.yaml"),
        (["figure55"], "no grid of that name among autopainter, autopainter_losses"),
        (["figur5"], "did you mean figure5?"),
        (["statsu"], "there is no command and no grid 'statsu'; did you mean `sweep status`?"),
        (["statsu", "small"], "did you mean `sweep status`?"),
        (["--debug", "statsu", "small"], "did you mean `sweep status`?"),
        (["small.yaml", "--set", "content=http://[8.8.8.8]/a.png"], "'http://[8.8.8.8]/a.png' is no address"),
        (["small.yaml", "--set", "content=coffee.jpg"], "did you mean the named picture coffee?"),
        (
            ["small.yaml", "--set", "init=image", "--set", "init_image=trial:abcdef"],
            "'abcdef' is not the id of a trial",
        ),
        (["small.yaml", "--set", "ratio"], "--set ratio: write --set name=value"),
        (["small.yaml", "--set", "ratoi=1"], "did you mean ratio?"),
        (["small.yaml", "--set", "ratio=x"], "--set ratio: ratio should be a valid number, not 'x'"),
        (["small.yaml", "--only", "ratio"], "write --only axis=value"),
        (["small.yaml", "--only", "ratio=5"], "the axis ratio has no value 5; it has 0.001, 0.01"),
        (["small.yaml", "--only", "style=swirls"], "there is no axis 'style'"),
        (["small.yaml", "--pictures", "nowhere"], "--pictures nowhere is not a folder"),
        (["small.yaml", "--limit", "0"], "greater than or equal to 1"),
        (["small.yaml", "--nonsense"], "No such option"),
        (["status", "nowhere"], "nowhere is not a run"),
        (["sheet", "nowhere"], "nowhere is not a run"),
        (["table", "nowhere"], "nowhere is not a run"),
        (["table", "no*where"], "no run matches no*where"),
    ],
)
def test_wrong_usage_gets_one_message_and_exit_code_2(arguments, message, small_grid, sweep):
    failed = sweep(*arguments)
    assert failed.exit_code == 2
    assert message in " ".join(failed.stderr.split())
    assert "Traceback" not in failed.stderr


def test_an_unexpected_error_shows_no_stack_trace_without_debug(small_grid, sweep, monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError("an error of ours")

    monkeypatch.setattr(planning, "make_trials", broken)
    failed = sweep("plan", small_grid)
    assert failed.exit_code == 1
    assert "unexpected ZeroDivisionError: an error of ours" in failed.stderr
    assert "Traceback" not in failed.stderr
    debugged = sweep("--debug", "plan", small_grid)
    assert isinstance(debugged.exception, ZeroDivisionError)


def test_the_plan_says_what_will_happen_and_does_none_of_it(small_grid, sweep, tree):
    planned = sweep("plan", small_grid)
    assert planned.exit_code == 0
    for part in (
        "axis      style_layers: shallow, deep",
        "4 to run",
        "astronaut: skimage",
        "swirls: drawn by this project",
        "He-normal, seed 0",
        "MB",
        "pixels",
    ):
        assert part in planned.stdout
    assert list(tree(small_grid.parent)) == ["small.yaml"]


def test_a_name_that_is_nearly_a_run_is_answered_with_the_run(small_grid, sweep):
    results.Run("runs/small").write_metadata({"grid": {"name": "small"}})
    refused = sweep("status", "smal")
    assert (refused.exit_code, refused.stderr) == (2, "error: there is no run 'smal'; did you mean small?\n")
    assert "nowhere is not a run" in sweep("status", "nowhere").stderr


def test_a_folder_does_not_hide_a_grid_of_its_name(small_grid, sweep):
    small_grid.with_name("quickstart").mkdir()
    assert "One photograph in three styles" in sweep("plan", "quickstart", "--offline").stdout
    small_grid.with_name("other").mkdir()
    assert "there is no file other, and no grid of that name" in sweep("plan", "other").stderr


@pytest.mark.parametrize(("full_at", "exit_code"), [("run.json", 2), ("plan.parquet", 1)])
def test_a_disk_that_is_full_gives_exit_code_2_only_if_nothing_was_written(
    full_at, exit_code, small_grid, sweep, monkeypatch
):
    write = results.Run.write

    def full(run, path, content):
        if path == full_at:
            raise results.RunError(f"cannot write {path} in {run.location}: the disk is full")
        write(run, path, content)

    monkeypatch.setattr(results.Run, "write", full)
    stopped = sweep(small_grid)
    assert stopped.exit_code == exit_code, stopped.stderr
    assert "the disk is full" in stopped.stderr
    assert ("again to go on" in stopped.stderr) == (exit_code == 1)


def test_the_plan_as_json(small_grid, sweep):
    planned = json.loads(sweep("plan", small_grid, "--json", "--limit", "3").stdout)
    counts = {"points": 4, "different": 4, "done": 0, "failed": 0, "to run": 3, "not selected": 1, "continued": 0}
    assert planned["trials"] == counts
    assert planned["seconds_on_this_processor"] > 0
    assert planned["disk_bytes"] > 3 * 40 * 40


def test_the_plan_names_downloads_without_starting_them(small_grid, sweep):
    planned = json.loads(sweep("plan", small_grid, "--json", "--set", "weights=torchvision").stdout)
    assert planned["weights"]["squeezenet1_1 torchvision"]["to_download"] is True
    assert planned["weights"]["squeezenet1_1 torchvision"]["from"].startswith("https://")


def test_the_schema_is_printed(sweep):
    assert json.loads(sweep("schema").stdout)["properties"]["axes"]


COMMANDS = get_command(app).commands


def test_help_names_every_command(sweep):
    assert {"run", "plan", "judge"} < COMMANDS.keys()
    assert {"--set", "--address"} < {name for option in COMMANDS["run"].params for name in option.opts}
    shown = sweep("--help").stdout
    for command in COMMANDS:
        assert re.search(rf"^\W*{command}\s", shown, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_says_what_it_does_and_names_every_option(command, sweep, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # wide enough for no name to be cut
    shown = sweep(command, "--help").stdout
    purpose = " ".join(COMMANDS[command].get_short_help_str(60).rstrip(".").split())
    assert purpose
    assert purpose in " ".join(shown.split())
    options = [parameter for parameter in COMMANDS[command].params if parameter.param_type_name == "option"]
    for option in options:
        for name in option.opts:
            line = re.search(rf"^\W*(-\w,? +)?(.*,)?{name}\b.*", shown, re.MULTILINE)
            assert line, f"{name} is not shown"
            assert option.help, f"{name} is not explained"
            assert option.help.split()[0] in line[0]


@pytest.mark.usefixtures("ray_session")
def test_the_table_the_status_and_the_sheet_of_a_run(small_grid, sweep):
    assert sweep(small_grid, "--limit", "3").exit_code == 0
    assert "3 of 4 trials done, 0 failed, 1 to go" in sweep("status", "small").stdout
    assert json.loads(sweep("status", "runs/small", "--json").stdout)["missing"] == 1

    text = sweep("table", "small").stdout.splitlines()
    assert text[0].split()[:4] == ["trial_id", "style_layers_label", "ratio", "status"]
    assert len(text) == 4
    rows = list(csv.DictReader(io.StringIO(sweep("table", "small", "--csv", "--sort", "-total_loss").stdout)))
    losses = [float(row["total_loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert {"ratio", "seed", "batch_width", "style_loss_conv1", "pixels_sha256"} <= set(rows[0])
    picked = sweep("table", "small", "--json", "--where", "ratio > 5e-3", "--columns", "trial_id,ratio").stdout
    assert [row["ratio"] for row in json.loads(picked)] == [0.01]
    assert sweep("table", "small", "--columns", "nothing").exit_code == 2
    assert sweep("table", "small", "--where", "ratio >").exit_code == 2

    assert sweep("sheet", "small", "--rows", "ratio", "--out", "mine.jpg").stdout == "mine.jpg\n"
    with Image.open("mine.jpg") as sheet:
        assert sheet.format == "JPEG"
    whole = Path("runs/small/sheet.png").read_bytes()
    assert sweep("sheet", "small", "--where", "ratio < 5e-3").stdout.endswith("runs/small/selection.png\n")
    assert Path("runs/small/sheet.png").read_bytes() == whole  # it stays the sheet of the whole grid
    assert sweep("sheet", "small", "--rows", "nothing").exit_code == 2
    assert sweep("sheet", "small", "--out", "mine.gif").exit_code == 2
