"""What is saved beside a figure: its data, worked out by hand from its record."""

import numpy as np
import pandas as pd

from pi.comparison.friedman import Friedman
from pi.comparison.gains import Estimate
from pi.figures.critical_difference import rank_table
from pi.figures.effect_forest import Effect, effect_table
from pi.figures.influence_curve import Curve, influence_table
from pi.figures.noise_power import Spectra, SpectrumLine, spectrum_table
from pi.figures.pair_matrix import PairMatrix, pair_table
from pi.figures.paired_differences import GainDistribution, gain_table
from pi.figures.patient_gains import PatientStrip, strip_table
from pi.figures.pretraining import TaskCurve, task_table
from pi.figures.search_front import FrontPoints, front_table
from pi.figures.search_importance import importance_table
from pi.figures.slice_row import Pictured, picture_row, row_table
from pi.figures.training_influence import InfluenceHistory, history_table
from pi.identity import Reconstruction, SliceKey


def held(table: pd.DataFrame, columns: str, *rows: tuple[object, ...]) -> None:
    assert list(table.columns) == columns.split()
    assert list(table.itertuples(index=False, name=None)) == list(rows)


def test_of_gains_a_row_a_bin() -> None:
    edges, counts = np.array([-0.1, 0.0, 0.1]), np.array([3.0, 5.0])
    held(
        gain_table([GainDistribution("b against a", edges, counts, 0.02, 0.625)]),
        "comparison gain_from gain_to slices shift share_better",
        ("b against a", -0.1, 0.0, 3.0, 0.02, 0.625),
        ("b against a", 0.0, 0.1, 5.0, 0.02, 0.625),
    )


def test_of_patients_a_row_each() -> None:
    strip = PatientStrip("b against a", ("S1", "S2"), np.array([0.1, 0.3]), 0.2, "2 of 2 agree")
    held(
        strip_table([strip]),
        "comparison patient gain mean",
        ("b against a", "S1", 0.1, 0.2),
        ("b against a", "S2", 0.3, 0.2),
    )


def test_of_effects_both_intervals() -> None:
    effect = Effect("b against a", Estimate(0.5, -0.1, 0.9), Estimate(0.4, 0.3, 0.5))
    held(
        effect_table({"ssim": [effect]}),
        "metric comparison independent rank_biserial low high",
        ("ssim", "b against a", "patients", 0.5, -0.1, 0.9),
        ("ssim", "b against a", "slices", 0.4, 0.3, 0.5),
    )


def test_of_ranks_the_bars_that_a_run_lies_under() -> None:
    found = Friedman(
        6, ("a", "b", "c"), (1.0, 2.0, 3.0), 12.0, 0.002, -2.7, 1.4, (("a", "b"), ("b", "c"))
    )
    held(
        rank_table({"ssim": found}),
        "metric run mean_rank bars critical_difference p patients",
        ("ssim", "a", 1.0, "1", 1.4, 0.002, 6),
        ("ssim", "b", 2.0, "1 2", 1.4, 0.002, 6),
        ("ssim", "c", 3.0, "2", 1.4, 0.002, 6),
    )


def test_of_pairs_both_ways_round() -> None:
    nan = np.nan
    effects, ps = np.array([[nan, 0.5], [-0.5, nan]]), np.array([[nan, -2.0], [-2.0, nan]])
    held(
        pair_table(PairMatrix("ssim", ("a", "b"), effects, ps)),
        "metric run against rank_biserial log10_p",
        ("ssim", "a", "b", 0.5, -2.0),
        ("ssim", "b", "a", -0.5, -2.0),
    )


def test_of_an_influence_a_row_a_lambda_beside_the_chosen_one() -> None:
    psi = np.array([0.5, 0.9])
    curve = Curve(
        "demo1, identity", "#000", "-", np.array([-1.0, 0.0]), psi, np.log(psi), 1.0, 0.8, 1.2
    )
    held(
        influence_table([curve]),
        "calibration log10_lambda psi log_odds chosen_lambda low high",
        ("demo1, identity", -1.0, 0.5, np.log(0.5), 1.0, 0.8, 1.2),
        ("demo1, identity", 0.0, 0.9, np.log(0.9), 1.0, 0.8, 1.2),
    )


def test_of_spectra_a_row_a_frequency_and_the_means_are_of_nobody() -> None:
    ring = np.array([0.25])
    patients = (SpectrumLine("low_dose", "S1", ring, np.array([6.0])),
                SpectrumLine("low_dose", "S2", ring, np.array([2.0])))  # fmt: skip
    mean = SpectrumLine("low_dose", "", ring, np.array([4.0]))
    held(
        spectrum_table([Spectra(Reconstruction(1.0, "B30", 0.25), patients, (mean,), "")]),
        "thickness kernel dose patient image frequency_per_mm power_hu2_mm2",
        (1.0, "B30", 0.25, "S1", "low_dose", 0.25, 6.0),
        (1.0, "B30", 0.25, "S2", "low_dose", 0.25, 2.0),
        (1.0, "B30", 0.25, "", "low_dose", 0.25, 4.0),
    )
    assert spectrum_table([]).empty  # no soft tissue was large enough


def test_of_a_front_each_trial_once() -> None:
    points = FrontPoints(0.95, np.array([1.0, 2.0]), np.array([0.9, 0.8]), np.array([1.0]),
                         np.array([0.9]))  # fmt: skip
    held(
        front_table(points),
        "log_odds_from_target ssim front",
        (1.0, 0.9, True),
        (2.0, 0.8, False),
    )


def test_of_importance_a_row_a_parameter() -> None:
    found = importance_table({"log10_lambda": 0.75, "layer": 0.25})
    held(found, "parameter importance", ("log10_lambda", 0.75), ("layer", 0.25))


def test_of_a_training_what_when_and_how_much() -> None:
    history = InfluenceHistory(
        np.array([1.0, 2.0]), {"training": np.array([0.9, 0.8])},
        np.array([0.5]), {"over the output": np.array([0.7])}, {"over the output": np.array([0.1])},
    )  # fmt: skip
    held(
        history_table(history),
        "quantity of epoch value",
        ("psi", "training", 1.0, 0.9),
        ("psi", "training", 2.0, 0.8),
        ("gradient_psi", "over the output", 0.5, 0.7),
        ("cosine", "over the output", 0.5, 0.1),
    )


def test_of_a_task_its_curve_and_its_score() -> None:
    held(
        task_table([TaskCurve("kernel", 0.97, 0.5, np.array([0.7, 0.2]))]),
        "task step loss score chance",
        ("kernel", 5, 0.7, 0.97, 0.5),  # in the middle of ten
        ("kernel", 6, 0.2, 0.97, 0.5),
    )


def test_of_slices_which_they_are_and_their_numbers_but_no_pixel() -> None:
    target = np.zeros((16, 16), np.float32)
    denoised = np.full_like(target, 3.0)
    image = Pictured(
        "denoised", "denoised (output)", denoised, "ssim 0.9123", 3.0, {"ssim": 0.9123}
    )
    key = SliceKey("S001", 1.0, "B30", -2.0)
    held(
        row_table([picture_row("best", key, [image], target, 0.7, ((3, 4), 8))]),
        "rank patient thickness kernel position dose image region_row region_column region_pixels "
        "ssim rmse_hu region_rmse_hu",
        ("best", "S001", 1.0, "B30", -2.0, 0.0, "denoised", 3, 4, 8, 0.9123, 3.0, 3.0),
    )
