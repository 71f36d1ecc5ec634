"""Holm's correction over a declared family, in logarithms where p is too small for a float."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pi.comparison.gains import ComparisonError


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A p-value after Holm.

    Attributes:
        p: at most 1; 0.0 where it is smaller than a float can be.
        log10_p: never -inf.
        family: how many tests were corrected together.
    """

    p: float
    log10_p: float
    family: int


def holm(log10_ps: Sequence[float]) -> tuple[Adjusted, ...]:
    """Return the adjusted p-values of a family, in its order (Holm, 1979).

    The smallest p is multiplied by the size of the family, the next by one less, and so on; none
    becomes smaller than the one before, and none larger than 1.

    Args:
        log10_ps: log10 of each raw p, at most 0 and finite.

    Raises:
        ComparisonError: one is not.
    """
    raw = np.asarray(log10_ps, np.float64)
    wrong = raw[~(np.isfinite(raw) & (raw <= 0))]
    if wrong.size:
        raise ComparisonError(f"log10 p must be finite and at most 0 but got {wrong[0]:g}.")
    order = np.argsort(raw, kind="stable")
    factors = np.log10(np.arange(raw.size, 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(0.0, np.maximum.accumulate(raw[order] + factors))
    return tuple(Adjusted(10.0**log10_p, log10_p, raw.size) for log10_p in adjusted.tolist())
