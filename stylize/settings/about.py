"""`About`, which each setting declares in addition to its type, default and description: its title, when it has an
effect, how its values are written, and its columns. The declarations are in the settings files, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stylize.settings.conditions import ALWAYS, Condition, Facts


@dataclass(frozen=True)
class Need:
    """A condition under which a picture has to be given, and the reason in words; {…} is the value of a setting."""

    condition: Condition
    reason: str


@dataclass(frozen=True)
class Weights:
    """For a setting whose items are pairs of a name and a number: the table's column for the numbers, and whether equal
    numbers are the usual case, which a sheet does not mention.
    """

    column: str
    equal_is_usual: bool


@dataclass(frozen=True)
class About:
    """Stands in the `Annotated` type of a setting. Without arguments it fits most settings.

    method: the value of the setting `method` with which it has an effect.
    title: what the setting is called on sheets; "" is its name with spaces in place of underscores.
    also_called: other programs' names for it, for messages.
    effect: when it has an effect. A setting without effect is no part of a trial's id, and a sheet does not mention it.
    needed: for a picture: when it has to be given. Only in these cases is its file a part of a trial's id.
    named_by: how a trial's id contains it. By its value, by the hash of the file that it names or belongs to, or not at
        all, because the pixels do not depend on it.
    mentioned: when the line below a sheet names the setting: always, only when it differs from its default, or never.
    alone: whether nothing else about a trial depends on its value: not its pictures, size or network, nor which trials
        may share its batch. Conditions may depend on it. Large grids are planned faster if it is set.
    words: values that are written as words.
    weights: for a setting whose items are pairs of a name and a number.
    cell, cell_type: what a table shows in place of the value, if it does not show the value itself.
    """

    method: Literal["transfer", "autopainter", "both"] = "transfer"
    title: str = ""
    also_called: tuple[str, ...] = ()
    effect: Condition = ALWAYS
    needed: tuple[Need, ...] = ()
    named_by: Literal["value", "file", "nothing"] = "value"
    mentioned: Literal["always", "unless default", "never"] = "always"
    alone: bool = False
    words: Mapping[Any, str] = field(default_factory=dict)
    weights: Weights | None = None
    cell: Callable[[Any], Any] | None = None
    cell_type: Any = None

    def reason(self, facts: Facts) -> str | None:
        """Why the picture is needed, in words; None where it is not."""
        for need in self.needed:
            if need.condition.holds(facts):
                return need.reason.format_map(facts)
        return None
