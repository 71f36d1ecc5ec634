"""How far percentiles are moved outwards: by hand, in the limit, and what the moved ones cover."""

import numpy as np
import pytest
from scipy.stats import norm

from pi.influence.expanded_percentile import TOO_NARROW_BELOW, tail_beyond


def test_the_tail_by_hand() -> None:
    """t_{.975, 4} = 2.776 and t_{.975, 9} = 2.262, of any table."""
    assert tail_beyond(5) == pytest.approx(norm.cdf(-np.sqrt(5 / 4) * 2.7764), rel=1e-3)
    assert tail_beyond(10) == pytest.approx(norm.cdf(-np.sqrt(10 / 9) * 2.2622), rel=1e-3)


def test_of_many_patients_it_is_the_plain_percentile_and_of_few_less() -> None:
    tails = [tail_beyond(m) for m in (2, 3, TOO_NARROW_BELOW, 10, 100, 10_000)]
    assert tails == sorted(tails)
    assert tails[-1] == pytest.approx(0.025, abs=1e-4)
    assert 0 < tails[0] < 1e-60


def test_moved_percentiles_cover_what_the_plain_ones_do_not() -> None:
    """The mean of eight normal patients, in 1,500 studies."""
    rng, m = np.random.default_rng(0), 8
    values = rng.normal(size=(1500, m))
    weights = rng.multinomial(m, np.full(m, 1 / m), size=1500) / m
    means = values @ weights.T

    def covered(tail: float) -> float:
        low, high = np.quantile(means, [tail, 1 - tail], axis=1)
        return float(((low < 0) & (high > 0)).mean())

    assert covered(0.025) < 0.91
    assert covered(tail_beyond(m)) == pytest.approx(0.95, abs=0.015)
