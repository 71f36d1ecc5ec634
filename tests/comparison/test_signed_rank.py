"""The signed-rank test by hand, against SciPy wherever it defines the quantity, and by property."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pi.choices import ZeroRule
from pi.comparison.gains import ComparisonError
from pi.comparison.signed_rank import null_distribution, signed_rank, two_sided

Whole = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=70)
Rules = st.sampled_from(["wilcox", "pratt"])


def differences(n: int, tied: bool, seed: int = 0) -> "np.typing.NDArray[np.float64]":
    rng = np.random.default_rng(seed)
    return rng.integers(-4, 7, n).astype(float) if tied else rng.normal(0.3, 1, n)


def test_by_hand() -> None:
    found = signed_rank([1.0, -2.0, 3.0, 0.0, 3.0])
    # Of 1, 2, 3, 3 the ranks are 1, 2, 3.5, 3.5; z = (8 - 2) / sqrt(1 + 4 + 12.25 + 12.25).
    assert (found.n, found.zeros, found.w_plus, found.w_minus) == (5, 1, 8.0, 2.0)
    assert found.z == pytest.approx(6 / np.sqrt(29.5))
    # 2 W+ of 16 signs: at least 16 in (+1 3 3), (+2 3 3), all, (3 3) is 14: 3 of 16, two-sided 6.
    assert found.p == 6 / 16
    assert found.rank_biserial == 0.6
    pratt = signed_rank([1.0, -2.0, 3.0, 0.0, 3.0], "pratt")  # ranks 2, 3, 4.5, 4.5
    assert (pratt.w_plus, pratt.w_minus) == (11.0, 3.0)


@pytest.mark.parametrize("zero_rule", ["wilcox", "pratt"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n", [8, 13, 60, 500])
def test_statistic_and_normal_p_are_scipys(n: int, tied: bool, zero_rule: ZeroRule) -> None:
    values = differences(n, tied)
    found = signed_rank(values, zero_rule)
    theirs = stats.wilcoxon(values, zero_method=zero_rule, method="asymptotic")
    assert min(found.w_plus, found.w_minus) == theirs.statistic
    assert abs(found.z) == pytest.approx(-theirs.zstatistic, rel=1e-12)  # theirs has no sign
    assert two_sided(found.z)[0] == pytest.approx(theirs.pvalue, rel=1e-12)
    if n > 50:
        assert found.method == "normal"
        assert found.p == pytest.approx(theirs.pvalue, rel=1e-12)


@pytest.mark.parametrize("n", [1, 5, 13, 30, 50])
def test_exact_p_without_ties_is_scipys(n: int) -> None:
    values = differences(n, tied=False)
    theirs = stats.wilcoxon(values, method="exact")
    assert signed_rank(values).p == pytest.approx(theirs.pvalue, rel=1e-12)


@pytest.mark.parametrize("zero_rule", ["wilcox", "pratt"])
@pytest.mark.parametrize("n", [6, 9, 11])
def test_exact_p_with_ties_and_zeros_is_scipys_over_all_signs(n: int, zero_rule: ZeroRule) -> None:
    values = differences(n, tied=True, seed=n)
    every_sign = stats.PermutationMethod(n_resamples=2**14)
    theirs = stats.wilcoxon(values, zero_method=zero_rule, method=every_sign)
    assert signed_rank(values, zero_rule).p == pytest.approx(theirs.pvalue, rel=1e-12)


def test_p_beyond_a_float_keeps_its_logarithm() -> None:
    found = signed_rank(np.arange(1.0, 3781))
    assert found.p == 0.0
    assert found.z == pytest.approx(53.25, abs=0.005)  # method, 4.1
    assert found.log10_p == pytest.approx(-617.5, abs=0.05)


def test_no_difference_at_all_is_p_1_and_effect_0() -> None:
    for n in (1, 13, 14, 400):
        for rule in ("wilcox", "pratt"):
            found = signed_rank(np.zeros(n), rule)
            assert (found.n, found.zeros, found.z) == (n, n, 0.0)
            assert (found.p, found.log10_p, found.rank_biserial) == (1.0, 0.0, 0.0)


def test_the_null_distribution_of_three_ranks() -> None:
    # W+ of 1, 2, 3: 0, 1, 2, 3 (twice), 4, 5, 6; doubled, so odd places are empty.
    assert (8 * null_distribution(np.array([2, 4, 6]))[::2]).tolist() == [1, 1, 1, 2, 1, 1, 1]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], r"list of at least one number but got shape \(0,\)"),
        (np.zeros((2, 2)), r"but got shape \(2, 2\)"),
        ([1.0, np.nan], "must be finite but one is nan"),
        ([np.inf], "must be finite but one is inf"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(values: object, said: str) -> None:
    with pytest.raises(ComparisonError, match=said):
        signed_rank(values)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=50)
@given(Whole, Rules)
def test_the_rank_sums_share_all_ranks_that_were_given(
    values: list[float], zero_rule: ZeroRule
) -> None:
    found = signed_rank(values, zero_rule)
    n, zeros = found.n, found.zeros
    dropped = zeros if zero_rule == "pratt" else 0
    ranked = n if zero_rule == "pratt" else n - zeros
    total = ranked * (ranked + 1) / 2 - dropped * (dropped + 1) / 2
    assert found.w_plus + found.w_minus == pytest.approx(total)
    assert 0 < found.p <= 1
    assert found.p == pytest.approx(10**found.log10_p)


@settings(deadline=None, max_examples=50)
@given(Whole, Rules, st.randoms(use_true_random=False))
def test_the_order_of_slices_means_nothing_and_swapping_the_runs_turns_the_sign(
    values: list[float], zero_rule: ZeroRule, random: object
) -> None:
    found = signed_rank(values, zero_rule)
    shuffled = sorted(values, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert signed_rank(shuffled, zero_rule) == found
    turned = signed_rank([-value for value in values], zero_rule)
    assert turned.rank_biserial == -found.rank_biserial
    assert (turned.z, turned.p) == pytest.approx((-found.z, found.p))
