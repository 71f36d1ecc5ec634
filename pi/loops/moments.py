"""The interval of lambda from sums alone, so that a loop needs to keep no loss of any item.

With q = M / mean M - P / mean P, whose mean is 0, `pi.influence.interval` asks for the variance and
the fourth moment of q. Both are sums of the moments sum M^i P^j by the binomial theorem:

    sum q^k = sum_j C(k, j) (1 / mean M)^(k - j) (-1 / mean P)^j  sum M^(k - j) P^j
"""

from collections.abc import Sequence
from math import comb, inf, sqrt

from pi.influence.interval import HEAVY_TAIL_FACTOR, HEAVY_TAIL_KURTOSIS, Z_95, LogInterval

POWERS = tuple((i, j) for i in range(5) for j in range(5) if i + j in (0, 1, 2, 4))
"""The moments (i, j) that are summed; (0, 0) counts the items."""


def interval_of_moments(moments: Sequence[float], population: int | None = None) -> LogInterval:
    """Return the interval of ln lambda of the ratio of sums: `log_interval` without the items.

    Args:
        moments: sums of M^i P^j in the order of `POWERS`.
        population: items there are; None: those seen are a sample without an end.
    """
    of = dict(zip(POWERS, moments, strict=True))
    n = of[0, 0]
    if population is not None and n >= population:
        return LogInterval(0.0, heavy_tailed=False)
    if n < 2 or not (of[1, 0] > 0 and of[0, 1] > 0):
        return LogInterval(inf, heavy_tailed=False)
    a, b = n / of[1, 0], -n / of[0, 1]
    second, fourth = (
        sum(comb(k, j) * a ** (k - j) * b**j * of[k - j, j] for j in range(k + 1)) / n
        for k in (2, 4)
    )
    # The powers cancel: where nothing is left of their digits, nothing varies.
    scale = a * a * of[2, 0] / n + b * b * of[0, 2] / n
    if second <= 1e-12 * scale:
        return LogInterval(0.0, heavy_tailed=False)
    spread = second * n / (n - 1)
    heavy = fourth / spread**2 - 3 > HEAVY_TAIL_KURTOSIS
    missing = 1.0 if population is None else 1 - n / population
    error = sqrt(spread / n * missing)
    return LogInterval(Z_95 * error * (HEAVY_TAIL_FACTOR if heavy else 1.0), heavy)
