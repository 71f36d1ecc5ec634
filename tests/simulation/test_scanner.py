import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.simulation.projector import Geometry
from pi.simulation.scanner import (
    KERNELS,
    Kernel,
    ScanSettings,
    apply_kernel,
    attenuation,
    expose,
    hounsfield,
    scan,
    sent_photons,
)


@given(st.floats(-1024, 3071))
def test_hu_survive_attenuation_and_back(hu: float) -> None:
    assert hounsfield(attenuation(np.array([hu])))[0] == pytest.approx(hu, abs=1e-3)


def test_water_and_air_attenuate_as_they_must() -> None:
    np.testing.assert_allclose(attenuation(np.array([0.0, -1000.0])), [0.0192, 0.0], atol=1e-9)


@pytest.fixture(scope="module")
def uniform() -> tuple[np.ndarray, np.ndarray, float]:
    """Readings of a million beams that all arrive with the same number of photons."""
    arriving, lines = 4000.0, np.full((1000, 1000), 2.0, dtype=np.float32)
    sent = np.full(1000, arriving * np.exp(2.0))
    full, low = expose(lines, sent, ScanSettings(), np.random.default_rng(7))
    return full - 2.0, low - 2.0, arriving


def test_noise_variance_is_that_of_counts_and_electronics(
    uniform: tuple[np.ndarray, np.ndarray, float],
) -> None:
    full, low, n = uniform
    # var(ln N) = 1/N + var(e)/N^2 to first order; at a quarter of the photons N/4 counts.
    assert full.var() == pytest.approx(1 / n + 10 / n**2, rel=0.01)
    assert low.var() == pytest.approx(4 / n + 160 / n**2, rel=0.01)
    assert full.mean() == pytest.approx(1 / (2 * n), abs=1e-4)


def test_quarter_dose_is_full_dose_with_added_noise(
    uniform: tuple[np.ndarray, np.ndarray, float],
) -> None:
    full, low, _ = uniform
    assert np.corrcoef(full.ravel(), low.ravel())[0, 1] == pytest.approx(0.5, abs=0.01)
    assert low.std() / full.std() == pytest.approx(2.0, rel=0.01)
    assert (low - full).std() / full.std() == pytest.approx(np.sqrt(3), rel=0.01)
    assert np.corrcoef(full.ravel(), (low - full).ravel())[0, 1] == pytest.approx(0, abs=0.01)


def test_a_starved_beam_stays_finite() -> None:
    lines = np.full((20, 50), 30.0, dtype=np.float32)
    for noisy in expose(lines, np.full(50, 1e4), ScanSettings(), np.random.default_rng(0)):
        assert np.isfinite(noisy).all()


def test_photons_follow_patient_and_bowtie() -> None:
    geometry = Geometry(512, 720, 0.7)
    sent = sent_photons(5.6, geometry, ScanSettings(2e5))
    assert sent.max() == pytest.approx(2e5, rel=1e-4)
    assert sent[0] < 0.5 * sent.max()
    thick = sent_photons(7.6, geometry, ScanSettings(2e5))
    np.testing.assert_allclose(thick, np.e * sent)


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_passes_half_and_a_tenth_where_it_says(kernel: Kernel) -> None:
    np.testing.assert_allclose(kernel.mtf(np.array([0.0, kernel.f50, kernel.f10])), [1, 0.5, 0.1])


@pytest.mark.parametrize("kernel", KERNELS)
def test_spectrum_of_a_filtered_point_is_the_mtf(kernel: Kernel) -> None:
    size, pixel = 128, 0.35
    point = np.zeros((size, size), dtype=np.float32)
    point[0, 0] = 1.0
    response = np.abs(np.fft.fft2(apply_kernel(point, kernel, pixel)))
    frequency = np.fft.fftfreq(size, pixel)[: size // 2]
    for axis in (response[0, : size // 2], response[: size // 2, 0]):
        assert np.interp(-0.5, -axis, frequency) == pytest.approx(kernel.f50, rel=0.01)
        assert np.interp(-0.1, -axis, frequency) == pytest.approx(kernel.f10, rel=0.01)


def test_kernels_of_a_coarser_matrix_are_the_same_in_cycles_per_pixel() -> None:
    kernel = KERNELS[0].on(256)
    assert (kernel.f50, kernel.f10) == (0.19, 0.32)
    assert KERNELS[0].on(512) == KERNELS[0]


def water(size: int) -> np.ndarray:
    axis = (np.arange(size) - (size - 1) / 2) * (300 / size)
    disc = np.hypot(axis, axis[:, None]) < 110
    return np.where(disc, 0.0, -1000.0).astype(np.float32)


def test_a_coarser_matrix_has_the_same_noise_in_hu() -> None:
    deviations = []
    for size in (64, 128):
        geometry = Geometry(size, size * 720 // 512, 300 / size)
        middle = slice(size // 3, 2 * size // 3)
        noise = []
        for trial in range(4):
            image = scan(
                water(size), geometry, ScanSettings().on(size), np.random.default_rng(trial)
            )
            noise.append((image[1] - image[0])[:, middle, middle])
        deviations.append(np.std(noise, axis=(0, 2, 3)))
    np.testing.assert_allclose(deviations[0], deviations[1], rtol=0.08)


def test_scan_gives_two_doses_and_two_kernels_of_the_same_water() -> None:
    geometry = Geometry(64, 90, 300 / 64)
    images = scan(water(64), geometry, ScanSettings(), np.random.default_rng(0))
    assert images.shape == (2, 2, 64, 64)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[:, :, 24:40, 24:40].mean(axis=(2, 3)), 0.0, atol=3.0)
    soft, sharp = (
        images[:, 0, 24:40, 24:40].std(axis=(1, 2)),
        images[:, 1, 24:40, 24:40].std((1, 2)),
    )
    assert (sharp > soft).all()


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    geometry = Geometry(32, 20, 9.0)
    once, again = (
        scan(water(32), geometry, ScanSettings(), np.random.default_rng(1)) for _ in "ab"
    )
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # type: ignore[index]
