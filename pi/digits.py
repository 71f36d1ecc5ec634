"""How many digits of a number a reader is shown: one rule for pages, reports, notes and terminals.

What is recorded, saved as a file or typed again keeps all that it has; nothing else is rounded.

- A number alone, such as lambda: three significant digits, and every digit before the point.
- A share: percent to two decimals at most; below 10 % to three significant digits, and near 100 %
  to as many as tell it from that.
- A mean of a metric: the decimals of its record in `pi.evaluation.metrics`; beside others as many
  more as tell apart what differs.
- What has an interval: three significant digits, and none below the second of its half width.
- Effect sizes, correlations, mean ranks and percentage points: two decimals.
"""

import math
from collections.abc import Sequence
from itertools import count

NOTHING = "–"
"""What stands where there is no number."""

SIGNIFICANT = 3
"""Digits of a number alone."""

MORE = 3
"""Decimals that are added at most to tell two numbers apart."""


def number(value: float, sign: str = "") -> str:
    """Return a number alone: ``0.000598``, ``12.3``, ``1234``, `NOTHING` for NaN.

    Args:
        value: of any size.
        sign: ``+``: positive numbers have theirs, too.
    """
    if math.isnan(value):
        return NOTHING
    whole = 10 ** (SIGNIFICANT - 1) <= abs(value) < 1e6
    return f"{value:{sign}.0f}" if whole else f"{value:{sign}.{SIGNIFICANT}g}"


def percent(share: float) -> str:
    """Return a share in percent: ``97.7 %``, ``99.9995 %``, `NOTHING` for NaN."""
    if math.isnan(share):
        return NOTHING
    digits = 6 if 0.9999 < share < 1 else 4 if abs(share) >= 0.1 else SIGNIFICANT
    return f"{100 * share:.{digits}g} %"


def effect(value: float, sign: str = "+") -> str:
    """Return an effect size or a correlation: ``+0.42``, `NOTHING` for NaN."""
    return NOTHING if math.isnan(value) else f"{value:{sign}.2f}"


def fixed(value: float, decimals: int, sign: str = "") -> str:
    """Return a number to so many decimals, `NOTHING` for NaN."""
    return NOTHING if math.isnan(value) else f"{value:{sign}.{decimals}f}"


def apart(values: Sequence[float], decimals: int) -> list[str]:
    """Return numbers that stand beside each other, to as many decimals as tell them apart.

    Args:
        values: of one kind.
        decimals: the fewest; `MORE` more at most.
    """
    unlike = len({value for value in values if not math.isnan(value)})
    for places in count(decimals):
        told = [fixed(value, places) for value in values]
        if len(set(told) - {NOTHING}) == unlike or places == decimals + MORE:
            return told
    raise AssertionError("one of them is the last")


def bounded(value: float, low: float, high: float, sign: str = "+") -> list[str]:
    """Return a value and the bounds of its interval, to as many decimals as that supports.

    Args:
        value: what was found.
        low: bound of its interval.
        high: likewise.
        sign: empty: none in front of positive numbers.
    """
    largest, half = max(abs(value), abs(low), abs(high)), (high - low) / 2
    if not 0 < half < math.inf:
        return [number(one, sign) for one in (value, low, high)]
    decimals = max(0, min(_decimals(largest, SIGNIFICANT), _decimals(half, 2)))
    return [fixed(one, decimals, sign) for one in (value, low, high)]


def with_error(value: float, error: float) -> str:
    """Return ``0.0106 ± 0.0001``: a value to no more decimals than its standard error supports."""
    if math.isnan(error):
        return number(value)
    told, low, _ = bounded(value, value - error, value + error, "")
    return f"{told} ± {fixed(error, len(low.partition('.')[2]))}"


def _decimals(value: float, digits: int) -> int:
    """Return the decimals by which a number above 0 has so many significant digits."""
    return digits - 1 - math.floor(math.log10(value))
