"""SSIM against scikit-image, TensorFlow, a convolution written out, and its own properties."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from images import noisy, soft_tissue
from numpy.typing import NDArray
from scipy.signal import convolve2d
from skimage.metrics import structural_similarity

from pi.evaluation.protocol import EvaluationError
from pi.evaluation.smoothing import gaussian_taps
from pi.evaluation.ssim import _KINDS, GAUSSIAN_SIDE, SIGMA, ssim

Plane = NDArray[np.float64]


def pair(size: int = 128, sd: float = 30.0) -> tuple[Plane, Plane]:
    target = soft_tissue(size)
    return noisy(target, sd).astype(np.float64), target.astype(np.float64)


@pytest.mark.parametrize("shape", [(7, 7), (8, 31), (64, 513), (200, 180)])
@pytest.mark.parametrize("offset", [0.0, 1024.0])
def test_uniform_is_scikit_images_within_1e_10(shape: tuple[int, int], offset: float) -> None:
    rng = np.random.default_rng(3)
    a = rng.normal(50, 100, shape) + offset
    b = a + rng.normal(0, 40, shape)
    expected = structural_similarity(a, b, data_range=4096.0)
    assert ssim(a, b, data_range=4096.0) == pytest.approx(expected, abs=1e-10)


def test_of_grey_levels_it_is_scikit_images_in_three_channels() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (96, 70)).astype(np.uint8)
    b = np.clip(a + rng.normal(0, 20, a.shape), 0, 255).astype(np.uint8)
    three = [np.repeat(v[..., np.newaxis], 3, axis=2) for v in (a, b)]
    expected = structural_similarity(*three, channel_axis=-1)
    assert ssim(a, b, data_range=255.0) == pytest.approx(expected, abs=1e-10)


def test_gaussian_is_scikit_images_within_1e_10() -> None:
    a, b = pair()
    expected = structural_similarity(
        a, b, data_range=400.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(a, b, data_range=400.0, window="gaussian") == pytest.approx(expected, abs=1e-10)


def test_gaussian_is_tensorflows_within_its_float32() -> None:
    a, b = (v[np.newaxis, ..., np.newaxis] / 4096 for v in pair())
    expected = float(tf.image.ssim(tf.constant(a), tf.constant(b), max_val=1.0)[0])
    found = ssim(a[0, ..., 0], b[0, ..., 0], data_range=1.0, window="gaussian")
    assert found == pytest.approx(expected, abs=1e-6)


def test_zero_padded_is_the_convolution_of_red_cnns_code() -> None:
    a, b = (np.clip(v, -160, 240) for v in pair(48))
    taps = gaussian_taps(GAUSSIAN_SIDE, SIGMA)
    kernel = np.outer(taps, taps)

    def smooth(plane: Plane) -> Plane:
        return np.asarray(convolve2d(plane, kernel, mode="same"))

    ma, mb, c1, c2 = smooth(a), smooth(b), 4.0**2, 12.0**2
    va, vb, cov = smooth(a * a) - ma**2, smooth(b * b) - mb**2, smooth(a * b) - ma * mb
    likeness = (2 * ma * mb + c1) * (2 * cov + c2)
    expected = np.mean(likeness / ((ma**2 + mb**2 + c1) * (va + vb + c2)))
    found = ssim(a, b, data_range=400.0, window="gaussian_zero_padded")
    assert found == pytest.approx(expected, abs=1e-10)


def test_one_window_by_hand() -> None:
    # Half the 49 pixels differ: a is 0 everywhere, b is 1 in 24 of them.
    a, b = np.zeros((7, 7)), np.zeros((7, 7))
    b.ravel()[:24] = 1.0
    mean, variance = 24 / 49, (24 - 24**2 / 49) / 48
    expected = 1e-4 * 9e-4 / ((mean**2 + 1e-4) * (variance + 9e-4))
    assert ssim(a, b, data_range=1.0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("window", _KINDS)
def test_of_a_slice_with_itself_it_is_1(window: str) -> None:
    a, _ = pair(64)
    assert ssim(a, a, data_range=4096.0, window=window) == pytest.approx(1.0, abs=1e-12)


def test_it_does_not_depend_on_how_rows_fall_into_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair(100)
    whole = ssim(a, b, data_range=4096.0)
    monkeypatch.setattr("pi.evaluation.smoothing.BAND", 300)
    assert ssim(a, b, data_range=4096.0) == pytest.approx(whole, abs=1e-13)


@given(
    arrays(np.float64, (2, 9, 12), elements=st.floats(0, 255)),
    st.floats(0.01, 100),
)
@settings(deadline=None, max_examples=50)
def test_it_is_symmetric_at_most_1_and_free_of_units(images: Plane, scale: float) -> None:
    a, b = images
    found = ssim(a, b, data_range=255.0)
    assert found <= 1 + 1e-12
    assert ssim(b, a, data_range=255.0) == found
    assert ssim(a * scale, b * scale, data_range=255.0 * scale) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((8, 8), (8, 9), r"one shape but got \(8, 8\) and \(8, 9\)"),
        ((8, 8, 3), (8, 8, 3), "must be 2-D"),
        ((6, 20), (6, 20), r"at least 7 rows and columns for SSIM but got \(6, 20\)"),
    ],
)
def test_wrong_shapes_are_refused(
    first: tuple[int, ...], second: tuple[int, ...], said: str
) -> None:
    with pytest.raises(EvaluationError, match=said):
        ssim(np.zeros(first), np.zeros(second), data_range=1.0)
