"""What all commands share: messages, exit codes, and how a run is named."""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import typer

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


@dataclass
class Options:
    """Options of the whole program. `debug`: errors show their stack trace."""

    debug: bool = False


options = Options()


@contextlib.contextmanager
def messages() -> Iterator[None]:
    """Turn expected errors into one message and an exit code."""
    try:
        yield
        sys.stdout.flush()  # here, where a full disk still gets a message
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except BrokenPipeError:  # whoever read the output has seen enough
        _print_no_more()
        raise typer.Exit(EXIT_FAILED) from None
    except (typer.Exit, typer.BadParameter, typer.Abort):
        raise
    except Exception as error:
        if options.debug:
            raise
        if isinstance(error, OSError):
            _print_no_more()
        message, code = _explain(error)
        fail(message, code)


def _explain(error: Exception) -> tuple[str, int]:
    """The message and exit code of an error. Its class is imported late, because `sweep --help` does not need it."""
    from downloads import VerifiedFileError
    from orchestrator.errors import EngineError, OrchestratorError
    from pictures import PictureError
    from results import ResultsError
    from stylize.plugin_source import PluginError
    from weights import WeightsError

    if isinstance(error, EngineError):
        return str(error), EXIT_FAILED
    if isinstance(
        error, OrchestratorError | PictureError | PluginError | ResultsError | VerifiedFileError | WeightsError
    ):
        return str(error), EXIT_USAGE
    if isinstance(error, OSError) and error.strerror:  # a full disk, a folder that may not be written
        return (
            f"{error.filename}: {error.strerror}" if error.filename else f"cannot write: {error.strerror}",
            EXIT_FAILED,
        )
    text = f"unexpected {type(error).__name__}: {error}"
    return f"{text}\nrun `sweep --debug …` for the stack trace", EXIT_FAILED


def _print_no_more() -> None:
    """Drop what is still to be printed: writing it would fail again when the program ends."""
    sys.stdout = nowhere()


def nowhere() -> TextIO:
    """A stream that drops what is written to it."""
    return Path(os.devnull).open("w", encoding="utf-8")


def fail(message: str, code: int = EXIT_USAGE) -> NoReturn:
    """End the command with a message."""
    say(f"error: {message}")
    raise typer.Exit(code)


def say(text: str) -> None:
    """Print to stderr; only results go to stdout."""
    from results.printable import printable

    print(printable(text), file=sys.stderr, flush=True)


def run_path(run: str) -> str:
    """A run's folder; `figure5` also finds runs/figure5. Ends the command for a name that is nearly that of a run."""
    here = Path(run)
    if here.exists() or here.name != run:
        return run
    if (Path("runs") / run).is_dir():
        return f"runs/{run}"
    close = difflib.get_close_matches(run, [path.parent.name for path in Path("runs").glob("*/run.json")], n=1)
    if close:
        fail(f"there is no run {run!r}; did you mean {close[0]}?")
    return run
