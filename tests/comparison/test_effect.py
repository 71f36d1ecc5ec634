"""Effect sizes by hand, against all pairs written out, statsmodels, and by property."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import effectsize_smd

from pi.choices import ZeroRule
from pi.comparison.effect import d_z, one_sided, pooled_d, rank_biserial, slice_effects
from pi.comparison.gains import Z_95, Estimate

Whole = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=40)


def test_by_hand() -> None:
    found = slice_effects([0.5, 0.5, 0.5, 0.5], [0.6, 0.4, 0.8, 0.5], higher_is_better=True)
    assert found.mean_gain == pytest.approx(0.075)
    assert found.common_language == 0.625  # better twice, equal once, of four
    assert found.rank_biserial.value == pytest.approx((1.5 + 3 - 1.5) / 6)
    assert found.shift.value == pytest.approx(0.075)  # of .1, .1-.1, .3.. the middle two: .05, .1


def test_of_a_metric_that_is_to_be_low_all_signs_turn() -> None:
    one, two = np.random.default_rng(0).normal(size=(2, 30))
    high, low = (slice_effects(one, two, higher_is_better=better) for better in (True, False))
    assert low.mean_gain == -high.mean_gain
    assert low.d_pooled == pytest.approx(-high.d_pooled)
    assert low.d_z.value == pytest.approx(-high.d_z.value)
    assert low.rank_biserial.value == -high.rank_biserial.value
    assert low.shift.low == -high.shift.high
    assert low.common_language == pytest.approx(1 - high.common_language)


@pytest.mark.parametrize("zero_rule", ["wilcox", "pratt"])
def test_the_rank_biserial_is_the_mean_sign_of_sums_of_two_differences(zero_rule: ZeroRule) -> None:
    values = np.random.default_rng(0).integers(-3, 6, 40).astype(float)
    kept = values if zero_rule == "pratt" else values[values != 0]
    i, j = np.triu_indices(kept.size)
    ranked = (kept[i] != 0) | (kept[j] != 0)
    signs = np.sign(kept[i] + kept[j])[ranked]
    assert rank_biserial(values, zero_rule).value == pytest.approx(signs.mean())


@pytest.mark.parametrize("zero_rule", ["wilcox", "pratt"])
def test_the_error_of_the_rank_biserial_is_the_jackknifes(zero_rule: ZeroRule) -> None:
    values = np.random.default_rng(1).integers(-6, 11, 400).astype(float)
    found = rank_biserial(values, zero_rule)
    half = (np.arctanh(found.high) - np.arctanh(found.low)) / 2 * (1 - found.value**2)
    kept = values if zero_rule == "pratt" else values[values != 0]
    left_out = [rank_biserial(np.delete(kept, k), zero_rule).value for k in range(kept.size)]
    jackknife = np.sqrt((kept.size - 1) ** 2 / kept.size * np.var(left_out, ddof=1))
    assert half / Z_95 == pytest.approx(jackknife, rel=0.01)


def test_a_rank_biserial_of_one_is_bounded_by_how_many_agree() -> None:
    found = rank_biserial(np.arange(1.0, 7))
    # Six agree with probability q^6 = .025 at q = .5407; two of them with q^2 = .2924 or more.
    assert found == Estimate(1.0, pytest.approx(2 * 0.2924 - 1, abs=1e-4), 1.0)
    assert one_sided(-1.0, 6) == Estimate(-1.0, -1.0, pytest.approx(1 - 2 * 0.2924, abs=1e-4))


def test_the_error_of_d_z_is_the_textbooks_where_differences_are_normal() -> None:
    found = d_z(np.random.default_rng(0).normal(0.8, 1, 100_000))
    half = (found.high - found.low) / 2
    assert half == pytest.approx(Z_95 * np.sqrt((1 + found.value**2 / 2) / 100_000), rel=0.01)
    assert d_z([1.0, 2.0, 3.0]).value == 2.0


def test_the_pooled_d_is_statsmodels() -> None:
    one, two = np.random.default_rng(0).normal(size=(2, 30))
    hedges, _ = effectsize_smd(two.mean(), two.std(ddof=1), 30, one.mean(), one.std(ddof=1), 30)
    corrected_for_bias = 1 - 3 / (4 * 60 - 9)
    assert pooled_d(one, two) == pytest.approx(hedges / corrected_for_bias, rel=1e-12)


def test_a_constant_difference_has_an_infinite_d_z_that_nothing_bounds() -> None:
    one = np.random.default_rng(0).normal(size=50)
    found = slice_effects(one, one + 0.1, higher_is_better=True)
    assert found.d_z == Estimate(np.inf, -np.inf, np.inf)
    assert found.shift.value == pytest.approx(0.1)
    assert found.common_language == 1.0
    assert np.isfinite(found.d_pooled)
    assert d_z([-0.1]) == Estimate(-np.inf, -np.inf, np.inf)
    assert pooled_d([1.0, 1.0], [2.0, 2.0]) == np.inf


def test_no_difference_at_all_is_effect_0() -> None:
    for n in (1, 14, 400):
        found = slice_effects(np.ones(n), np.ones(n), higher_is_better=True)
        assert (found.mean_gain, found.d_pooled, found.common_language) == (0.0, 0.0, 0.5)
        assert found.rank_biserial == found.d_z == Estimate(0.0, 0.0, 0.0)
        assert found.shift.value == 0.0


@settings(deadline=None, max_examples=50)
@given(Whole, st.sampled_from(["wilcox", "pratt"]))
def test_effects_lie_in_their_intervals_and_turn_with_the_runs(
    values: list[float], zero_rule: ZeroRule
) -> None:
    zeros = [0.0] * len(values)
    found = slice_effects(zeros, values, True, zero_rule)
    turned = slice_effects(values, zeros, True, zero_rule)
    for one, other in ((found.rank_biserial, turned.rank_biserial), (found.d_z, turned.d_z)):
        assert one.low <= one.value <= one.high
        assert (other.value, other.low, other.high) == pytest.approx(
            (-one.value, -one.high, -one.low)
        )
    assert -1 <= found.rank_biserial.low <= found.rank_biserial.high <= 1
