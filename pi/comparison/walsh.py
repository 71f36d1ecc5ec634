"""The Hodges-Lehmann shift: order statistics of the n(n+1)/2 Walsh averages, never written out.

A Walsh average is the mean of two differences (or of one with itself). Their median is the shift
that the signed-rank test is about, and the shifts it does not reject lie between two of their
order statistics. Of 3,780 slices there are 7.1 million, so a rank is found by counting: among
sorted differences, how many sums are at most t is one `searchsorted`, and t is bisected until few
sums are left to be sorted.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pi.comparison.gains import ALPHA, Z_95, Estimate, Floats, checked_gains
from pi.comparison.signed_rank import EXACT_UP_TO, null_distribution

LEFT_TO_SORT = 4
"""Sums a difference that are sorted rather than bisected further."""


def hodges_lehmann(gains: ArrayLike) -> Estimate:
    """Return the median of the Walsh averages of (n,) differences, and its 95 % interval.

    The interval inverts the signed-rank test: exact up to `EXACT_UP_TO` differences. Fewer than
    six bound nothing, so theirs is (-inf, inf).

    Raises:
        ComparisonError: see `checked_gains`.
    """
    ordered = np.sort(checked_gains(gains))
    n = ordered.size
    averages = n * (n + 1) // 2
    middle = {(averages + 1) // 2, averages // 2 + 1}
    value = float(np.mean([walsh_average(ordered, rank) for rank in middle]))
    cut = _critical_value(n)
    if cut < 0:
        return Estimate(value, -np.inf, np.inf)
    low, high = (walsh_average(ordered, rank) for rank in (cut + 1, averages - cut))
    return Estimate(value, low, high)


def walsh_average(ordered: Floats, rank: int) -> float:
    """Return the ``rank``-th smallest (1 is the smallest) Walsh average of sorted (n,) differences.

    In O(n log n) time per halving, O(n) memory.
    """
    own = np.arange(ordered.size)  # sums of i <= j only

    def at_most(total: float) -> NDArray[np.int64]:
        return np.maximum(np.searchsorted(ordered, total - ordered, "right"), own)

    first, last = own, np.full(ordered.size, ordered.size)  # of the sums that are still in question
    low, high = 2 * ordered[0], 2 * ordered[-1]
    while (last - first).sum() > LEFT_TO_SORT * ordered.size:
        total = low + (high - low) / 2
        if not low < total < high:  # what is left are ties: sums that no float divides
            any_row = int(np.argmax(last > first))
            return float(ordered[any_row] + ordered[first[any_row]]) / 2
        reached = at_most(total)
        if (reached - own).sum() >= rank:
            high, last = total, np.minimum(last, reached)
        else:
            low, first = total, np.maximum(first, reached)
    return _select(ordered, first, last, rank - int((first - own).sum())) / 2


def _select(ordered: Floats, first: NDArray[np.int64], last: NDArray[np.int64], rank: int) -> float:
    """Return the ``rank``-th smallest of the sums of i and ``first[i]`` to ``last[i] - 1``."""
    lengths = np.maximum(last - first, 0)
    row = np.repeat(np.arange(ordered.size), lengths)
    column = np.arange(row.size) - np.repeat(np.cumsum(lengths) - lengths, lengths) + first[row]
    return float(np.partition(ordered[row] + ordered[column], rank - 1)[rank - 1])


def _critical_value(n: int) -> int:
    """Return the largest W+ that the two-sided test at .05 rejects; -1 where it rejects none."""
    if n <= EXACT_UP_TO:
        reached = np.cumsum(null_distribution(2 * np.arange(1, n + 1))[::2])
        return int(np.searchsorted(reached, ALPHA / 2, "right")) - 1
    deviation = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return int(np.floor(n * (n + 1) / 4 - Z_95 * deviation - 0.5))
