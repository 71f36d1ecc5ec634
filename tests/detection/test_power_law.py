"""The observer in noise whose power falls as 1/f^b: published slopes, the ideal observer, images.

References:
    Burgess and Judy, Signal detection in power-law noise: effect of spectrum exponents, JOSA A 24
    (2007) B52: the contrast at threshold grows with a signal's size by the power m = (b - 2) / 2,
    for b from 1.5 to 3.5, for the ideal observer and, as they measured, for channelised ones;
    white noise has b = 0, and Rose's m = -1.
    Gallas and Barrett, JOSA A 20 (2003) 1725: of a signal without direction, Laguerre-Gauss
    channels come to the ideal linear observer as their number grows.
"""

import math

import numpy as np
import pytest

from pi.detection.channels import laguerre_gauss
from pi.detection.look import look_at
from pi.detection.observers import INTERNAL, Looks, hotelling
from pi.simulation.lesion import disc

PIXEL, SIDE = 0.5, 256


def power(exponent: float, side: int = SIDE) -> np.ndarray:
    """Noise power over the frequencies of a plane, in DFT order; none at 0."""
    axis = np.fft.fftfreq(side, PIXEL)
    frequency = np.hypot(axis[:, None], axis)
    return np.where(frequency > 0, np.maximum(frequency, 1e-9) ** -exponent, 0.0)


def covariance(filters: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Of sums of filter times image, by their spectra."""
    spectra = np.fft.fft2(filters, noise.shape).reshape(len(filters), -1)
    products = (spectra * noise.ravel()) @ spectra.conj().T
    return np.asarray(products.real / noise.size / PIXEL**2)


def seen(radius: float, exponent: float) -> float:
    """d' of a disc of 1 HU through the platform's own filters, by matrices."""
    look = look_at((SIDE, SIDE), PIXEL, (0.0, 0.0), radius)
    assert look is not None
    signal = look.answers(disc((SIDE, SIDE), PIXEL, (0.0, 0.0), radius))[:-1]
    inner = covariance(look.filters[:-1], power(exponent))
    inner += INTERNAL * np.diag(np.diag(inner))
    return math.sqrt(signal @ np.linalg.solve(inner, signal))


@pytest.mark.parametrize("exponent", [0.0, 1.5, 2.0, 2.5, 3.0, 3.5])
def test_thresholds_grow_with_size_as_published(exponent: float) -> None:
    small, large = seen(6.0, exponent), seen(12.0, exponent)
    slope = math.log(small / large) / math.log(2)
    assert slope == pytest.approx((exponent - 2) / 2, abs=0.02)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5])
def test_channels_come_to_the_ideal_observer_of_a_gaussian(exponent: float) -> None:
    """d'^2 = int |S|^2 / N df^2 = A^2 R^(2 - b) pi Gamma(b / 2 + 1) / (2 pi)^(b / 2 + 1)."""
    width = 6.0
    ideal = width ** (2 - exponent) * math.pi * math.gamma(exponent / 2 + 1)
    ideal /= (2 * math.pi) ** (exponent / 2 + 1)
    axis = PIXEL * (np.arange(SIDE) - SIDE // 2)
    radius = np.hypot(axis, axis[:, None])
    signal = np.exp(-math.pi * radius**2 / width**2)
    shares = []
    for orders in (1, 2, 5, 10):
        channels = laguerre_gauss(radius, width, orders)
        added = np.einsum("pij,ij->p", channels, signal)
        kernel = covariance(channels, power(exponent))
        shares.append(added @ np.linalg.solve(kernel, added) / ideal)
    assert (np.diff(shares) > 0).all()
    assert shares[0] < 0.95
    assert shares[2:] == pytest.approx([1, 1], abs=0.005)


def test_the_estimate_from_images_is_that_by_matrices() -> None:
    """Images of 1/f^3 noise with and without a disc, through the whole observer."""
    rng, side, radius = np.random.default_rng(11), 64, 4.0
    look = look_at((side, side), PIXEL, (0.0, 0.0), radius)
    assert look is not None
    # White noise of variance 1 has the power PIXEL^2.
    root = np.sqrt(power(3.0, side)) / PIXEL
    white = np.fft.fft2(rng.normal(size=(800, side, side)))
    images = np.fft.ifft2(white * root).real
    signal = 12.0 * disc((side, side), PIXEL, (0.0, 0.0), radius)
    images[400:] += signal
    answers = np.stack([look.answers(one) for one in images])[:, :-1]
    found = Looks.of(answers, np.arange(800) // 400, np.arange(800))
    inner = covariance(look.filters[:-1], power(3.0, side))
    inner += INTERNAL * np.diag(np.diag(inner))
    added = look.answers(signal)[:-1]
    closed = math.sqrt(added @ np.linalg.solve(inner, added))
    assert 0.5 < closed < 5
    assert hotelling(found, np.ones((1, 800)))[0] == pytest.approx(closed, rel=0.08)
