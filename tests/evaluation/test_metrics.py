"""Metrics of one slice: by hand, against scikit-image, and the order of known degradations."""

import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from images import noisy, soft_tissue
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.metrics import normalized_root_mse, peak_signal_noise_ratio

from pi.evaluation.compared_values import to_values
from pi.evaluation.pair import HuErrors, measured, nrmse, psnr
from pi.evaluation.protocol import FULL_FLOAT, LDCTBENCH, PAPER8, PROTOCOLS, Protocol

TARGET = soft_tissue()


def measure(
    image: NDArray[np.generic],
    protocol: Protocol,
    *,
    target: NDArray[np.generic] = TARGET,
    predicted: bool = True,
) -> SimpleNamespace:
    (found,) = measured(HuErrors(image, target), [protocol], predicted=predicted).values()
    return SimpleNamespace(**found)


def test_errors_in_hu_by_hand() -> None:
    found = HuErrors(np.array([[4, 0]]), np.array([[0, 2]]))
    assert (found.rmse_hu, found.mae_hu, found.bias_hu) == (math.sqrt(10), 3.0, 1.0)


def test_a_bias_of_5_hu_is_a_bias_of_exactly_5_hu() -> None:
    found = HuErrors(TARGET + np.float32(5), TARGET)
    assert (found.rmse_hu, found.mae_hu, found.bias_hu) == (5.0, 5.0, 5.0)


def test_errors_in_hu_do_not_overflow_int16() -> None:
    found = HuErrors(np.array([[30000]], np.int16), np.array([[-30000]], np.int16))
    assert found.bias_hu == 60000


def test_psnr_and_nrmse_by_hand() -> None:
    assert psnr(25.5, data_range=255.0) == pytest.approx(20.0)
    assert nrmse(1.0, np.array([[3.0, 4.0], [3.0, 4.0]])) == pytest.approx(1 / math.sqrt(12.5))


def test_identical_values_have_infinite_psnr_and_no_error() -> None:
    found = measure(TARGET, FULL_FLOAT)
    assert (found.ssim, found.psnr, found.nrmse) == (pytest.approx(1.0), math.inf, 0.0)


def test_the_nrmse_of_an_empty_target_is_0_or_infinite() -> None:
    assert nrmse(0.0, np.zeros((2, 2))) == 0.0
    assert nrmse(1.0, np.zeros((2, 2))) == math.inf


@pytest.mark.parametrize("name", PROTOCOLS)
def test_psnr_and_nrmse_are_scikit_images(name: str) -> None:
    protocol, image = PROTOCOLS[name], noisy(TARGET, 25)
    a = to_values(image, protocol, predicted=True)
    b = to_values(TARGET, protocol, predicted=False)
    found = measure(image, protocol)
    expected = peak_signal_noise_ratio(b, a, data_range=protocol.data_range)
    assert found.psnr == pytest.approx(expected, abs=1e-9)
    assert found.nrmse == pytest.approx(normalized_root_mse(b, a), rel=1e-9)


def test_a_perfect_prediction_scores_62_db_in_eight_bits() -> None:
    soft = np.random.default_rng(0).normal(40, 60, (256, 256)).astype(np.int16)
    found = measure(soft, PAPER8, target=soft)
    assert found.psnr == pytest.approx(62, abs=1)
    assert found.ssim < 1


def test_the_low_dose_passes_through_the_same_half_precision_as_its_target() -> None:
    assert measure(TARGET, PAPER8, predicted=False).psnr == math.inf


def test_rmse_is_cut_only_where_a_protocol_says_so() -> None:
    image = TARGET.astype(np.float32)
    image[0, 0] += 4000  # metal
    whole = HuErrors(image, TARGET).rmse_hu
    assert measure(image, FULL_FLOAT).rmse_clipped_hu == whole
    assert measure(image, LDCTBENCH).rmse_clipped_hu < whole


@pytest.mark.parametrize("name", PROTOCOLS)
def test_more_noise_is_worse(name: str) -> None:
    found = [measure(noisy(TARGET, sd), PROTOCOLS[name]) for sd in (5, 10, 25, 50)]
    for better, worse in pairwise(found):
        assert better.ssim > worse.ssim
        assert better.psnr > worse.psnr
        assert better.nrmse < worse.nrmse


def test_eight_bits_see_a_small_bias_and_float_forgives_it() -> None:
    biased = TARGET + np.float32(5)
    eight, full = measure(biased, PAPER8), measure(biased, FULL_FLOAT)
    assert eight.psnr < full.psnr - 3
    assert eight.ssim < full.ssim


def test_the_window_punishes_what_the_full_range_forgives() -> None:
    smooth = gaussian_filter(TARGET.astype(np.float32), 1.0)
    assert measure(smooth, LDCTBENCH).psnr < measure(smooth, FULL_FLOAT).psnr - 5
