"""What the paper printed (arXiv 2509.23025), as data, and what follows from it by arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass

from pi.comparison.gains import Estimate


@dataclass(frozen=True, slots=True)
class Printed:
    """A mean and its standard deviation over 3,780 slices as Table 3 prints them."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class PrintedTest:
    """A row of Table 4: the best experiment against another, by SSIM.

    Attributes:
        reference_mean: SSIM of E1, four decimals.
        other_mean: of the other, four decimals.
        p: as printed.
        effect: Cohen's d, two decimals.
        significant: the last column.
    """

    reference_mean: float
    other_mean: float
    p: float
    effect: float
    significant: bool


SLICES = 3780
"""Test slices of Tables 3 and 4 (method, row 19)."""

TABLE_3: Mapping[str, Mapping[str, Printed]] = {}
"""Experiment -> metric -> what is printed."""

TABLE_3_RANK: Mapping[str, int] = {}
TABLE_4: Mapping[str, PrintedTest] = {}
LAMBDAS: Mapping[str, float] = {}
"""Section 5.2."""


def recomputed_effect(experiment: str) -> Estimate:
    """Return E1's Cohen's d against ``experiment`` from Table 3's deviations and Table 4's means.

    Low and high are what the rounding of the printed numbers leaves open.
    """
    raise NotImplementedError


def rank_biserial_of_zero_p(n: int) -> float:
    """Return the least |rank-biserial| of n pairs at which a printed p = 0.0 is an underflow.

    .708 of 3,780 pairs.
    """
    raise NotImplementedError


def ranks(metric: str) -> Mapping[str, int]:
    """Return the rank of each experiment by one metric of Table 3; 1 is best."""
    raise NotImplementedError
