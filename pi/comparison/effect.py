"""How large a difference is, in units that do not grow with the number of slices.

The intervals here take slices for independent, like the paper's test. Those that do not are in
`pi.comparison.resampling`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pi.choices import ZeroRule
from pi.comparison.gains import ALPHA, Z_95, Estimate, Floats, checked_gains
from pi.comparison.signed_rank import signed_rank
from pi.comparison.walsh import hodges_lehmann

NO_SPREAD = 1e-12
"""Standard deviation, relative to the values, below which it is only rounding."""


@dataclass(frozen=True, slots=True)
class SliceEffects:
    """Effect sizes of one comparison over its slices; above 0 the other run is better.

    Attributes:
        mean_gain: mean difference, in units of the metric.
        shift: Hodges-Lehmann, in units of the metric.
        rank_biserial: of matched pairs, (W+ - W-) / (W+ + W-).
        d_z: mean over standard deviation (ddof 1) of the differences; 0 where nothing differs,
            +-inf within (-inf, inf) where all differ by the same.
        d_pooled: the paper's Cohen's d: see `pooled_d`.
        common_language: share of slices on which the other run is better, ties half.
    """

    mean_gain: float
    shift: Estimate
    rank_biserial: Estimate
    d_z: Estimate
    d_pooled: float
    common_language: float


def slice_effects(
    reference: ArrayLike, other: ArrayLike, higher_is_better: bool, zero_rule: ZeroRule = "wilcox"
) -> SliceEffects:
    """Return the effect sizes of two runs' values (n,) on the same slices.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    better = 1.0 if higher_is_better else -1.0
    first, second = better * checked_gains(reference), better * checked_gains(other)
    gains = second - first
    return SliceEffects(
        mean_gain=float(gains.mean()),
        shift=hodges_lehmann(gains),
        rank_biserial=rank_biserial(gains, zero_rule),
        d_z=d_z(gains),
        d_pooled=pooled_d(first, second),
        common_language=float(np.mean(gains > 0) + np.mean(gains == 0) / 2),
    )


def rank_biserial(gains: ArrayLike, zero_rule: ZeroRule = "wilcox") -> Estimate:
    """Return the matched-pairs rank-biserial of differences (n,), and its 95 % interval.

    It is a U-statistic, the mean sign of the sums of two differences. Its error is that of the
    mean of each difference's own part in it, and the interval is symmetric in artanh r. Where all
    differences have one sign, see `one_sided`.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    value = signed_rank(gains, zero_rule).rank_biserial
    values = checked_gains(gains)
    if zero_rule == "wilcox":
        values = values[values != 0]
    if not values.any():
        return Estimate(0.0, 0.0, 0.0)
    if abs(value) == 1:
        return one_sided(value, int(np.count_nonzero(values)))
    error = _parts(values, value).std(ddof=1) / np.sqrt(values.size)
    half = Z_95 * error / (1 - value**2)
    low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
    return Estimate(value, float(low), float(high))


def one_sided(value: float, units: int) -> Estimate:
    """Return the interval of a rank-biserial of +-1: all of some independent units agree.

    If a unit agrees with probability q, all of them do with q^units, so q is at least
    (alpha / 2)^(1 / units) (Clopper and Pearson); two of them agree with q^2 or more.
    """
    bound = 2 * (ALPHA / 2) ** (2 / units) - 1
    return Estimate(value, bound, 1.0) if value > 0 else Estimate(value, -1.0, -bound)


def d_z(gains: ArrayLike) -> Estimate:
    """Return mean over standard deviation (ddof 1) of differences (n,), and its 95 % interval.

    By the delta method without normality; of normal differences its variance is the textbook's
    (1 + d^2 / 2) / n.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    values = checked_gains(gains)
    value = standardised(values.mean(), _deviation(values))
    if not np.isfinite(value):
        return Estimate(value, -np.inf, np.inf)
    if not values.any():
        return Estimate(0.0, 0.0, 0.0)
    scaled = (values - values.mean()) / values.std(ddof=1)
    error = (scaled - value / 2 * (np.square(scaled) - 1)).std(ddof=1) / np.sqrt(values.size)
    return Estimate(value, float(value - Z_95 * error), float(value + Z_95 * error))


def pooled_d(first: ArrayLike, second: ArrayLike) -> float:
    """Return Cohen's d as the paper's code has it, with the sign of second minus first.

    (mean - mean) / sqrt((s1^2 + s2^2) / 2), ddof 1, the pairing ignored; 0 where the means are
    equal, +-inf where only the deviations are 0.
    """
    one, two = checked_gains(first), checked_gains(second)
    pooled = np.sqrt((_deviation(one) ** 2 + _deviation(two) ** 2) / 2)
    return standardised(two.mean() - one.mean(), pooled)


def standardised(difference: float, deviation: float) -> float:
    """Return difference / deviation: 0 of no difference, +-inf of a constant one."""
    if deviation == 0:
        return float(np.sign(difference) * np.inf) if difference else 0.0
    return float(difference / deviation)


def _deviation(values: Floats) -> float:
    """Return the standard deviation (ddof 1); 0 where it is rounding, or of a single value."""
    deviation = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return deviation if deviation > NO_SPREAD * float(np.abs(values).max()) else 0.0


def _parts(values: Floats, value: float) -> Floats:
    """Return how far each difference pulls the rank-biserial (infinitesimal jackknife)."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, -values, "left")
    above = values.size - np.searchsorted(ordered, -values, "right")
    signs = (above - below) / values.size
    # Under Pratt's rule pairs of two zeros have no rank: they are in no denominator.
    zero = values == 0
    share = zero.mean()
    ranked = np.where(zero, 1 - share, 1.0)
    return np.asarray(2 * (signs - value * ranked) / (1 - share**2))
