"""VIFp, MS-SSIM, GMSD and HaarPSI: piq's values, by hand, and what must hold of each."""

from collections.abc import Callable

import numpy as np
import pytest
from evaluation.degraded import degraded
from images import noisy, soft_tissue
from numpy.typing import NDArray
from scipy.ndimage import correlate

from pi.evaluation.gmsd import gmsd
from pi.evaluation.haarpsi import haarpsi
from pi.evaluation.metrics import METRICS
from pi.evaluation.multiscale_ssim import multiscale_ssim
from pi.evaluation.pair import HuErrors, ImagePair
from pi.evaluation.protocol import ABDOMEN_REDCNN, LDCTBENCH, PROTOCOLS
from pi.evaluation.smoothing import bands, gaussian_taps, halved, smoothed
from pi.evaluation.ssim import ssim
from pi.evaluation.vif import vif

Image = NDArray[np.float64]


def ms_ssim(image: Image, target: Image) -> float:
    return multiscale_ssim(image, target, data_range=255.0)


FUNCTIONS: dict[str, Callable[[Image, Image], float]] = {
    "vifp": vif, "ms_ssim": ms_ssim, "gmsd": gmsd, "haarpsi": haarpsi,
}  # fmt: skip

BY_PIQ = {  # 0.8.0; printed by tests/pytorch/test_perceptual_by_piq.py
    "noise": {
        "vifp": 0.3077749063489068, "ms_ssim": 0.8841997029046883,
        "gmsd": 0.13083980082932622, "haarpsi": 0.6477173064103051,
    },
    "blur": {
        "vifp": 0.22795207715317853, "ms_ssim": 0.9476314116269204,
        "gmsd": 0.18961378200114593, "haarpsi": 0.44717590850905914,
    },
    "contrast": {
        "vifp": 0.9834731645029956, "ms_ssim": 0.9968232203922288,
        "gmsd": 0.003750025252241604, "haarpsi": 0.9902166154548949,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def images() -> tuple[Image, dict[str, Image]]:
    return degraded()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_values_are_piqs(name: str, images: tuple[Image, dict[str, Image]]) -> None:
    target, worse = images
    for kind, of in BY_PIQ.items():
        assert FUNCTIONS[name](worse[kind], target) == pytest.approx(of[name], abs=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_identical_slices_are_the_best(name: str, images: tuple[Image, dict[str, Image]]) -> None:
    best = 0.0 if METRICS[name].better == "low" else 1.0
    assert FUNCTIONS[name](images[0], images[0]) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_more_noise_is_worse(name: str) -> None:
    hu = soft_tissue(192)
    found = [
        METRICS[name].function(ImagePair(HuErrors(noisy(hu, sd), hu), ABDOMEN_REDCNN, True))
        for sd in (5, 15, 40)
    ]
    assert found == sorted(found, reverse=METRICS[name].better == "high")


@pytest.mark.parametrize("name", ["vifp", "ms_ssim", "haarpsi"])
def test_of_a_slice_that_is_too_small_there_is_no_value(name: str) -> None:
    least = METRICS[name].least
    hu = soft_tissue(least)
    for size, has in ((least, True), (least - 1, False)):
        pair = ImagePair(HuErrors(noisy(hu, 9)[:size], hu[:size]), LDCTBENCH, True)
        assert np.isfinite(METRICS[name].function(pair)) == has
    assert METRICS[name].undefined


def test_of_a_flat_target_vif_has_no_value_and_haarpsi_finds_no_difference() -> None:
    flat = np.full((64, 64), 90.0)
    assert np.isnan(vif(flat + 1, flat))
    assert haarpsi(np.zeros((64, 64)), np.zeros((64, 64))) == 1.0


def test_noise_without_a_signal_tells_nothing() -> None:
    rng = np.random.default_rng(0)
    target, other = rng.normal(128, 30, (2, 64, 64))
    assert vif(other, target) < 0.1
    assert vif(1.5 * target, target) > 1  # which Sheikh and Bovik call enhancement


def test_gmsd_of_a_ramp_by_hand() -> None:
    """Inside, gradients of 4 and 8 grey levels everywhere: only the border deviates."""
    ramp = np.broadcast_to(np.arange(64.0), (64, 64))
    similarity = (2 * 4 * 8 + 170) / (4**2 + 8**2 + 170)
    inside = np.full((32, 32), similarity)
    a, b = (halved(k * ramp) for k in (1.0, 2.0))
    kernel = np.array([[1.0, 0, -1]] * 3) / 3
    x, y = (
        np.hypot(correlate(v, kernel, mode="constant"), correlate(v, kernel.T, mode="constant"))
        for v in (a, b)
    )
    expected = (2 * x * y + 170) / (x * x + y * y + 170)
    assert expected[1:-1, 1:-1] == pytest.approx(inside[1:-1, 1:-1])
    assert gmsd(ramp, 2 * ramp) == pytest.approx(expected.std())


def test_a_scale_of_ms_ssim_is_ssims_contrast_and_structure() -> None:
    """Of slices of zero mean luminance is 1, so that the last scale's SSIM is what is left."""
    rng = np.random.default_rng(0)
    a = rng.normal(128, 20, (176, 176))
    weight = 0.1333
    same = multiscale_ssim(a, a, data_range=255.0)
    assert same == pytest.approx(1.0)
    coarse = a
    for _ in range(4):
        coarse = halved(coarse)
    assert multiscale_ssim(a, a + 40, data_range=255.0) == pytest.approx(
        ssim(coarse, coarse + 40, data_range=255.0, window="gaussian") ** weight
    )


def test_grey_levels_begin_at_the_protocols_black_and_end_at_its_white() -> None:
    hu = np.linspace(-1024, 1500, 200).reshape(10, 20)
    for protocol in PROTOCOLS.values():
        _, grey = ImagePair(HuErrors(hu, hu), protocol, predicted=True).grey
        low, high = (-1024, 3072) if protocol.clip_hu is None else protocol.clip_hu
        step = 0.0 if not protocol.grey_levels else 1.01  # truncated levels, of half precision
        expected = (np.clip(hu, low, high) - low) / (high - low) * 255
        assert np.abs(grey - expected).max() <= step + 1e-9


def test_windows_are_means_inside_and_bands_hold_each_once() -> None:
    rng = np.random.default_rng(0)
    plane, taps = rng.normal(size=(40, 33)), gaussian_taps(5, 1.0)
    expected = correlate(plane, np.outer(taps, taps))[2:-2, 2:-2]
    assert smoothed(plane, taps) == pytest.approx(expected)
    assert smoothed(plane, taps, 2) == pytest.approx(expected[::2, ::2])
    tall = rng.normal(size=(900, 100))
    found = np.concatenate([smoothed(one, taps) for one, _ in bands(tall, tall, 5)])
    assert found == pytest.approx(smoothed(tall, taps))
    assert halved(plane) == pytest.approx(plane[:, :32].reshape(20, 2, 16, 2).mean(axis=(1, 3)))
