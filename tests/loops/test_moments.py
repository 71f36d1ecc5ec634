"""The interval from sums is that from the items."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.influence.interval import log_interval
from pi.loops.moments import POWERS, interval_of_moments


def moments(m: np.ndarray, p: np.ndarray) -> list[float]:
    return [float((m**i * p**j).sum()) for i, j in POWERS]


@given(st.integers(0, 20), st.floats(0.05, 1.5), st.floats(1e-6, 1e6))
def test_it_is_the_interval_of_the_items(seed: int, spread: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    m, p = scale * rng.lognormal(0, spread, 60), rng.lognormal(0, spread, 60)
    for population in (61, 1000):
        found = interval_of_moments(moments(m, p), population)
        wanted = log_interval(m, p, 1.0, population, "ratio_of_sums")
        assert found.half_width == pytest.approx(wanted.half_width, rel=1e-6)
        assert found.heavy_tailed == wanted.heavy_tailed


def test_heavy_tails_widen_it() -> None:
    rng = np.random.default_rng(0)
    m, p = np.ones(400), rng.lognormal(0, 1.5, 400)
    assert interval_of_moments(moments(m, p)).heavy_tailed


def test_what_is_certain_and_what_is_not() -> None:
    ones = np.ones(5)
    assert interval_of_moments(moments(ones, ones), 5).half_width == 0
    assert interval_of_moments(moments(3 * ones, 7 * ones)).half_width == 0
    assert interval_of_moments(moments(ones[:1], ones[:1])).half_width == np.inf
