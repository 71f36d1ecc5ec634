"""How well a random subset of patches knows lambda.

The error of ln lambda is that of a mean of per-item influences q_i (delta method),

    SE^2 = (1/n) (1 - n/N) Var(q),   q_i = M_i / mean M - P_i / mean P   for the ratio of sums,

with the finite-population correction because patches are drawn without replacement from the
N of the training set: the interval is for the lambda of that set, not of other patients.
"""

from dataclasses import dataclass

import numpy as np

from pi.choices import Estimator
from pi.influence.mean_of_ratios import influence_on_log_weight
from pi.influence.psi import Floats

Z_95 = 1.959963984540054
HEAVY_TAIL_FACTOR = 1.2
HEAVY_TAIL_KURTOSIS = 6.0
"""Excess kurtosis of q above which the plain interval is widened by the factor above.

With log-normal losses the plain interval covers 0.89 to 0.94 where it claims 0.95, and a
bootstrap-t no more; widened by 1.2 it covers 0.93 to 0.99 (benchmarks/calibration.py).
"""


@dataclass(frozen=True, slots=True)
class LogInterval:
    """The 95 % interval of ln lambda.

    Attributes:
        half_width: of ln lambda; lambda lies within a factor exp(+-half_width).
        heavy_tailed: whether the interval was widened for heavy tails.
    """

    half_width: float
    heavy_tailed: bool

    def around(self, weight: float) -> tuple[float, float]:
        """Return the interval of lambda around its estimate."""
        factor = float(np.exp(self.half_width))
        return weight / factor, weight * factor


def log_interval(
    image: Floats, perceptual: Floats, weight: float, population: int, estimator: Estimator
) -> LogInterval:
    """Return the interval of ln lambda from the losses (n,) of n of ``population`` patches.

    Where every patch was measured the half-width is 0; where one alone says anything, it is
    infinite.
    """
    n = image.size
    if n >= population:
        return LogInterval(0.0, heavy_tailed=False)
    q = _influences(image, perceptual, weight, estimator)
    if q.size < 2:
        return LogInterval(np.inf, heavy_tailed=False)
    spread = float(q.var(ddof=1))
    if spread == 0:
        return LogInterval(0.0, heavy_tailed=False)
    heavy = float(np.mean((q - q.mean()) ** 4)) / spread**2 - 3 > HEAVY_TAIL_KURTOSIS
    error = np.sqrt(spread / q.size * (1 - n / population))
    return LogInterval(float(Z_95 * error) * (HEAVY_TAIL_FACTOR if heavy else 1.0), heavy)


def _influences(image: Floats, perceptual: Floats, weight: float, estimator: Estimator) -> Floats:
    if estimator == "mean_of_ratios":
        return influence_on_log_weight(image, perceptual, weight)
    return np.asarray(image / image.mean() - perceptual / perceptual.mean())
