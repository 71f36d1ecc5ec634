"""How numbers and lists are written in tables and sentences."""

import math
import re
from collections.abc import Sequence

from pi.comparison.gains import Estimate
from pi.comparison.verdict import p_text
from pi.evaluation.metrics import METRICS

MINUS = re.compile(r"(?<![\w.:])-(?=[\d.])")
"""A hyphen that stands for a minus; that of ``window:-160:240`` is part of a name."""

BOUND = re.compile(r" (=|%|±)(?= |$|[,.;)\]])|(?<=[=±]) ")
"""The spaces at which no line may end."""

DIGITS = 12
"""Of a digest or commit that are shown."""

NOTHING = "–"
"""A cell without a value."""


def decimals(metric: str) -> int:
    """Return the decimals with which means of a metric are printed."""
    return METRICS[metric].decimals


def mean_text(value: float, metric: str) -> str:
    """Return a mean of a metric as the paper prints it, or `NOTHING` for NaN."""
    return NOTHING if math.isnan(value) else f"{value:.{decimals(metric)}f}"


def estimate_text(estimate: Estimate, form: str = "+.3g") -> str:
    """Return ``+0.012 [-0.001, +0.025]``, or the value alone where nothing bounds it."""
    value = f"{estimate.value:{form}}"
    if not estimate.bounded:
        return value
    return f"{value} [{estimate.low:{form}}, {estimate.high:{form}}]"


def p_cell(log10_p: float) -> str:
    """Return a p-value for a column that is headed p."""
    return p_text(log10_p).removeprefix("p = ")


def percent(share: float) -> str:
    """Return a share in percent: ``97.7 %``, ``99.9995 %``, or `NOTHING` for NaN."""
    if math.isnan(share):
        return NOTHING
    return f"{100 * share:.{6 if 0.9999 < share < 1 else 4}g} %"


def number(value: float) -> str:
    """Return a number to three digits, or `NOTHING` for NaN."""
    return NOTHING if math.isnan(value) else f"{value:.3g}"


def interval_text(low: float, high: float) -> str:
    """Return ``low to high``; what it means where both are one, or where there is none."""
    if low == high:
        return "all patches measured"
    return NOTHING if math.isnan(low) else f"{number(low)} to {number(high)}"


def listed(words: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def typeset(text: str) -> str:
    """Return text with a true minus, an apostrophe, and no break at ``=``, ``%`` and ``±``."""
    whole = MINUS.sub("−", text).replace("'", "’")
    return BOUND.sub(lambda found: f"\u00a0{found[1] or ''}", whole)
