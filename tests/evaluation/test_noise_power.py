"""The noise power spectrum: its normalisation, its shape, and where it is measured."""

import numpy as np
import pytest
from images import soft_tissue
from scipy.ndimage import gaussian_filter

from pi.evaluation.noise_power import slice_power, spectrum, summed_power
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.regions import RegionRule, region_side, regions_of

SPACING = 0.7
WHITE = np.random.default_rng(0).normal(0, 20, (400, 32, 32))


def test_its_sum_is_the_variance_about_the_plane_exactly() -> None:
    rows, columns = np.mgrid[:32, :32]
    terms = np.stack([np.ones(1024), rows.ravel(), columns.ravel()], axis=1)
    for region in WHITE[:3]:
        fit = terms @ np.linalg.lstsq(terms, region.ravel(), rcond=None)[0]
        variance = np.mean((region.ravel() - fit) ** 2)
        power = summed_power(region[np.newaxis], SPACING).power
        assert power.sum() / (32 * SPACING) ** 2 == pytest.approx(variance, rel=1e-10)


def test_of_white_noise_it_is_flat_and_integrates_to_the_variance() -> None:
    found = spectrum(summed_power(WHITE, SPACING), SPACING)
    assert found.noise_hu == pytest.approx(20, rel=0.01)
    flat = 20**2 * SPACING**2
    assert found.radial[2:] == pytest.approx(np.full(14, flat), rel=0.05)


def test_frequencies_are_rings_from_one_step_to_nyquist() -> None:
    found = spectrum(summed_power(WHITE, SPACING), SPACING)
    assert found.frequencies[0] == pytest.approx(1 / (32 * SPACING))
    assert found.frequencies[-1] == pytest.approx(1 / (2 * SPACING))


def test_a_wave_is_found_at_its_frequency_with_its_variance() -> None:
    x = np.arange(64) * SPACING
    wave = np.sin(2 * np.pi * x * 8 / (64 * SPACING))
    region = np.broadcast_to(30 * wave, (1, 64, 64)).copy()
    found = spectrum(summed_power(region, SPACING), SPACING)
    assert found.peak == pytest.approx(8 / (64 * SPACING))
    assert found.noise_hu == pytest.approx(30 / np.sqrt(2), rel=0.01)


def test_a_plane_is_no_noise() -> None:
    rows, columns = np.mgrid[:16, :16]
    region = (3.0 + 2.0 * rows - columns)[np.newaxis]
    assert summed_power(region, SPACING).power.sum() == pytest.approx(0, abs=1e-18 * 1e6)


def test_blur_moves_the_mean_frequency_down() -> None:
    blurred = np.stack([gaussian_filter(region, 1.0) for region in WHITE])
    white, soft = (
        spectrum(summed_power(regions, SPACING), SPACING) for regions in (WHITE, blurred)
    )
    assert soft.mean < 0.7 * white.mean
    assert soft.noise_hu < white.noise_hu


def test_sums_of_slices_add_up() -> None:
    error = np.random.default_rng(1).normal(0, 5, (64, 64))
    one, other = ([(0, 0)], [(8, 24), (32, 32)])
    parts = slice_power(error, one, 16, SPACING) + slice_power(error, other, 16, SPACING)
    together = slice_power(error, one + other, 16, SPACING)
    assert parts.regions == together.regions == 3
    assert parts.power == pytest.approx(together.power)


def test_regions_lie_in_soft_tissue_and_overlap_by_half() -> None:
    target = soft_tissue(256)
    corners = regions_of(target)
    assert region_side(512) == 64
    assert region_side(256) == 32
    assert corners
    for row, column in corners:
        assert row % 16 == column % 16 == 0
        inside = target[row : row + 32, column : column + 32]
        assert np.mean((inside >= -300) & (inside <= 400)) >= 0.97


def test_air_has_no_regions_and_no_spectrum() -> None:
    air = np.full((64, 64), -1000, np.int16)
    assert regions_of(air) == []
    assert regions_of(air[:3], RegionRule()) == []
    with pytest.raises(EvaluationError, match="at least one region"):
        spectrum(slice_power(air, [], 8, SPACING), SPACING)
