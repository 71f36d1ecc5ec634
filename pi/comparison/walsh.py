"""The Hodges-Lehmann shift: order statistics of the n(n+1)/2 Walsh averages, never written out.

A Walsh average is the mean of two differences (or of one with itself). Their median is the shift
that the signed-rank test is about, and the shifts it does not reject are between two of their
order statistics. Of 3,780 slices there are 7.1 million, so a rank is found by counting: of sorted
differences, how many sums are at most t is one `searchsorted`.
"""

from numpy.typing import ArrayLike

from pi.comparison.gains import Estimate


def hodges_lehmann(gains: ArrayLike) -> Estimate:
    """Return the median of the Walsh averages of (n,) differences, and its 95 % interval.

    The interval inverts the signed-rank test: exact up to `EXACT_UP_TO` differences. Fewer than
    six bound nothing, so theirs is (-inf, inf).

    Raises:
        ComparisonError: see `checked_gains`.
    """
    raise NotImplementedError


def walsh_average(ordered: ArrayLike, rank: int) -> float:
    """Return the ``rank``-th smallest (1 is the smallest) Walsh average of sorted differences."""
    raise NotImplementedError
