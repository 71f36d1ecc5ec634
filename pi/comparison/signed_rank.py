"""The Wilcoxon signed-rank test, with nothing of it hidden: the paper's test (section 6.2).

It takes every pair for independent. Slices of one patient are not (method, 4.3), so beside it
stands always what `pi.comparison.clusters` says.
"""

from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

ZeroRule = Literal["wilcox", "pratt"]
Method = Literal["exact", "normal"]

EXACT_UP_TO = 50
"""Pairs up to which p is from the exact distribution, as SciPy's ``auto`` has it."""


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
        method: ``exact`` (all 2^n signs, ties and zeros included) or ``normal``.
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
        """Return (W+ - W-) / (W+ + W-), in [-1, 1]; 0 where nothing differs."""
        raise NotImplementedError


def signed_rank(gains: ArrayLike, zero_rule: ZeroRule = "wilcox") -> SignedRank:
    """Test whether paired differences (n,) are symmetric about 0.

    Where all are 0, p is 1 and z is 0.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    raise NotImplementedError
