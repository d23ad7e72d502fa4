"""One sitting of blind comparisons: the pairs that are shown, their pictures under random names, and their votes.

People who judge must not be able to tell how a result was made. So the page gets no trial ids, pictures have new random
names for each pair, and they are encoded again without the metadata of their files.
"""

from __future__ import annotations

import contextlib
import datetime
import random
import secrets
import threading
import time
from collections import ChainMap
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from results.errors import ResultsError
from results.judge.axes import JudgedAxis, check_judged, find_axis, judged_axes
from results.judge.pairs import Pairs
from results.judge.votes import CHOICES, Ballot, read_votes
from results.run.image_file import png
from results.run.storage import Run
from results.table.load import image, load, reference

MOST_SHOWN = 8
"""How many pairs may wait for a vote, each in a tab of its own. With more, the oldest are forgotten."""

LOOK_SECONDS = 3.0
"""How often a page that is open looks for trials that were finished meanwhile, at most."""

_COLUMNS = ("trial_id", "run", "image_path", "content_sha256", "style_sha256")

_UNREADABLE = (ResultsError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""The exceptions of Pillow and the storage for a picture that is damaged or missing."""


@dataclass(frozen=True)
class Shown:
    """A pair that waits for a vote. `pictures` maps random names to PNG files; `names` maps `left`, `right`, and if
    they exist `content` and `style`, to these names.
    """

    axis: str
    left: str
    right: str
    names: dict[str, str]
    pictures: dict[str, bytes]


class Session:
    """Pairs of one run for the page, and its votes. May be used by several threads.

    `axis`: the only axis to judge; with None the page offers all. Trials that are done meanwhile are shown, too.
    Raises RunError if there is nothing to judge.
    """

    def __init__(self, run: Run, axis: str | None = None, voter: str = "", draw: random.Random | None = None) -> None:
        self._run, self._axis = run, axis
        self._voter = voter
        self._ballot = Ballot(run)
        self._lock = threading.Lock()
        self._waiting: dict[str, Shown] = {}
        self._voted: set[str] = set()
        self._lost: set[str] = set()  # trials whose images cannot be read
        self._draw = draw or random.SystemRandom()
        self._shards = run.names("trials/*.parquet")
        self._look_again = time.monotonic() + LOOK_SECONDS
        self._load()

    def _load(self) -> None:
        """Read which trials are done, and the votes on them."""
        trials = load(self._run.location, missing=True)
        check_judged(trials, judged_axes(trials))
        axes = [find_axis(trials, self._axis)] if self._axis else judged_axes(trials)
        finished = trials[(trials["status"] == "done") & trials["image_path"].notna()]
        # Whether an axis has an effect on a trial can only be seen from all trials, not just the done ones.
        self.axes = [_only(one, set(finished["trial_id"])) for one in axes]
        columns = [name for name in _COLUMNS if name in finished.columns]
        self._rows = {row["trial_id"]: row for _, row in finished[columns].iterrows()}
        self._pairs = {one.name: Pairs(one, self._draw) for one in self.axes}
        for pairs in self._pairs.values():
            pairs.drop(self._lost)
        for vote in read_votes(self._run).to_pylist():
            self._count(vote)

    def _look_for_more(self) -> None:
        """Take trials in that a sweep has finished since the last look."""
        if time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + LOOK_SECONDS
        with contextlib.suppress(ResultsError):  # what is there can still be judged
            shards = self._run.names("trials/*.parquet")
            if shards != self._shards:
                self._load()
                self._shards = shards

    @property
    def votes(self) -> int:
        """How many votes this sitting has."""
        return len(self._ballot)

    def next_pair(self, axis: str) -> tuple[str, Shown] | None:
        """A pair under a random name; None if there is none. Raises KeyError for an axis that is not judged."""
        with self._lock:
            self._look_for_more()
            pairs = self._pairs[axis]
            waiting = [frozenset((shown.left, shown.right)) for shown in self._waiting.values() if shown.axis == axis]
            while two := pairs.next(other_than=waiting[-1] if waiting else None):
                try:
                    return self._show(axis, *two)
                except _Lost as lost:
                    self._lost.add(lost.trial)
                    pairs.drop([lost.trial])
            return None

    def progress(self, axis: str) -> tuple[int, int]:
        """How many pairs of an axis were judged at least once, and how many there are."""
        return self._pairs[axis].seen, len(self._pairs[axis])

    def picture(self, name: str) -> bytes:
        """A PNG file. Raises KeyError for a name that is not shown, or no longer."""
        with self._lock:
            return ChainMap(*(shown.pictures for shown in self._waiting.values()))[name]

    def vote(self, pair: str, choice: str) -> None:
        """Commit a vote on a pair. A vote that is sent again, because the answer was lost, counts once.

        Raises KeyError for a pair that does not wait for a vote, ValueError for an invalid choice, and RunError if the
        vote cannot be written.
        """
        if choice not in CHOICES:
            raise ValueError(f"{choice!r} is not one of {', '.join(CHOICES)}")
        with self._lock:
            if pair in self._voted:
                return
            shown = self._waiting[pair]
            vote = {
                "voted_at": datetime.datetime.now(datetime.UTC),
                "axis": shown.axis,
                "left": shown.left,
                "right": shown.right,
                "choice": choice,
                "voter": self._voter,
            }
            self._ballot.add(vote)
            self._voted.add(pair)
            self._count(vote)
            del self._waiting[pair]

    def undo(self) -> tuple[str, Shown] | None:
        """Take the last vote of this sitting back and show its pair again, as it was. None if there is no vote.

        Raises RunError if that cannot be written.
        """
        with self._lock:
            vote = self._ballot.undo()
            if vote is None:
                return None
            self._count(vote, -1)
            with contextlib.suppress(_Lost):
                return self._show(vote["axis"], vote["left"], vote["right"])
            return None

    def _count(self, vote: dict[str, Any], times: int = 1) -> None:
        for axis in self.axes:
            if vote["axis"] in axis.settings:
                self._pairs[axis.name].count(frozenset((vote["left"], vote["right"])), times)

    def _show(self, axis: str, left: str, right: str) -> tuple[str, Shown]:
        pictures = {"left": self._result(left), "right": self._result(right)}
        for given in ("content", "style"):
            with contextlib.suppress(*_UNREADABLE):  # a pair can be judged without
                if found := reference(self._rows[left], given):
                    pictures[given] = _png(found)
        names = {which: secrets.token_urlsafe(12) for which in pictures}
        shown = Shown(axis, left, right, names, {names[which]: picture for which, picture in pictures.items()})
        name = secrets.token_urlsafe(12)
        self._waiting[name] = shown
        while len(self._waiting) > MOST_SHOWN:
            del self._waiting[next(iter(self._waiting))]
        return name, shown

    def _result(self, trial: str) -> bytes:
        try:
            return _png(image(self._rows[trial]))
        except _UNREADABLE as error:
            raise _Lost(trial) from error


class _Lost(Exception):
    """The image of a trial cannot be read."""

    def __init__(self, trial: str) -> None:
        super().__init__(trial)
        self.trial = trial


def _only(axis: JudgedAxis, trials: set[str]) -> JudgedAxis:
    """The axis, with only these trials to compare."""
    left = {context: tuple(one for one in along if one in trials) for context, along in axis.contexts.items()}
    return replace(axis, contexts={context: along for context, along in left.items() if len(along) > 1})


def _png(picture: Image.Image) -> bytes:
    # A new image, because Pillow would copy the metadata of the file.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    return png(clean)
