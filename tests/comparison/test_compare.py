"""Runs compared from their tables to the words; what cannot be compared is said in a sentence."""

import numpy as np
import pandas as pd
import pytest
from run_tables import grid, run_of, slice_table

from pi.comparison.clusters import patients_needed
from pi.comparison.comparison import Comparison, Reference, best_run, compare_runs
from pi.comparison.contrast_table import contrast_table
from pi.comparison.family import holm
from pi.comparison.gains import ComparisonError
from pi.comparison.limits import limits
from pi.comparison.pairing import RunTable
from pi.comparison.seeds import group_seeds
from pi.comparison.verdict import p_text


def runs(patients: int, shifts: tuple[float, ...], slices: int = 30) -> list[RunTable]:
    """Return runs E0, E1, ... that differ by a little noise and a shift."""
    shared = grid(patients, slices, seed=1)
    noise = [grid(patients, slices, seed=10 + k) for k in range(len(shifts))]
    return [
        run_of(f"E{k}", {key: value + 0.1 * own[key] + shift for key, value in shared.items()})
        for k, (own, shift) in enumerate(zip(noise, shifts, strict=True))
    ]


def compared(
    patients: int, shifts: tuple[float, ...], metrics: tuple[str, ...] = ("ssim",),
    reference: Reference | None = None,
) -> Comparison:  # fmt: skip
    return compare_runs(
        runs(patients, shifts), metrics, "paper8", reference, np.random.default_rng(0)
    )


def test_two_patients_cannot_support_a_claim_whatever_the_slices_say() -> None:
    found = compared(2, (0.0, 0.3), reference=Reference("E0", "name"))
    (verdict,) = found.verdicts
    assert verdict.outcome == "not attainable"
    assert "Not attainable with 2 patients: the smallest p that they can give is 0.5" in (
        verdict.sentence
    )
    assert "6 patients are needed to reject at 0.05. E1 is better than E0 by 0." in verdict.sentence
    assert "no interval: 5 patients are needed for one" in verdict.sentence
    assert "2 of 2 patients agree" in verdict.sentence
    assert "The paper's slice-level test, which takes the 60 slices for independent, gives p =" in (
        verdict.sentence
    )
    assert found.contrasts[0].slices.test.p < 1e-9
    assert not found.contrasts[0].patients.shift.bounded


@pytest.mark.parametrize(("metric", "outcome"), [("ssim", "better"), ("nrmse", "worse")])
def test_patients_that_agree_support_a_claim_in_the_metrics_direction(
    metric: str, outcome: str
) -> None:
    found = compared(9, (0.0, 0.2), (metric,), Reference("E0", "validation"))
    (verdict,) = found.verdicts
    assert verdict.outcome == outcome
    assert f"E1 is {outcome} than E0 by 0." in verdict.sentence
    assert "9 of 9 patients agree): p = 0.0039 by the sign flip of 9 patients' means." in (
        verdict.sentence
    )
    (one,) = found.contrasts
    assert np.sign(one.patients.intervals.mean_gain.value) == (1 if outcome == "better" else -1)
    assert one.patients.agreeing == 9
    assert [gain.slices for gain in one.patients.gains] == [30] * 9


def test_chance_is_not_shown() -> None:
    found = compared(9, (0.0, 0.0), reference=Reference("E0", "name"))
    assert found.verdicts[0].outcome == "not shown"
    assert found.verdicts[0].sentence.startswith("No difference in SSIM between E1 and E0 is shown")


def test_a_run_against_itself_is_identical_and_nothing_is_nan() -> None:
    first = runs(6, (0.0,))[0]
    again = RunTable("again", first.slices, first.digest, first.part)
    found = compare_runs([first, again], ["ssim", "psnr"], "paper8", None, np.random.default_rng(0))
    assert [verdict.outcome for verdict in found.verdicts] == ["identical", "identical"]
    assert found.verdicts[1].sentence == "again and E0 are equal in PSNR (dB) on all 180 slices."
    row = contrast_table(found).iloc[0]
    assert (row["p"], row["flip_p"], row["clustered_p"]) == (1.0, 1.0, 1.0)
    assert (row["rank_biserial"], row["d_z"], row["d_pooled"], row["shift"]) == (0, 0, 0, 0)
    assert not contrast_table(found).isna().any(axis=None)


def test_a_constant_difference_has_defined_results() -> None:
    first = runs(6, (0.0,))[0]
    more = first.slices.assign(ssim=first.slices["ssim"] + 0.01)
    found = compare_runs(
        [first, RunTable("more", more, first.digest, first.part)], ["ssim"], "paper8", None,
        np.random.default_rng(0),
    )  # fmt: skip
    row = contrast_table(found).iloc[0]
    assert row["outcome"] == "better"
    assert row["d_z"] == np.inf
    assert row["patient_shift"] == pytest.approx(0.01)
    assert not contrast_table(found).isna().any(axis=None)


def test_fewer_than_six_slices_are_compared_without_an_interval() -> None:
    found = compare_runs(
        [run_of("a", grid(1, 3, 0)), run_of("b", grid(1, 3, 1))], ["ssim"], "paper8", None,
        np.random.default_rng(0),
    )  # fmt: skip
    row = contrast_table(found).iloc[0]
    assert (row["shift_low"], row["shift_high"]) == (-np.inf, np.inf)
    assert row["outcome"] == "not attainable"
    assert "1 patient: the smallest p that they can give is 1," in row["verdict"]
    assert not contrast_table(found).isna().any(axis=None)


def test_all_pairs_and_metrics_are_one_family() -> None:
    found = compared(8, (0.0, 0.05, 0.1), ("ssim", "nrmse"))
    assert [(one.metric, one.reference, one.other) for one in found.contrasts] == [
        (metric, *pair)
        for metric in ("ssim", "nrmse")
        for pair in (("E0", "E1"), ("E0", "E2"), ("E1", "E2"))
    ]
    assert {one.patients.flip_holm.family for one in found.contrasts} == {6}
    for kind in (
        "slices.test/holm",
        "patients.flip/flip_holm",
        "patients.clustered/clustered_holm",
    ):
        place, names = kind.split(".")
        test, corrected = names.split("/")
        of = [getattr(one, place) for one in found.contrasts]
        assert [getattr(one, corrected) for one in of] == list(
            holm([getattr(one, test).log10_p for one in of])
        )


def test_a_family_needs_more_patients_than_a_single_comparison() -> None:
    assert patients_needed(5) == 8
    outcomes = {m: compared(m, (0.0,) + (0.3,) * 5, reference=Reference("E0", "name")).verdicts
                for m in (7, 8)}  # fmt: skip
    assert {verdict.outcome for verdict in outcomes[7]} == {"not attainable"}
    assert {verdict.outcome for verdict in outcomes[8]} == {"better"}


def test_three_runs_are_compared_over_patients_by_friedman() -> None:
    found = compared(8, (0.0, 0.1, 0.2), ("ssim", "nrmse"))
    assert found.friedman["ssim"].runs == ("E2", "E1", "E0")
    assert found.friedman["nrmse"].runs == ("E0", "E1", "E2")
    assert compared(8, (0.0, 0.1)).friedman == {}
    assert compared(1, (0.0, 0.1, 0.2)).friedman == {}


def test_the_best_run_is_the_one_of_the_best_mean() -> None:
    found = compared(2, (0.0, 0.2, 0.1), ("ssim", "nrmse"))
    assert best_run(found.paired["ssim"]) == "E1"
    assert best_run(found.paired["nrmse"]) == "E0"


def test_results_do_not_depend_on_the_order_of_rows() -> None:
    straight = runs(6, (0.0, 0.1))
    mixed = [
        RunTable(one.name, one.slices.sample(frac=1, random_state=4), one.digest, one.part)
        for one in straight
    ]
    tables = [
        contrast_table(compare_runs(of, ["ssim"], "paper8", None, np.random.default_rng(0)))
        for of in (straight, mixed)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_seeds_of_one_configuration_are_compared_as_one() -> None:
    first, second, other = runs(6, (0.0, 0.2, 0.5))
    group = group_seeds("E1", [first, second])
    found = compare_runs([group.table, other], ["ssim"], "paper8", None, np.random.default_rng(0))
    assert found.contrasts[0].slices.effects.mean_gain == pytest.approx(0.4, abs=0.02)


def test_limits_are_told() -> None:
    first = runs(2, (0.0,))[0]
    more = {**grid(2, 30, 0), ("P9", 0.0): 1.0}
    found = compare_runs(
        [first, run_of("more", more)], ["ssim"], "paper8", Reference("E0", "test"),
        np.random.default_rng(0),
    )  # fmt: skip
    said = limits(found)
    assert len(said) == 4
    assert "2 patients cannot make any of 1 comparison significant at 0.05: 6 are needed" in said[0]
    assert "E0 was chosen as the best on the very slices it is compared on" in said[1]
    assert "With 2 patients the bootstrap intervals are too narrow" in said[2]
    assert "1 slice of more had no partner in every other run" in said[3]
    assert "such as P9/1mm/B30/+0.00" in said[3]
    assert limits(compared(9, (0.0, 0.1), reference=Reference("E0", "validation"))) == ()


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ComparisonError, match="`reference` must be one of E0, E1 but got 'E9'"):
        compared(2, (0.0, 0.1), reference=Reference("E9", "name"))
    with pytest.raises(ComparisonError, match=r"`metrics` must be at least one, .* but got \(\)"):
        compared(2, (0.0, 0.1), metrics=())
    with pytest.raises(ComparisonError, match="each once, but got"):
        compared(2, (0.0, 0.1), metrics=("ssim", "ssim"))


@pytest.mark.parametrize(
    ("log10_p", "text"),
    [(np.log10(0.031), "p = 0.031"), (-4.62, "p = 2.4e-05"), (-617.52, "p = 10^-617.5"),
     (0.0, "p = 1")],
)  # fmt: skip
def test_p_is_never_shown_as_zero(log10_p: float, text: str) -> None:
    assert p_text(log10_p) == text


def test_an_infinite_psnr_ends_the_comparison_with_its_key() -> None:
    table = slice_table(grid(2, 3, 0))
    table["psnr"] = [np.inf, 40.0, 41.0, 42.0, 43.0, 44.0]
    perfect = RunTable("b", table, "d1g35t", "test")
    with pytest.raises(ComparisonError, match=r"of P0/1mm/B30/\+0.00 in 'b' it is inf"):
        compare_runs(
            [run_of("a", grid(2, 3, 1)), perfect], ["ssim", "psnr"], "paper8", None,
            np.random.default_rng(0),
        )  # fmt: skip
