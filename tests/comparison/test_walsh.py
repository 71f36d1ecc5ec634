"""The Hodges-Lehmann shift against all Walsh averages written out, and published tables."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pi.comparison.gains import Floats
from pi.comparison.walsh import hodges_lehmann, walsh_average

Draw = Callable[[np.random.Generator, int], Floats]
DRAWS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "whole": lambda rng, n: rng.integers(-3, 4, n).astype(float),
    "in tenths, which a float cannot hold": lambda rng, n: rng.integers(-3, 4, n) * 0.1,
    "constant": lambda _, n: np.full(n, 0.1),
    "over 16 decades": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.integers(-8, 8, n),
}


def written_out(values: Floats) -> Floats:
    i, j = np.triu_indices(values.size)
    return np.sort((values[i] + values[j]) / 2)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=list(DRAWS))
@pytest.mark.parametrize("n", [1, 2, 5, 20, 90])
def test_a_rank_is_that_of_the_averages_written_out(n: int, draw: Draw) -> None:
    ordered = np.sort(draw(np.random.default_rng(n), n))
    averages = written_out(ordered)
    for rank in {1, averages.size // 40 + 1, (averages.size + 1) // 2, averages.size}:
        assert walsh_average(ordered, rank) == pytest.approx(averages[rank - 1], rel=1e-15)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=list(DRAWS))
@pytest.mark.parametrize("n", [1, 2, 7, 40, 300])
def test_the_shift_is_their_median(n: int, draw: Draw) -> None:
    values = draw(np.random.default_rng(n), n)
    assert hodges_lehmann(values).value == pytest.approx(np.median(written_out(values)), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "critical"), [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52), (50, 434)]
)
def test_the_interval_is_cut_at_the_published_critical_value(n: int, critical: int) -> None:
    """Two-sided .05 in any table of the signed-rank test, such as Wilcoxon and Wilcox (1964)."""
    values = np.random.default_rng(1).normal(size=n)
    averages, found = written_out(values), hodges_lehmann(values)
    assert found.low == pytest.approx(averages[critical], rel=1e-12)
    assert found.high == pytest.approx(averages[-critical - 1], rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_fewer_than_six_differences_bound_nothing(n: int) -> None:
    found = hodges_lehmann(np.arange(1.0, n + 1))
    assert found.value == (n + 1) / 2
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert not found.bounded


@pytest.mark.parametrize("n", [8, 30, 200])
def test_the_interval_holds_what_the_test_does_not_reject(n: int) -> None:
    values = np.random.default_rng(n).normal(0.2, 1, n)
    found = hodges_lehmann(values)
    method = "exact" if n <= 50 else "asymptotic"
    width = 1e-9 * (found.high - found.low)
    for inside, outside in ((found.low + width, found.low - width),
                            (found.high - width, found.high + width)):  # fmt: skip
        assert stats.wilcoxon(values - inside, method=method).pvalue > 0.0495
        assert stats.wilcoxon(values - outside, method=method).pvalue < 0.0505


Values = st.lists(st.integers(-1000, 1000).map(lambda k: k / 8), min_size=6, max_size=60)


@settings(deadline=None, max_examples=50)
@given(Values, st.integers(-1000, 1000).map(lambda k: k / 8))
def test_shifted_differences_have_a_shifted_shift(values: list[float], shift: float) -> None:
    found = hodges_lehmann(values)
    moved = hodges_lehmann([value + shift for value in values])
    assert (moved.value, moved.low, moved.high) == (
        found.value + shift, found.low + shift, found.high + shift,
    )  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(Values)
def test_turned_differences_have_the_turned_interval(values: list[float]) -> None:
    found, turned = hodges_lehmann(values), hodges_lehmann([-value for value in values])
    assert (turned.value, turned.low, turned.high) == (-found.value, -found.high, -found.low)
    assert found.low <= found.value <= found.high
