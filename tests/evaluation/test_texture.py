"""Noise beside a normal dose's: by arithmetic, against spectra by definition, and its direction."""

import numpy as np
import pytest
from images import soft_tissue
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pi.evaluation.metrics import METRICS
from pi.evaluation.noise_power import summed_power
from pi.evaluation.pair import HuErrors
from pi.evaluation.texture import FLAT_HU, flat_regions, noise_texture

RNG = np.random.default_rng(3)
NOISE = RNG.normal(0, 20, (128, 128))
FLAT = 40 + NOISE


def of(image: NDArray[np.float64], target: NDArray[np.float64] = FLAT) -> list[float]:
    found = noise_texture(image, target)
    assert found is not None
    return [found.distance, found.shift]


def test_twice_the_noise_is_ln_4_in_every_octave_and_shifts_nothing() -> None:
    found = noise_texture(40 + 2 * NOISE, FLAT)
    assert found is not None
    assert found.log_ratios == pytest.approx(np.log(4), abs=1e-3)
    assert [found.distance, found.shift] == pytest.approx([np.log(4), 0], abs=1e-3)


def test_the_same_noise_is_at_0_and_so_is_other_noise_of_the_same_kind() -> None:
    assert of(FLAT) == [0, 0]
    other = 40 + np.random.default_rng(4).normal(0, 20, FLAT.shape)
    assert of(other) == pytest.approx([0, 0], abs=0.1)


def test_an_octave_of_white_noise_has_its_variance_by_definition() -> None:
    found = noise_texture(40 + np.random.default_rng(5).normal(0, 10, FLAT.shape), FLAT)
    assert found is not None
    assert found.log_ratios == pytest.approx(np.log(1 / 4), abs=0.15)
    assert len(found.log_ratios) == 2  # of 8 pixels: 1/8 to 1/4 to 1/2 a pixel


def test_blur_moves_the_frequency_down_and_the_distance_up() -> None:
    soft, softer = (gaussian_filter(FLAT, sigma) for sigma in (0.6, 1.2))
    (near, little), (far, much) = of(soft), of(softer)
    assert 0 < near < far
    assert 0 > little > much


def test_a_slice_without_noise_is_finitely_far() -> None:
    distance, shift = of(np.full_like(FLAT, 40.0))
    assert 5 < distance < 10  # ln of 400 over 1/12
    assert shift < 0


def test_only_flat_soft_tissue_is_measured() -> None:
    target = soft_tissue(256).astype(np.float64)
    corners = flat_regions(target, 16)
    assert corners
    for row, column in corners:
        part = target[row : row + 16, column : column + 16]
        assert part.reshape(4, 4, 4, 4).mean(axis=(1, 3)).std() <= FLAT_HU
        assert (part > -300).mean() >= 0.97
    assert flat_regions(target - 2000, 16) == []


@pytest.mark.parametrize("side", [16, 18])
def test_no_flat_region_is_missed(side: int) -> None:
    target = np.round(soft_tissue(256).astype(np.float64))
    block, step = side // 4, side // 2
    expected = []
    for r in range(0, 256 - side + 1, step):
        for c in range(0, 256 - side + 1, step):
            part = target[r : r + side, c : c + side]
            means = [
                part[i : i + block, j : j + block].mean()
                for i in range(0, 4 * block, block) for j in range(0, 4 * block, block)
            ]  # fmt: skip
            inside = ((part >= -300) & (part <= 400)).mean() >= 0.97
            if inside and np.std(means) <= FLAT_HU:
                expected.append((r, c))
    assert flat_regions(target, side) == expected != []


def test_without_a_flat_region_or_a_spacing_there_is_no_value_and_the_metric_says_why() -> None:
    air = HuErrors(FLAT - 1000, FLAT - 1000, pixel_spacing=0.7)
    assert np.isnan([air.noise_distance, air.frequency_shift]).all()
    unscaled = HuErrors(gaussian_filter(FLAT, 1), FLAT)
    assert unscaled.noise_distance > 0
    assert np.isnan(unscaled.frequency_shift)
    known = HuErrors(unscaled.image, FLAT, pixel_spacing=0.5)
    assert known.noise_distance == unscaled.noise_distance  # an octave is a ratio
    assert known.frequency_shift == pytest.approx(of(gaussian_filter(FLAT, 1))[1] / 0.5)
    assert "flat region" in METRICS["noise_distance"].undefined
    assert "pixel spacing" in METRICS["frequency_shift"].undefined


def plain_power(regions: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """By definition: dx dy / (Nx Ny) |DFT(region - plane)|^2, summed."""
    side = regions.shape[-1]
    rows, columns = np.mgrid[:side, :side]
    terms = np.stack([np.ones(side**2), rows.ravel(), columns.ravel()], axis=1)
    total = np.zeros((side, side))
    for region in regions:
        plane = terms @ np.linalg.lstsq(terms, region.ravel(), rcond=None)[0]
        total += np.abs(np.fft.fft2(region - plane.reshape(side, side))) ** 2
    return total * (spacing / side) ** 2


@pytest.mark.parametrize("side", [8, 9])
def test_the_sum_of_powers_is_that_of_whole_spectra(side: int) -> None:
    regions = RNG.normal(0, 20, (5, side, side))
    found = summed_power(regions, 0.7)
    assert found.power == pytest.approx(plain_power(regions, 0.7))
    assert found.regions == 5
    short = summed_power(regions.astype(np.float32), 0.7)
    assert short.power.dtype == np.float64
    largest = float(found.power.max())
    assert short.power == pytest.approx(found.power, rel=1e-5, abs=1e-6 * largest)
