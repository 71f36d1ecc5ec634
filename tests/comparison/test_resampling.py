"""The hierarchical bootstrap: what is drawn, against resamples written out, and SciPy's."""

import numpy as np
import pandas as pd
import pytest
from run_tables import grid
from scipy import stats

from pi.choices import ZeroRule
from pi.comparison.effect import d_z
from pi.comparison.gains import Estimate
from pi.comparison.resampling import Resamples, draw_resamples, patient_intervals
from pi.comparison.signed_rank import signed_rank
from pi.evaluation.table import KEY

RNG = np.random.default_rng


def keys(
    patients: int, slices: int, step: float = 1.0, kernels: tuple[str, ...] = ("B30",)
) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(
        [
            (f"P{p}", 1.0, kernel, 0.0, step * z)
            for p in range(patients)
            for kernel in kernels
            for z in range(slices)
        ],
        names=KEY,
    )


def written_out(values: "np.typing.NDArray[np.float64]", resamples: Resamples, number: int):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Return the slices of one resample, each as often as it was drawn."""
    return np.repeat(values, resamples.counts[resamples.block, number].astype(int))


def test_as_many_blocks_are_drawn_of_a_patient_as_it_has_and_whole_patients() -> None:
    drawn = draw_resamples(keys(3, 100, kernels=("B30", "D45")), RNG(0), times=200)
    assert drawn.counts.shape == (15, 200)  # 3 patients of 100 mm in blocks of 20 mm
    per_patient = drawn.counts.reshape(3, 5, 200).sum(axis=1)
    assert (per_patient % 5 == 0).all()
    assert (per_patient.sum(axis=0) == 15).all()
    assert {0.0, 15.0} <= set(per_patient.ravel())  # a patient may be left out, or be alone
    assert drawn.counts.mean() == pytest.approx(1, abs=1e-12)
    assert drawn.counts.max() > 2


def test_reconstructions_of_one_anatomy_are_drawn_together() -> None:
    index = keys(2, 100, kernels=("B30", "D45"))
    drawn = draw_resamples(index, RNG(0), times=2)
    block = pd.Series(drawn.block, index=index)
    pd.testing.assert_series_equal(block.xs("B30", level="kernel"), block.xs("D45", level="kernel"))
    assert block.xs("P0").nunique() == 5
    assert not set(block.xs("P0")) & set(block.xs("P1"))


def test_one_generator_draws_and_no_other() -> None:
    before = np.random.get_state()[1].copy()
    one, again = (draw_resamples(keys(3, 40), RNG(7), times=20) for _ in range(2))
    assert (one.counts == again.counts).all()
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize("zero_rule", ["wilcox", "pratt"])
@pytest.mark.parametrize("tied", [False, True])
def test_effects_of_a_resample_are_those_of_its_slices_written_out(
    tied: bool, zero_rule: ZeroRule
) -> None:
    index = keys(3, 60)
    rng = RNG(1)
    values = rng.normal(0.2, 1, len(index))
    values = np.round(values, 1 if tied else 9)
    for times in range(1, 6):
        drawn = draw_resamples(index, RNG(times), times=1)
        found = patient_intervals(values, drawn, zero_rule)
        own = written_out(values, drawn, 0)
        # Of one resample, both ends of the interval are its value.
        assert found.rank_biserial.low == pytest.approx(signed_rank(own, zero_rule).rank_biserial)
        assert found.d_z.low == pytest.approx(d_z(own).value, rel=1e-9)
        assert found.mean_gain.low == pytest.approx(own.mean())  # all patients have 60 slices


def test_the_mean_gain_is_over_patients_however_many_slices_they_have() -> None:
    index = keys(2, 40)[10:]
    values = np.where(index.get_level_values("patient") == "P0", 1.0, 2.0)
    found = patient_intervals(values, draw_resamples(index, RNG(0)))
    assert found.mean_gain.value == pytest.approx(1.5)


def test_with_one_block_a_patient_it_is_scipys_bootstrap_of_patients() -> None:
    index = keys(12, 10)
    values = np.array(list(grid(12, 10, seed=3).values()))
    found = patient_intervals(values, draw_resamples(index, RNG(0)))
    means = values.reshape(12, 10).mean(axis=1)
    tail = stats.norm.cdf(np.sqrt(12 / 11) * stats.t.ppf(0.025, 11))
    theirs = stats.bootstrap(
        (means,), np.mean, method="percentile", confidence_level=1 - 2 * tail, n_resamples=20_000,
        rng=RNG(0),
    ).confidence_interval  # fmt: skip
    spread = means.std() / np.sqrt(12)
    assert found.mean_gain.value == pytest.approx(means.mean())
    assert found.mean_gain.low == pytest.approx(theirs.low, abs=0.25 * spread)
    assert found.mean_gain.high == pytest.approx(theirs.high, abs=0.25 * spread)


def test_a_single_patient_bounds_nothing() -> None:
    values = np.array(list(grid(1, 30, seed=3).values()))
    found = patient_intervals(values, draw_resamples(keys(1, 30), RNG(0)))
    assert not found.mean_gain.bounded
    assert not found.rank_biserial.bounded
    assert found.mean_gain.value == pytest.approx(values.mean())


def test_differences_of_one_sign_are_bounded_by_how_many_patients_agree() -> None:
    values = np.abs(np.array(list(grid(6, 30, seed=3).values())))
    found = patient_intervals(values, draw_resamples(keys(6, 30), RNG(0))).rank_biserial
    assert found == Estimate(1.0, pytest.approx(-0.4152, abs=1e-4), 1.0)


@pytest.mark.parametrize("constant", [0.0, 0.1])
def test_constant_differences_have_defined_intervals(constant: float) -> None:
    found = patient_intervals(np.full(90, constant), draw_resamples(keys(3, 30), RNG(0)))
    assert found.mean_gain.low == pytest.approx(constant)
    assert found.mean_gain.high == pytest.approx(constant)
    if constant:
        assert found.d_z == Estimate(np.inf, -np.inf, np.inf)
    else:
        assert found.d_z == found.rank_biserial == Estimate(0.0, 0.0, 0.0)


def test_a_shift_of_all_slices_shifts_the_interval() -> None:
    values = np.array(list(grid(5, 50, seed=1).values()))
    drawn = draw_resamples(keys(5, 50), RNG(0))
    one, moved = (patient_intervals(values + by, drawn).mean_gain for by in (0.0, 2.0))
    assert (moved.low, moved.high) == pytest.approx((one.low + 2, one.high + 2))
