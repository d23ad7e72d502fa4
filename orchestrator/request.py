"""`Request`: a grid and the options of a sweep. Every option of `sweep run` and `sweep plan` is declared here, once.

The command line makes its options from these fields (`command/options.py`). A run keeps those that decide which trials
it has (`recorded`), `sweep verify --recompute` reads them back (`from_record`), and messages print them as a command
(`words`). Neither Typer nor the work of a sweep is in here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from orchestrator.errors import UsageError

Scope = Literal["trials", "selection", "hardware", "work"]
"""What an option is about: which trials a grid gives, which of them are chosen, what works at them, or how.

A run records the first kind; `sweep plan` has all but the last.
"""


@dataclass(frozen=True)
class Option:
    """How the command line shows one field of a request."""

    help: str
    scope: Scope
    flag: str | None = None  # if it is not the field's name with dashes
    metavar: str | None = None
    environment: str | None = None
    minimum: float | None = None
    show_default: bool = True


def _option(help: str, scope: Scope, **details: Any) -> dict[str, Option]:
    return {"option": Option(help, scope, **details)}


@dataclass(frozen=True)
class Request:
    """A grid, and how to run it. Paths are as the user wrote them; with `None` the program chooses."""

    grid: Path
    out: str | None = field(
        default=None,
        metadata=_option("The run's folder or URL.  [default: runs/GRID]", "selection", show_default=False),
    )
    set: tuple[str, ...] = field(
        default=(), metadata=_option("Fix a setting or an axis. May be repeated.", "trials", metavar="NAME=VALUE")
    )
    only: tuple[str, ...] = field(
        default=(), metadata=_option("Run only these trials. May be repeated.", "selection", metavar="AXIS=VALUE")
    )
    limit: int | None = field(
        default=None, metadata=_option("Run at most this many trials of the grid.", "selection", minimum=1)
    )
    pictures: Path | None = field(
        default=None,
        metadata=_option("Folder to look for pictures in first.", "trials", environment="SWEEP_PICTURES"),
    )
    weights: Path | None = field(
        default=None,
        metadata=_option("Folder to look for weights in first.", "trials", environment="SWEEP_WEIGHTS"),
    )
    plugin: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            "Methods of yours: a Python file, or the name of an installed plugin (docs/plugins.md). May be repeated.",
            "trials",
            metavar="FILE|NAME",
        ),
    )
    offline: bool = field(default=False, metadata=_option("No network; stand-ins for what is missing.", "trials"))
    untrusted: bool = field(
        default=False,
        metadata=_option("For a stranger's grid: no files outside its folder, no private addresses.", "trials"),
    )
    exact: bool = field(
        default=False,
        metadata=_option("Bit-exact work in fp32, image by image. Takes half as long again, or more.", "trials"),
    )
    retry_failed: bool = field(default=False, metadata=_option("Run failed trials again.", "selection"))
    however_many: bool = field(
        default=False, metadata=_option("Accept a grid of more than 100,000 trials.", "selection", flag="--yes")
    )
    address: str | None = field(
        default=None,
        metadata=_option("A Ray cluster to join; `auto` finds one on this machine.  [env: RAY_ADDRESS]", "hardware"),
    )
    workers: int | None = field(
        default=None,
        metadata=_option(
            "Worker processes.  [default: one per GPU, else one per core, at most 8]", "hardware", minimum=1
        ),
    )
    gpus_per_worker: float | None = field(
        default=None, metadata=_option("GPUs per worker; 0.5 lets two share one.", "hardware", minimum=0)
    )
    fail_fast: bool = field(default=False, metadata=_option("Stop at the first failed trial.", "work"))
    max_failures: int | None = field(
        default=None, metadata=_option("Stop when this many trials have failed.", "work", minimum=1)
    )
    grace: float = field(
        default=25.0, metadata=_option("Seconds that running batches have after SIGTERM.", "work", minimum=0)
    )

    @property
    def failures_allowed(self) -> int | None:
        """After how many failed trials the sweep stops; None: it never stops because of failures."""
        return 1 if self.fail_fast else self.max_failures

    @classmethod
    def options(cls) -> dict[str, Option]:
        """The options by the name of their field, in the order in which help lists them."""
        return {one.name: one.metadata["option"] for one in dataclasses.fields(cls) if "option" in one.metadata}

    def recorded(self) -> dict[str, Any]:
        """The part that a run keeps, as JSON data: the grid and the options that decide which trials there are.

        Paths are absolute, so that they mean the same from another folder.
        """
        from pydantic import TypeAdapter  # slow to import, and `sweep --help` does not need it

        from stylize.plugin_source import is_file

        paths: dict[str, Any] = {name: path.resolve() for name, path in vars(self).items() if isinstance(path, Path)}
        everything = TypeAdapter(Request).dump_python(replace(self, **paths), mode="json")
        everything["plugin"] = [str(Path(one).resolve()) if is_file(one) else one for one in self.plugin]
        kept = [name for name, option in self.options().items() if option.scope == "trials"]
        return {name: everything[name] for name in ("grid", *kept)}

    @classmethod
    def from_record(cls, record: Any) -> Request:
        """The request that `recorded` was made from. Options that are not in the record have their defaults. Raises
        UsageError for an invalid record.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(Request).validate_python(record)
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, one["loc"])) or "the whole of it" for one in error.errors())
            raise UsageError(f"the options of the run are recorded in a form that cannot be read ({wrong})") from error

    def words(self) -> list[str]:
        """The words after `sweep` on a command line with the same meaning. Options at their defaults are left out."""
        words = [str(self.grid)]
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if "option" not in one.metadata or value == one.default:
                continue
            flag = flag_of(one.name, one.metadata["option"])
            if isinstance(value, tuple):
                words += [word for item in value for word in (flag, item)]
            else:
                words += [flag] if value is True else [flag, str(value)]
        return words


def flag_of(name: str, option: Option) -> str:
    """The flag of a field: `--gpus-per-worker`."""
    return option.flag or f"--{name.replace('_', '-')}"
