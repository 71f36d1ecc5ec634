"""Tests over patients: by hand, against SciPy, and against every flip written out."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from pi.comparison.clusters import (
    EXACT_CLUSTERS_UP_TO,
    EXACT_FLIPS_UP_TO,
    clustered_signed_rank,
    patients_needed,
    sign_flip,
    smallest_p,
)
from pi.comparison.gains import ComparisonError, Floats
from pi.comparison.signed_rank import signed_rank, signed_ranks, two_sided

RNG = np.random.default_rng


def uneven(sizes: tuple[int, ...], seed: int = 0) -> tuple[Floats, "np.typing.NDArray[np.int64]"]:
    """Return differences of patients that differ, and whose they are."""
    rng = RNG(seed)
    patient = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(0.4, 1, len(patient)) + rng.normal(size=len(sizes))[patient], patient


def test_all_patients_of_one_sign_give_the_smallest_p() -> None:
    for m in (1, 2, 6, 10):
        found = sign_flip(np.arange(1.0, m + 1), RNG(0))
        assert found.p == found.smallest == smallest_p(m) == min(1, 2 / 2**m)
        assert found.log10_p == pytest.approx(np.log10(found.p))


def test_flips_by_hand() -> None:
    # 1 + 2 - 3 = 0: every flip is as far from 0.
    assert sign_flip([1.0, 2.0, -3.0], RNG(0)).p == 1.0
    # 1 + 2 + 4 - 0.5 = 6.5: as far are +-6.5 and +-7.5, of 16.
    assert sign_flip([1.0, 2.0, 4.0, -0.5], RNG(0)).p == 4 / 16


@pytest.mark.parametrize("m", [2, 6, 9, 13])
def test_the_exact_flip_is_scipys(m: int) -> None:
    means = RNG(m).normal(0.5, 1, m)
    theirs = stats.permutation_test(
        (means,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip(means, RNG(0)).p == pytest.approx(theirs.pvalue, rel=1e-12)


def test_equal_sums_count_whatever_their_rounding() -> None:
    assert sign_flip([0.1, 0.2, -0.3], RNG(0)).p == 1.0
    assert sign_flip(1e-9 * np.array([0.1, 0.2, 0.3, 0.3]), RNG(0)).p == 2 / 16


def test_no_difference_at_all_is_p_1() -> None:
    assert sign_flip(np.zeros(6), RNG(0)).p == 1.0
    found = clustered_signed_rank(np.zeros(6), np.arange(6))
    assert (found.patients, found.z, found.p, found.log10_p) == (0, 0.0, 1.0, 0.0)


def test_many_patients_are_flipped_at_random_and_p_is_never_0() -> None:
    rng = RNG(0)
    few, many = (rng.normal(0.35, 1, EXACT_FLIPS_UP_TO + more) for more in (0, 1))
    before = rng.bit_generator.state
    assert sign_flip(few, rng).method == "exact"
    assert rng.bit_generator.state == before
    found = sign_flip(many, rng)
    assert found.method == "monte carlo"
    normal = two_sided(many.sum() / np.sqrt(np.square(many).sum()))[0]
    assert found.p == pytest.approx(normal, rel=0.25)
    assert sign_flip(np.ones(60), rng).p == sign_flip(np.ones(60), rng).smallest > 0
    assert sign_flip(many, RNG(1)) == sign_flip(many, RNG(1))


def test_how_many_patients_a_family_needs() -> None:
    # method, 4.3: six at .05, eight under Holm over four, nine over ten.
    assert [patients_needed(family) for family in (1, 4, 10)] == [6, 8, 9]
    for family in range(1, 60):
        m = patients_needed(family)
        assert smallest_p(m) * family <= 0.05 < smallest_p(m - 1) * family


def test_two_patients_never_reject_by_the_clustered_test_either() -> None:
    found = clustered_signed_rank(*uneven((50, 50)))
    assert abs(found.z) <= np.sqrt(2)
    assert two_sided(found.z)[0] >= 0.157  # method, finding 8
    assert found.p >= 0.5


def test_with_one_slice_a_patient_the_clustered_test_is_wilcoxons() -> None:
    values = RNG(0).normal(0.5, 1, 12)
    found, plain = clustered_signed_rank(values, np.arange(12)), signed_rank(values)
    assert found.z == pytest.approx(plain.z)
    assert found.icc == 0.0
    assert found.p == pytest.approx(plain.p)


def test_of_equal_clusters_z_is_the_sum_over_the_root_of_squared_sums() -> None:
    values, patient = uneven((7, 7, 7, 7))
    sums = signed_ranks(values).reshape(4, 7).sum(axis=1)
    found = clustered_signed_rank(values, patient)
    assert found.z == pytest.approx(sums.sum() / np.sqrt(np.square(sums).sum()))


def by_anova(ranks: Floats, patient: "np.typing.NDArray[np.int64]") -> tuple[float, float]:
    """Return z and the corrected correlation as published, its mean squares by statsmodels."""
    frame = pd.DataFrame({"rank": ranks, "patient": patient})
    table = anova_lm(ols("rank ~ C(patient)", frame).fit())
    between, within = table["mean_sq"]
    g = np.bincount(patient)
    m, n = g.size, g.sum()
    variance = max(0.0, (between - within) / ((n - np.square(g).sum() / n) / (m - 1)))
    icc = variance / (variance + within)
    icc = min(1.0, icc * (1 + (1 - icc**2) / (2 * (m - 2.5))))
    weighted = np.bincount(patient, ranks) / (1 + (g - 1) * icc)
    return weighted.sum() / np.sqrt(np.square(weighted).sum()), icc


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weights_come_from_the_analysis_of_variance(seed: int) -> None:
    values, patient = uneven((5, 9, 3, 14, 8, 2), seed)
    z, icc = by_anova(signed_ranks(values), patient)
    found = clustered_signed_rank(values, patient)
    assert (found.z, found.icc) == pytest.approx((z, icc))
    assert 0 <= icc < 1


def test_the_exact_p_counts_every_flip_of_whole_patients() -> None:
    values, patient = uneven((4, 2, 6, 3, 5))
    ranks = signed_ranks(values)
    found = clustered_signed_rank(values, patient)
    flipped = [
        by_anova(ranks * np.array(signs)[patient], patient)[0]
        for signs in product((-1, 1), repeat=5)
    ]
    assert found.method == "exact"
    assert found.p == np.mean(np.abs(flipped) >= abs(found.z) - 1e-9)


def test_beyond_a_number_of_patients_the_published_normal_p_is_used() -> None:
    values, patient = uneven((3,) * (EXACT_CLUSTERS_UP_TO + 1))
    found = clustered_signed_rank(values, patient)
    assert found.method == "normal"
    assert (found.p, found.log10_p) == two_sided(found.z)


def test_names_and_order_of_slices_mean_nothing() -> None:
    values, patient = uneven((4, 2, 6, 3))
    order = RNG(5).permutation(values.size)
    names = np.array(["S9", "S1", "S5", "S2"])[patient]
    one, other = (
        clustered_signed_rank(values, patient),
        clustered_signed_rank(values[order], names[order]),
    )
    assert (one.z, one.icc, one.p) == pytest.approx((other.z, other.icc, other.p))
    turned = clustered_signed_rank(-values, patient)
    assert (turned.z, turned.p) == pytest.approx((-one.z, one.p))


def test_a_mean_that_is_no_number_is_refused() -> None:
    with pytest.raises(ComparisonError, match="must be finite but one is nan"):
        sign_flip([1.0, np.nan], RNG(0))
