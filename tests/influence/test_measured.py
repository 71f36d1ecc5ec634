"""Losses read back from a patch table are those that were put in, and give the same lambda."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from influence.calibrations import alone, by_hand

from pi.influence.measured import MeasuredLosses, losses_of, reconstructions_of
from pi.influence.psi import InvalidLossError
from pi.influence.sampling import Precision, weight_and_interval
from pi.influence.survey import frame_of, sample_of
from pi.influence.table import patch_table, sample_columns
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store


@pytest.fixture
def table(tiny_store: Store) -> pd.DataFrame:
    """The patch table of a calibration made by hand."""
    return patch_table(by_hand(), PatchPopulation(tiny_store, "train", 32, 32, "paper"))


def test_losses_come_back_from_a_patch_table(table: pd.DataFrame) -> None:
    made = by_hand()
    found = losses_of(table, made.experiment.encoder.layers)
    assert np.array_equal(found.image, made.losses.image)
    assert np.array_equal(found.perceptual, made.losses.perceptual)
    assert [(r.thickness, r.kernel) for r in reconstructions_of(table)] == list(
        zip(table["thickness"], table["kernel"], strict=True)
    )


def test_another_target_moves_lambda_by_its_odds(table: pd.DataFrame) -> None:
    made = by_hand()
    losses = losses_of(table, made.experiment.encoder.layers)
    places = reconstructions_of(table)
    found = MeasuredLosses(made.experiment, made.state, losses, places, 4, "ratio_of_sums")
    assert found.at(0.75).weight == pytest.approx(made.weight)
    assert found.at(0.9).weight == pytest.approx(3 * made.weight)  # odds of 9 for odds of 3


def test_a_table_without_a_layer_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InvalidLossError, match="must have the column 'perceptual_loss/block9'"):
        losses_of(table, ("block9",))


def test_a_survey_comes_back_with_its_interval(table: pd.DataFrame) -> None:
    """Sixty rows, drawn of 200 patches of two kernels."""
    rng = np.random.default_rng(0)
    image = rng.lognormal(0, 1, (200, 1))
    frame = frame_of(alone(image), np.arange(200) % 2, "ratio_of_sums")
    drawn = rng.permutation(200)[:60]
    sample = sample_of(frame, drawn, np.full(60, 0.3))
    rows = table.iloc[np.zeros(60, int)].reset_index(drop=True).assign(
        kernel=np.where(drawn % 2, "D45", "B30"), image_loss=image[drawn, 0],
        **sample_columns(sample),
    )  # fmt: skip
    found = losses_of(rows, by_hand().experiment.encoder.layers)
    asked = Precision(0.9, "ratio_of_sums", 0.05, exhaustive=False)
    wanted = replace(found, sample=sample)
    assert weight_and_interval(found, 200, asked) == weight_and_interval(wanted, 200, asked)
    assert float(found.mean(found.image)) == pytest.approx(image.mean())
