"""Numbers for charts: rounded to significant digits all at once, as Python's own formatting rounds one."""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from results.gallery.script import rounded


@given(st.lists(st.floats()), st.sampled_from([5, 7]))
@example([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, 999999.5, 0.1 + 0.2, 1e22, 1e-22, 123456789.0], 5)
def test_rounded_is_what_formatting_gives(numbers, digits):
    for number, short in zip(numbers, rounded(np.array(numbers, float), digits), strict=True):
        if math.isnan(number):
            assert short is None
            continue
        expected = float(f"{number:.{digits}g}")
        if short != expected:  # in the middle between two decimals either is right
            assert math.isclose(abs(number - short), abs(number - expected), rel_tol=1e-6)
            assert float(f"{short:.{digits}g}") == short
