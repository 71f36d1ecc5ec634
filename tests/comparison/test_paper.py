"""The paper's own numbers: what follows from them, and whether they agree with each other."""

import numpy as np
import pytest
from scipy.stats import norm, wilcoxon

from pi.comparison.paper import (
    BEST,
    LAMBDAS,
    SLICES,
    TABLE_3,
    TABLE_3_RANK,
    TABLE_4,
    Z_OF_ZERO_P,
    correlation_of_effects,
    d_z_of_rank_biserial,
    printed_means,
    rank_biserial_of_zero_p,
    ranks,
    recomputed_effect,
)
from pi.comparison.signed_rank import signed_rank
from pi.losses.experiments import NAMED

HALF_A_DIGIT = 0.005


@pytest.mark.parametrize(
    ("experiment", "d"), [("baseline", 0.3108), ("E2", 0.2359), ("E3", 0.8547), ("E4", 0.1659)]
)
def test_table_4_follows_from_table_3_within_its_rounding(experiment: str, d: float) -> None:
    found, printed = recomputed_effect(experiment), TABLE_4[experiment].effect
    assert found.value == pytest.approx(d, abs=5e-5)  # method, 1.4
    assert found.low < printed + HALF_A_DIGIT
    assert found.high >= printed - HALF_A_DIGIT


def test_what_rounding_leaves_open_of_e3() -> None:
    found = recomputed_effect("E3")
    assert (found.low, found.high) == pytest.approx((0.845, 0.8645), abs=5e-5)  # method, 1.4


def test_the_means_of_both_tables_are_the_same_numbers() -> None:
    for experiment, row in TABLE_4.items():
        assert row.other_mean == pytest.approx(TABLE_3[experiment]["ssim"].mean, abs=5.1e-4)
        assert row.reference_mean == pytest.approx(TABLE_3[BEST]["ssim"].mean, abs=5.1e-4)


def test_p_of_zero_would_need_a_rank_biserial_that_the_printed_effects_do_not_suggest() -> None:
    least = rank_biserial_of_zero_p(SLICES)
    assert least == pytest.approx(0.708, abs=5e-4)  # method, 1.4
    assert d_z_of_rank_biserial(least) == pytest.approx(0.74, abs=0.005)
    rho = correlation_of_effects(TABLE_4["E4"].effect, d_z_of_rank_biserial(least))
    assert rho == pytest.approx(0.98, abs=0.01)


def test_scipys_p_reaches_zero_where_it_is_said_to() -> None:
    assert 2 * norm.sf(Z_OF_ZERO_P - 0.001) > 0
    assert 2 * norm.sf(Z_OF_ZERO_P + 0.001) == 0


def test_the_bound_is_that_of_scipys_test() -> None:
    least = rank_biserial_of_zero_p(SLICES)
    values = np.arange(1.0, SLICES + 1)
    from_the_largest = values[::-1].cumsum()
    most = int(np.searchsorted(from_the_largest, (1 - least) / 2 * values.sum()))
    for negative, is_zero in ((most, True), (most + 2, False)):
        values[SLICES - negative :] = -np.abs(values[SLICES - negative :])
        assert (abs(signed_rank(values).rank_biserial) >= least) == is_zero
        assert (wilcoxon(values, method="asymptotic").pvalue == 0.0) == is_zero


def test_the_printed_rank_is_that_by_ssim_and_by_no_other_metric() -> None:
    assert ranks(printed_means("ssim"), "ssim") == TABLE_3_RANK
    for metric in ("psnr", "nrmse"):
        found = ranks(printed_means(metric), metric)
        assert found == {"E1": 1, "E4": 2, "E2": 3, "E3": 4, "baseline": 5}  # method, row 44


def test_equal_means_share_their_rank() -> None:
    assert ranks({"a": 1.0, "b": 2.0, "c": 2.0}, "ssim") == {"b": 1, "c": 1, "a": 3}


def test_the_lambdas_are_those_of_the_named_experiments() -> None:
    for experiment, printed in LAMBDAS.items():
        published = NAMED[experiment].published
        assert published is not None
        assert published.value == printed
