"""Areas under the ROC curve that were published, computed again from the task's description.

A. Wunderlich, IQmodelo: Statistical software for task-based image quality assessment with model
observers, U.S. Food and Drug Administration (github.com/DIDSR/IQmodelo, intro_presentation.pdf,
slides 11, 12 and 14, "Demo 1a results"). 150 images with and 150 without a Gaussian of 10 grey
levels and 2.5 pixels in two sums of 1/f^2 noise, 96 x 96 pixels, each stretched to its range of 25
and 75 grey levels; estimates of the area with the difference of the classes known, and their 95 %
intervals:

    disc as template          .783 [.765, .802]
    3 channels, DOG           .794 [.775, .813]
    40 channels, Gabor        .880 [.860, .900]

Images are drawn anew here, so that what is computed must lie in the published interval, not on its
middle. Channels are those of that work, not the platform's; what is tested is the observers.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import fft

from pi.detection.observers import Looks, area_under_curve, hotelling, matched

SIDE, IMAGES = 96, 700
AXIS = np.arange(SIDE) - SIDE // 2
ROWS, COLUMNS = np.meshgrid(AXIS, AXIS, indexing="ij")
SQUARE = (ROWS**2 + COLUMNS**2).astype(np.float64)
SIGNAL = 10 * np.exp(-SQUARE / (2 * 2.5**2))


def unit(filters: list[np.ndarray]) -> np.ndarray:
    return np.stack([one / np.linalg.norm(one) for one in filters])


def disc() -> np.ndarray:
    return np.asarray(SQUARE <= 2.5**2, float)[None]


def differences_of_gaussians() -> np.ndarray:
    """exp(-f^2 / 2 (2 s)^2) - exp(-f^2 / 2 s^2) of s = .03, .06 and .12 a pixel, in space."""

    def gaussian(sigma: float) -> np.ndarray:
        return np.asarray(sigma**2 * np.exp(-2 * (np.pi * sigma) ** 2 * SQUARE))

    return unit([gaussian(2 * sigma) - gaussian(sigma) for sigma in (0.03, 0.06, 0.12)])


def gabors() -> np.ndarray:
    """Octaves from 1/64 to 1/4 a pixel, five directions, two phases."""
    filters = []
    for low in (1 / 64, 1 / 32, 1 / 16, 1 / 8):
        envelope = np.exp(-4 * np.log(2) * SQUARE / (4 * np.log(2) / (np.pi * low)) ** 2)
        for angle in np.pi * np.arange(5) / 5:
            along = 2 * np.pi * 1.5 * low * (ROWS * np.cos(angle) + COLUMNS * np.sin(angle))
            filters += [envelope * np.cos(along), envelope * np.sin(along)]
    return unit(filters)


def noise(rng: np.random.Generator, grey_levels: float) -> np.ndarray:
    """Noise of the power 1/f^2 without its 5 x 5 lowest frequencies, from -1/2 to 1/2 its range."""
    down, across = fft.fftfreq(SIDE)[:, None], fft.rfftfreq(SIDE)
    square = down**2 + across**2
    lowest = (abs(down) < 3 / SIDE) & (across < 3 / SIDE)
    root = np.where(lowest, 0.0, 1 / np.sqrt(np.where(lowest, 1.0, square)))
    white = rng.normal(size=(IMAGES, SIDE, SIDE)).astype(np.float32)
    coloured = fft.irfft2(fft.rfft2(white) * root.astype(np.float32), (SIDE, SIDE))
    low, high = (of(coloured, axis=(1, 2), keepdims=True) for of in (np.min, np.max))
    return np.asarray(grey_levels * ((coloured - low) / (high - low) - 0.5))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    rng = np.random.default_rng(1)
    return (noise(rng, 25) + noise(rng, 75)).reshape(IMAGES, -1)


def seen_through(filters: np.ndarray, images: np.ndarray) -> Looks:
    """The same noise with and without the signal: its classes' difference is known."""
    flat = filters.reshape(len(filters), -1).T
    absent = images @ flat
    number = np.tile(np.arange(IMAGES), 2)
    answers = np.concatenate([absent, absent + SIGNAL.ravel() @ flat])
    return Looks.of(answers, np.arange(2 * IMAGES) // IMAGES, number, number)


@pytest.mark.parametrize(
    ("filters", "published"),
    [(differences_of_gaussians, (0.775, 0.813)), (gabors, (0.860, 0.900))],
)
def test_channelised_observers_are_those_published(
    filters: Callable[[], np.ndarray], published: tuple[float, float], images: np.ndarray
) -> None:
    looks = seen_through(filters(), images)
    area = float(area_under_curve(hotelling(looks, np.ones((1, IMAGES)), 0.0)[0]))
    assert published[0] < area < published[1]


def test_a_fixed_template_is_as_published(images: np.ndarray) -> None:
    looks = seen_through(disc(), images)
    area = float(area_under_curve(matched(looks, np.ones((1, IMAGES)))[0]))
    assert 0.765 < area < 0.802
