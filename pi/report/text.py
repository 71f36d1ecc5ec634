"""How estimates, lists and signs are written in tables and sentences; digits: `pi.digits`."""

import math
import re
from collections.abc import Sequence

from pi.comparison.gains import Estimate
from pi.comparison.verdict import p_text
from pi.digits import NOTHING, bounded, effect, number

MINUS = re.compile(r"(?<![\w.:])-(?=[\d.])")
"""A hyphen that stands for a minus; that of ``window:-160:240`` is part of a name."""

BOUND = re.compile(r" (=|%|±)(?= |$|[,.;)\]])|(?<=[=±]) ")
"""The spaces at which no line may end."""

DIGITS = 12
"""Of a digest or commit that are shown."""


def estimate_text(estimate: Estimate) -> str:
    """Return ``+0.012 [-0.001, +0.025]``, or the value alone where nothing bounds it."""
    if not estimate.bounded:
        return number(estimate.value, "+")
    value, low, high = bounded(estimate.value, estimate.low, estimate.high)
    return f"{value} [{low}, {high}]"


def effect_text(estimate: Estimate) -> str:
    """Return an effect size as `estimate_text` does a difference."""
    if not estimate.bounded:
        return effect(estimate.value)
    return f"{effect(estimate.value)} [{effect(estimate.low)}, {effect(estimate.high)}]"


def p_cell(log10_p: float) -> str:
    """Return a p-value for a column that is headed p."""
    return p_text(log10_p).removeprefix("p = ")


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
