"""Percentiles of a bootstrap over patients, moved outwards for few of them.

With m patients the plain percentiles are too narrow, because a resample of m spreads less than the
data do and nobody knows that spread: they are moved outwards as a t-interval is against a normal
one,

    P(Z <= -sqrt(m / (m - 1)) t_{.975, m - 1})  in place of .025

(Hesterberg, The American Statistician 69, 371-386, 2015, expanded percentile interval).
"""

import math

from scipy.stats import norm, t

LEVEL = 0.95

TOO_NARROW_BELOW = 5
"""Patients below which the 95 % intervals of a comparison cover less than 93 % where patients
differ by as much as slices do: 74 % with two, 85 % with three, 92 % with four
(benchmarks/coverage.py)."""


def tail_beyond(patients: int) -> float:
    """Return the share of resamples beyond either bound, of at least two patients."""
    lowest = t.ppf((1 - LEVEL) / 2, patients - 1)
    return float(norm.cdf(math.sqrt(patients / (patients - 1)) * lowest))
