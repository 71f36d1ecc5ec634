"""How large a difference is, in units that do not grow with the number of slices.

The intervals here take slices for independent, like the paper's test. Those that do not are in
`pi.comparison.resampling`.
"""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from pi.comparison.gains import Estimate
from pi.comparison.signed_rank import ZeroRule


@dataclass(frozen=True, slots=True)
class SliceEffects:
    """Effect sizes of one comparison over its slices; above 0 the other run is better.

    Attributes:
        mean_gain: mean difference, in units of the metric.
        shift: Hodges-Lehmann, in units of the metric.
        rank_biserial: of matched pairs, (W+ - W-) / (W+ + W-).
        d_z: mean over standard deviation (ddof 1) of the differences; 0 where nothing differs,
            +-inf where all differ by the same.
        d_pooled: the paper's Cohen's d: difference of means over the pooled standard deviation of
            two samples taken for independent, with the sign of the gain.
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
    """Return the effect sizes of two runs' values (n,) on the same slices."""
    raise NotImplementedError


def pooled_d(first: ArrayLike, second: ArrayLike) -> float:
    """Return Cohen's d as the paper's code has it, with the sign of second minus first.

    (mean - mean) / sqrt((s1^2 + s2^2) / 2), ddof 1, the pairing ignored; 0 where the means are
    equal, +-inf where only the deviations are 0.
    """
    raise NotImplementedError
