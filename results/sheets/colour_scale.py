"""Colours for values: the borders of a sheet's cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from stylize.settings.value_text import number_text

TWO_DECADES = 99.0
DARKEST, LIGHTEST = 0.0, 0.95


@dataclass(frozen=True)
class ColourScale:
    """From the least to the largest value in viridis, which is even to the eye, in black and white too.

    Logarithmic where positive values span two decades.
    """

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def of(cls, values: Mapping[int, float]) -> ColourScale | None:
        """None without values."""
        if not values:
            return None
        low, high = min(values.values()), max(values.values())
        return cls(low, high, low > 0 and high >= TWO_DECADES * low)

    def colour(self, value: float) -> str:
        """Like #440154."""
        if self.high == self.low:
            return self.at(0.5)
        if self.logarithmic:
            return self.at(math.log(value / self.low) / math.log(self.high / self.low))
        return self.at((value - self.low) / (self.high - self.low))

    def at(self, share: float) -> str:
        """The colour so far along the scale, from 0 to 1."""
        import matplotlib
        from matplotlib.colors import to_hex

        return str(to_hex(matplotlib.colormaps["viridis"](DARKEST + share * (LIGHTEST - DARKEST))))

    @property
    def low_text(self) -> str:
        return _short(self.low)

    @property
    def high_text(self) -> str:
        return _short(self.high) + (" (logarithmic)" if self.logarithmic else "")


def _short(value: float) -> str:
    return number_text(float(f"{value:.3g}"))
