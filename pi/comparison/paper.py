"""What the paper printed (arXiv 2509.23025), as data, and what follows from it by arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.stats import norm

from pi.comparison.effect import standardised
from pi.comparison.gains import Estimate
from pi.evaluation.metrics import higher_is_better


@dataclass(frozen=True, slots=True)
class Printed:
    """A mean and its standard deviation over the test slices as Table 3 prints them."""

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

BEST = "E1"
"""The reference of Table 4, chosen on the same test slices."""

TABLE_3: Mapping[str, Mapping[str, Printed]] = {
    "baseline": {
        "ssim": Printed(0.929, 0.053),
        "psnr": Printed(38.98, 2.45),
        "nrmse": Printed(0.068, 0.019),
    },
    "E1": {
        "ssim": Printed(0.944, 0.043),
        "psnr": Printed(42.61, 3.87),
        "nrmse": Printed(0.048, 0.021),
    },
    "E2": {
        "ssim": Printed(0.933, 0.050),
        "psnr": Printed(41.52, 3.62),
        "nrmse": Printed(0.054, 0.022),
    },
    "E3": {
        "ssim": Printed(0.899, 0.062),
        "psnr": Printed(39.70, 3.40),
        "nrmse": Printed(0.065, 0.026),
    },
    "E4": {
        "ssim": Printed(0.937, 0.045),
        "psnr": Printed(41.80, 3.39),
        "nrmse": Printed(0.051, 0.020),
    },
}
"""Experiment -> metric -> what is printed."""

TABLE_3_DECIMALS: Mapping[str, int] = {"ssim": 3, "psnr": 2, "nrmse": 3}

TABLE_3_RANK: Mapping[str, int] = {"baseline": 4, "E1": 1, "E2": 3, "E3": 5, "E4": 2}
"""The column `Rank`, which is the order by SSIM (method, row 44)."""

TABLE_4: Mapping[str, PrintedTest] = {
    "baseline": PrintedTest(0.9443, 0.9293, 0.0, 0.31, significant=True),
    "E2": PrintedTest(0.9443, 0.9333, 0.0, 0.24, significant=True),
    "E3": PrintedTest(0.9443, 0.8987, 0.0, 0.86, significant=True),
    "E4": PrintedTest(0.9443, 0.9370, 0.0, 0.17, significant=True),
}
"""Experiment that E1 is compared with -> its row."""

LAMBDAS: Mapping[str, float] = {"E1": 1e-5, "E2": 1e-2, "E3": 1e-5, "E4": 1e-4}
"""Section 5.2: what Algorithm 2 gave; the baseline's .1 was not calibrated."""

PSI_AT_TENTH = 0.99
"""Figure 2: "approximately 100%" at lambda = .1, of every experiment; read as this or more."""

DEEPER_IN_SAME_CONTEXT: Mapping[str, str] = {"E1": "E2", "E3": "E4"}
"""Figure 2: at the same lambda block3_conv2 has more influence than block5_conv4."""

MEAN_ROUNDING, SD_ROUNDING = 0.5e-4, 0.5e-3
"""What four decimals of a mean (Table 4) and three of a deviation (Table 3) leave open."""

Z_OF_ZERO_P = 37.677
"""|z| above which SciPy's two-sided normal p is 0.0 (method, 4.1)."""


def recomputed_effect(experiment: str) -> Estimate:
    """Return E1's Cohen's d against ``experiment`` from Table 3's deviations and Table 4's means.

    Low and high are what the rounding of the printed numbers leaves open.
    """
    row = TABLE_4[experiment]
    difference = row.reference_mean - row.other_mean
    sds = (TABLE_3[BEST]["ssim"].sd, TABLE_3[experiment]["ssim"].sd)
    possible = [
        _cohens_d(difference + 2 * mean * MEAN_ROUNDING, sds, sd * SD_ROUNDING)
        for mean, sd in product((-1, 1), repeat=2)
    ]
    return Estimate(_cohens_d(difference, sds, 0.0), min(possible), max(possible))


def rank_biserial_of_zero_p(n: int) -> float:
    """Return the least |rank-biserial| of n pairs at which a printed p = 0.0 is an underflow.

    .708 of 3,780 pairs: z = r sum(ranks) / sqrt(sum(ranks^2)), without ties. Above 1, none is.
    """
    return float(Z_OF_ZERO_P * np.sqrt(n * (n + 1) * (2 * n + 1) / 6) / (n * (n + 1) / 2))


def d_z_of_rank_biserial(value: float) -> float:
    """Return d_z of normal differences with this rank-biserial, r = 2 Phi(sqrt(2) d_z) - 1."""
    return float(norm.ppf((1 + value) / 2) / np.sqrt(2))


def correlation_of_effects(d_pooled: float, paired_d_z: float) -> float:
    """Return the correlation of two runs' slices at which both effects hold.

    Of equal deviations d_z = d / sqrt(2 (1 - rho)).
    """
    return 1 - (d_pooled / paired_d_z) ** 2 / 2


def ranks(means: Mapping[str, float], metric: str) -> dict[str, int]:
    """Return the rank of each experiment by one metric's mean; 1 is best, equals share theirs."""
    better = 1 if higher_is_better(metric) else -1
    return {
        name: 1 + sum(better * other > better * mean for other in means.values())
        for name, mean in means.items()
    }


def printed_means(metric: str) -> dict[str, float]:
    """Return one column of Table 3, by experiment."""
    return {experiment: row[metric].mean for experiment, row in TABLE_3.items()}


def _cohens_d(difference: float, sds: tuple[float, float], wider: float) -> float:
    return standardised(difference, float(np.sqrt(np.mean([(sd + wider) ** 2 for sd in sds]))))
