"""Calibrations as tables and as text."""

from dataclasses import replace

import numpy as np
import pytest
from influence.calibrations import ONE_LAYER, by_hand

from pi.influence.calibration import ExperimentCalibration
from pi.influence.losses import Losses
from pi.influence.survey import SurveySample
from pi.influence.table import (
    POINTS_PER_DECADE,
    curve_table,
    patch_table,
    stratum_table,
    summary_table,
    summary_text,
    weight_grid,
)
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.text_table import markdown


def test_the_grid_covers_the_papers_and_three_decades_beyond_any_answer() -> None:
    grid = weight_grid([by_hand()])
    assert grid[0] == pytest.approx(1e-7)
    assert grid[-1] == pytest.approx(1e4)
    assert np.diff(np.log10(grid)) == pytest.approx(1 / POINTS_PER_DECADE)


def test_the_curve_rises_between_bounds_that_hold_it() -> None:
    found = by_hand(population=100)
    curve = curve_table(found, weight_grid([found]))
    for column in ("psi", "psi_low", "psi_high", "psi_eq5", "log_odds", "lambda"):
        assert (np.diff(curve[column]) > 0).all()
    assert (curve["psi_low"] < curve["psi"]).all()
    assert (curve["psi"] < curve["psi_high"]).all()
    assert np.allclose(10 ** curve["log10_lambda"], curve["lambda"])


def test_the_curve_passes_through_the_chosen_point() -> None:
    found = by_hand()
    (row,) = curve_table(found, np.array([found.weight])).itertuples()
    assert row.psi == pytest.approx(0.75)
    assert row.log_odds == pytest.approx(np.log(3))


def test_log_odds_stay_a_straight_line_where_psi_has_become_1() -> None:
    curve = curve_table(by_hand(), np.array([1e3, 1e20, 1e25]))
    assert curve["psi"].tolist()[1:] == [1.0, 1.0]
    assert curve["log_odds"].tolist() == pytest.approx(np.log([1e3, 1e20, 1e25]), rel=1e-12)


def test_the_patch_table_has_a_row_a_patch_with_its_key_and_losses(tiny_store: Store) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 32, "paper")
    table = patch_table(by_hand(), patches)
    assert table["image_loss"].tolist() == [1.0, 1.0, 3.0, 3.0]
    assert table["perceptual_loss/block1_conv1"].tolist() == [1.5] * 4
    assert table["perceptual_loss/block2_conv1"].tolist() == [0.5] * 4
    described = patches.describe([3])[0]
    last = table.iloc[3]
    assert (last["row"], last["column"]) == (described.row, described.column)
    assert (last["patient"], last["position"]) == (described.key.patient, described.key.position)


def test_the_summary_says_what_the_lambda_in_print_does_here() -> None:
    table = summary_table([by_hand(), by_hand(ONE_LAYER)], [0.5])
    assert table["psi at 0.5"].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert table["published"].tolist() == ["2 (me)", ""]
    assert table["psi at published"].tolist() == pytest.approx([2 / 3, np.nan], nan_ok=True)


def test_the_breakdown_has_a_row_a_calibration_and_reconstruction() -> None:
    table = stratum_table([by_hand(), by_hand(state="untrained")])
    assert table["reconstruction"].tolist() == ["1mm B30", "1mm D45"] * 2
    assert table["lambda / chosen"].tolist() == pytest.approx([0.5, 1.5] * 2)


GOLDEN = [
    "lambda for a perceptual influence of 75 %:",
    "experiment  encoder                                 state      lambda  95 % interval         "
    "Psi at 0.5  Psi at the lambda in print  patches",
    "two         vgg16:random:block1_conv1+block2_conv1  identity   3       all patches measured  "
    "33.33 %     66.67 % at 2 (me)           4 of 4",
    "one         vgg16:random:block1_conv1               untrained  3       1.72 to 5.22          "
    "33.33 %                                 4 of 100",
    "",
    "lambda that each reconstruction alone would ask for (identity), and its Psi at the lambda "
    "above:",
    "experiment  1mm B30        1mm D45",
    "two         1.5 (85.71 %)  4.5 (66.67 %)",
]


def test_the_text_for_a_terminal_is_two_tables() -> None:
    text = summary_text([by_hand(), by_hand(ONE_LAYER, "untrained", population=100)], [0.5])
    assert text.splitlines() == GOLDEN


def test_each_number_of_patches_that_a_state_was_measured_on_is_told() -> None:
    """Experiments that wait for their encoder are measured on another sample than the first."""

    def surveyed(state: str, patches: int) -> ExperimentCalibration:
        found, known = by_hand(state=state), np.ones((patches, 1))
        sample = SurveySample(np.zeros(patches, int), known, known[:, 0], known[:, 0])
        losses = Losses(np.arange(patches), known[:, 0], np.ones((patches, 2)), sample)
        return replace(found, losses=losses, population=9)

    several = [surveyed("identity", 5), surveyed("untrained", 3), surveyed("identity", 4)]
    said = summary_text([*several, surveyed("identity", 5)], [0.1])
    assert "networks measured 5 and 4 in identity, 3 in untrained: " in said
    assert "were read on all 9 patches" in said


def test_columns_of_a_markdown_table_stand_apart() -> None:
    assert markdown([["a", "b"], ["1", "2"]]) == "|a&emsp;|b|\n|---|---|\n|1&emsp;|2|"
