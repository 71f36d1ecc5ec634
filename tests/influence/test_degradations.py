"""Degraded patches: one MSE for all, blurs that blur, grains that are high and low."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pi.influence.degradations import AMPLITUDES, degrade

RNG = np.random.default_rng(0)
ROWS = np.arange(32)[:, None, None] / 32
TARGET = np.stack([np.where(ROWS > 0.5, 0.3, 0.25) + 0 * ROWS.transpose(1, 0, 2),
                   np.full((32, 32, 1), 0.26)]).astype(np.float32)  # fmt: skip
LOW = (TARGET + RNG.normal(0, 0.004, TARGET.shape)).astype(np.float32)


def mse(image: np.ndarray) -> np.ndarray:
    return np.asarray(np.square(image.astype(float) - TARGET).mean(axis=(1, 2, 3)))


def test_all_have_the_mse_of_the_noise_and_the_doses_fall_in_steps() -> None:
    found = degrade(LOW, TARGET)
    for image in (found.high, found.low, found.doses[-1]):
        assert mse(image) == pytest.approx(mse(LOW), rel=1e-3)
    for amplitude, image in zip(AMPLITUDES, found.doses, strict=True):
        assert mse(image) == pytest.approx(amplitude**2 * mse(LOW), rel=1e-3)
    assert len(found.images) == len(AMPLITUDES) + 3


def test_a_blur_has_it_too_unless_the_patch_is_flat() -> None:
    found = degrade(LOW, TARGET)
    assert found.blurred.tolist() == [True, False]
    assert mse(found.blur)[0] == pytest.approx(mse(LOW)[0], rel=1e-3)
    assert (found.blur[1] == TARGET[1]).all()
    edge = np.diff(found.blur[0, :, 0, 0])
    assert 0 < edge.max() < np.diff(TARGET[0, :, 0, 0]).max()


def test_grains_are_high_and_low() -> None:
    found = degrade(LOW, TARGET)
    for image, kept in ((found.high, 0.2), (found.low, 0.6)):
        change = (image - TARGET)[0, ..., 0].astype(float)
        smooth = gaussian_filter(change, 1.0)
        assert (np.square(smooth).mean() > 0.4 * np.square(change).mean()) == (kept > 0.5)


def test_without_noise_nothing_is_degraded() -> None:
    found = degrade(TARGET, TARGET)
    assert not found.blurred.any()
    assert all((image == TARGET).all() for image in found.images)
