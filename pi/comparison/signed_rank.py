"""The Wilcoxon signed-rank test, with nothing of it hidden: the paper's test (section 6.2).

It takes every pair for independent. Slices of one patient are not (method, 4.3), so beside it
stands always what `pi.comparison.clusters` says.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

from pi.choices import ZeroRule
from pi.comparison.gains import Floats, checked_gains

Method = Literal["exact", "normal"]

EXACT_UP_TO = 50
"""Pairs that differ, up to which p is from the exact distribution, as SciPy's ``auto`` has it."""


@dataclass(frozen=True, slots=True)
class SignedRank:
    """One test.

    Attributes:
        n: pairs.
        zeros: pairs without a difference.
        zero_rule: ``wilcox`` drops them; ``pratt`` ranks them first and then drops their ranks.
        w_plus: sum of the ranks of positive differences.
        w_minus: sum of the ranks of negative differences.
        z: (W+ - W-) / its standard deviation, corrected for ties; its sign is the direction.
        p: two-sided; 0.0 where it is smaller than a float can be, so show ``log10_p``.
        log10_p: never -inf.
        method: ``exact``: over all signs of the ranks at hand, so that ties and zeros are no
            obstacle (SciPy's ``exact`` knows neither); ``normal`` without continuity correction.
    """

    n: int
    zeros: int
    zero_rule: ZeroRule
    w_plus: float
    w_minus: float
    z: float
    p: float
    log10_p: float
    method: Method

    @property
    def rank_biserial(self) -> float:
        """(W+ - W-) / (W+ + W-), in [-1, 1]; 0 where nothing differs."""
        total = self.w_plus + self.w_minus
        return (self.w_plus - self.w_minus) / total if total else 0.0


def signed_rank(gains: ArrayLike, zero_rule: ZeroRule = "wilcox") -> SignedRank:
    """Test whether paired differences (n,) are symmetric about 0.

    Where all are 0, p is 1 and z is 0.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    ranks = signed_ranks(gains, zero_rule)
    w_plus, w_minus = (float(np.maximum(side, 0).sum()) for side in (ranks, -ranks))
    # The variance of a sum of ranks with random signs is the sum of their squares, which is the
    # textbook's formula with its correction for ties, under both zero rules.
    deviation = float(np.sqrt(np.square(ranks).sum()))
    z = (w_plus - w_minus) / deviation if deviation else 0.0
    differing = int(np.count_nonzero(ranks))
    method: Method = "exact" if differing <= EXACT_UP_TO else "normal"
    p, log10_p = _exact(ranks, min(w_plus, w_minus)) if method == "exact" else two_sided(z)
    return SignedRank(
        n=ranks.size,
        zeros=ranks.size - differing,
        zero_rule=zero_rule,
        w_plus=w_plus,
        w_minus=w_minus,
        z=z,
        p=p,
        log10_p=log10_p,
        method=method,
    )


def signed_ranks(gains: ArrayLike, zero_rule: ZeroRule = "wilcox") -> Floats:
    """Return the rank of each difference (n,) by its size, with its sign; 0 where it is 0.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    values = checked_gains(gains)
    ranked = np.full(values.size, zero_rule == "pratt") | (values != 0)
    ranks = np.zeros(values.size)
    ranks[ranked] = rankdata(np.abs(values[ranked]))
    return np.asarray(np.sign(values) * ranks)


def two_sided(z: float) -> tuple[float, float]:
    """Return a normal deviate's two-sided p and its log10, which does not underflow."""
    log10_p = min(0.0, float((norm.logsf(abs(z)) + np.log(2)) / np.log(10)))
    return 10.0**log10_p, log10_p


def null_distribution(doubled_ranks: NDArray[np.int64]) -> Floats:
    """Return P(2 W+ = k), k = 0, 1, ..., if each rank is positive with probability 1/2.

    Args:
        doubled_ranks: twice the ranks, whole numbers even where ranks are tied; at most 50, so
            that counts are exact in float64.
    """
    counts = np.ones(1)
    for rank in doubled_ranks:
        longer = np.zeros(counts.size + int(rank))
        longer[: counts.size] = counts
        longer[int(rank) :] += counts
        counts = longer
    return counts / 2.0**doubled_ranks.size


def _exact(ranks: Floats, smaller: float) -> tuple[float, float]:
    doubled = np.rint(2 * np.abs(ranks[ranks != 0])).astype(np.int64)
    p = min(1.0, 2 * float(null_distribution(doubled)[: round(2 * smaller) + 1].sum()))
    return p, float(np.log10(p))
