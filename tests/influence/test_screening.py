"""A screen by hand: ratios of sums, intervals over patients, and a distance that sees no noise."""

from collections.abc import Callable

import numpy as np
import pytest

from pi.influence.degradations import AMPLITUDES, degrade
from pi.influence.screening import ScreenLosses, screen_table, screen_text

ONE = ScreenLosses(
    image=np.array([1.0, 3.0]),
    doses=np.array([[1.0, 2, 3, 4], [1.0, 3, 2, 6]]),
    blur=np.array([12.0, np.nan]),
    high=np.array([1.0, 2.0]),
    low=np.array([3.0, 6.0]),
    milliseconds=7.0,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_numbers_are_ratios_of_sums_by_hand() -> None:
    row = screen_table({"one": ONE}, np.array(["A", "B"]), 0.9, rng()).iloc[0]
    assert row["blur_penalty"] == 12 / 4  # the second patch has no blur
    assert row["dose_order"] == 0.5  # the second patch's loss falls once
    assert row["high_share"] == 3 / 12
    assert row["lambda"] == pytest.approx(9 * 4 / 10)
    assert row["milliseconds"] == 7
    assert row["lambda_low"] < row["lambda"] < row["lambda_high"]


def test_of_one_patient_there_is_no_interval() -> None:
    table = screen_table({"one": ONE}, np.array(["A", "A"]), 0.9, rng())
    assert np.isnan(table.filter(regex="_(low|high)$").to_numpy(float)).all()
    assert screen_text(table)[1] == ["1", "one", "3", "0.5", "0.25", "3.6", "7"]


def test_what_no_patch_tells_is_last_and_has_no_rank() -> None:
    flat = ScreenLosses(ONE.image, ONE.doses, np.full(2, np.nan), ONE.high, ONE.low)
    table = screen_table({"flat": flat, "one": ONE}, np.array(["A", "B"]), 0.9, rng())
    assert table["experiment"].tolist() == ["one", "flat"]
    assert np.isnan(table["rank"][1])
    assert screen_text(table)[2][:3] == ["-", "flat", "-"]


def of_distance(distance: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> ScreenLosses:
    """What a distance of numpy makes of twelve patches with edges."""
    draw = np.random.default_rng(1)
    rows, columns = np.mgrid[:32, :32]
    edges = [np.where((rows * a + columns * b) % 24 > 12, 0.3, 0.25)
             for a, b in draw.uniform(0.5, 2, (12, 2))]  # fmt: skip
    target = np.stack(edges)[..., None].astype(np.float32)
    low = (target + draw.normal(0, 0.01, target.shape)).astype(np.float32)
    found = degrade(low, target)
    assert found.blurred.all()
    *doses, blur, high, grains = (distance(image, target) for image in found.images)
    mse = np.square(low - target).mean(axis=(1, 2, 3))
    assert len(doses) == len(AMPLITUDES)
    return ScreenLosses(mse, np.stack(doses, axis=1), blur, high, grains)


def of_blocks(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Means of 16 x 16 pixels: no grain of noise is seen there."""
    means = (a - b).astype(float).reshape(len(a), 2, 16, 2, 16).mean(axis=(2, 4))
    return np.asarray(np.square(means).mean(axis=(1, 2)))


def of_gradients(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.square(np.diff((a - b).astype(float), axis=1)).mean(axis=(1, 2, 3)))


def test_a_distance_that_cannot_see_noise_is_told_from_one_that_can() -> None:
    losses = {"sees": of_distance(of_gradients), "blind": of_distance(of_blocks)}
    patients = np.array(list("AABBCCDDEEFF"))
    table = screen_table(losses, patients, 0.95, rng()).set_index("experiment")
    assert table["high_share"]["blind"] < 0.1 < 0.6 < table["high_share"]["sees"]
    # It needs a far greater lambda for the same Psi: its loss of the noise is next to nothing.
    assert table["lambda"]["blind"] > 100 * table["lambda"]["sees"]
    assert table["dose_order"]["sees"] == 1
