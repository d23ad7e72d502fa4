"""Conditions under which a setting has an effect, as data: they can be checked for a trial, checked for many trials of
which only some settings are known, and put into words. The condition of a setting is declared with the setting, not
here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
"""Values of settings by name, and `AFTER_FRAME`. Values that are not in the mapping are not known."""

AFTER_FRAME = "after_frame"
"""The fact that a trial is a frame of a clip and follows the frame before. No setting says it alone."""


class Condition(ABC):
    """A condition on values of settings. `a & b`: both hold. `a | b`: at least one of them holds."""

    @abstractmethod
    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds; None if that depends on values that are not in `facts`."""

    @abstractmethod
    def names(self) -> frozenset[str]:
        """The settings on which it depends."""

    @abstractmethod
    def values(self, setting: str) -> set[Any] | None:
        """The values of a setting that it treats differently from all others; None if that can be any value."""

    @abstractmethod
    def __str__(self) -> str:
        """The condition in words, such as `init is noise or mix`."""

    def __and__(self, other: Condition) -> Condition:
        return _Both(self, other)

    def __or__(self, other: Condition) -> Condition:
        return _Either(self, other)


@dataclass(frozen=True)
class _Is(Condition):
    setting: str
    accepted: tuple[Any, ...]
    expected: bool

    def holds(self, facts: Facts) -> bool | None:
        if self.setting not in facts:
            return None
        return (facts[self.setting] in self.accepted) is self.expected

    def names(self) -> frozenset[str]:
        return frozenset({self.setting})

    def values(self, setting: str) -> set[Any] | None:
        return set(self.accepted) if setting == self.setting else set()

    def __str__(self) -> str:
        if self.setting == AFTER_FRAME:
            return f"the trial {'follows' if self.expected else 'does not follow'} the frame before"
        if self.accepted == (None,):
            return f"{self.setting} is {'not given' if self.expected else 'given'}"
        values = " or ".join("empty" if value == () else f"{value}" for value in self.accepted)
        return f"{self.setting} is {'' if self.expected else 'not '}{values}"


@dataclass(frozen=True)
class _Chooses(Condition):
    """Looks the elements up each time, so that elements added to the registry later are included."""

    setting: str
    elements: Mapping[str, Any]
    accepts: Callable[[Any], bool]

    def holds(self, facts: Facts) -> bool | None:
        return self.accepts(self.elements[facts[self.setting]]) if self.setting in facts else None

    def names(self) -> frozenset[str]:
        return frozenset({self.setting})

    def values(self, setting: str) -> set[Any] | None:
        return None if setting == self.setting else set()

    def __str__(self) -> str:
        names = [name for name, element in self.elements.items() if self.accepts(element)]
        return f"{self.setting} is {' or '.join(names)}"


@dataclass(frozen=True)
class _Both(Condition):
    first: Condition
    second: Condition

    def holds(self, facts: Facts) -> bool | None:
        answers = self.first.holds(facts), self.second.holds(facts)
        return False if False in answers else None if None in answers else True

    def names(self) -> frozenset[str]:
        return self.first.names() | self.second.names()

    def values(self, setting: str) -> set[Any] | None:
        return _union(self.first.values(setting), self.second.values(setting))

    def __str__(self) -> str:
        parts = (f"({part})" if isinstance(part, _Either) else str(part) for part in (self.first, self.second))
        return " and ".join(parts)


@dataclass(frozen=True)
class _Either(Condition):
    first: Condition
    second: Condition

    def holds(self, facts: Facts) -> bool | None:
        answers = self.first.holds(facts), self.second.holds(facts)
        return True if True in answers else None if None in answers else False

    def names(self) -> frozenset[str]:
        return self.first.names() | self.second.names()

    def values(self, setting: str) -> set[Any] | None:
        return _union(self.first.values(setting), self.second.values(setting))

    def __str__(self) -> str:
        parts = (f"({part})" if isinstance(part, _Both) else str(part) for part in (self.first, self.second))
        return " or ".join(parts)


@dataclass(frozen=True)
class _Always(Condition):
    def holds(self, facts: Facts) -> bool | None:
        return True

    def names(self) -> frozenset[str]:
        return frozenset()

    def values(self, setting: str) -> set[Any] | None:
        return set()

    def __str__(self) -> str:
        return "always"


ALWAYS: Condition = _Always()


def _union(first: set[Any] | None, second: set[Any] | None) -> set[Any] | None:
    return None if first is None or second is None else first | second


def where(setting: str, *values: Any) -> Condition:
    """Holds if the setting has one of the values. A list of layers is compared as a tuple; () is the empty list."""
    return _Is(setting, values, expected=True)


def unless(setting: str, *values: Any) -> Condition:
    """Holds if the setting has none of the values."""
    return _Is(setting, values, expected=False)


def chooses(setting: str, elements: Mapping[str, Any], accepts: Callable[[Any], bool]) -> Condition:
    """Holds if the setting names an element of the registry that `accepts` accepts."""
    return _Chooses(setting, elements, accepts)
