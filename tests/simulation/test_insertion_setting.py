from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pi.simulation.calm_noise import ring_powers, tissue_squares
from pi.simulation.insertion import InsertionError, insert, slice_rng
from pi.simulation.insertion_setting import estimate, known_kernel
from pi.simulation.patient import SIZES, scan_patient
from pi.simulation.scanner import KERNELS

SIZE_SMALL = SIZES["small"]
SIZE = SIZE_SMALL.pixels


@pytest.fixture(scope="module")
def study() -> tuple[np.ndarray, float]:
    """Four slices of a simulated patient, (slices, 2 doses, 2 kernels, rows, columns), and mm."""
    images, placement = scan_patient(SIZE_SMALL, 4, 5, range(5, 9))
    return np.rint(images), placement.pixel


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kernel", [0, 1])
def test_noise_equals_that_of_the_true_low_dose(
    study: tuple[np.ndarray, float], kernel: int, named: bool
) -> None:
    scans, pixel = study
    full, low = scans[:, 0, kernel], scans[:, 1, kernel]
    known = known_kernel(KERNELS[kernel].name + "f", SIZE) if named else None
    setting = estimate(list(full), pixel, known, np.random.default_rng(0))
    ours = np.stack([insert(hu, setting, 0.25, slice_rng(hu, 5, 0.25)) for hu in full]) - full
    inside = np.stack([(g > 0) & (g < 120) for g in map(partial(gaussian_filter, sigma=2.0), full)])
    assert ours[inside].std() == pytest.approx((low - full)[inside].std(), rel=0.05)
    assert abs(ours[inside].mean()) < 0.5
    spectra = []
    for noise in (low - full, ours):
        powers = [
            ring_powers(n, tissue_squares(hu, 16).corners, 16)
            for n, hu in zip(noise, full, strict=True)
        ]
        rings = np.concatenate(powers).mean(axis=0) * np.arange(12)
        octaves = np.array([rings[2:4].sum(), rings[4:8].sum()])
        spectra.append(octaves / octaves.sum())
    np.testing.assert_allclose(spectra[0], spectra[1], rtol=0.1)


def test_the_same_slices_give_the_same_setting(study: tuple[np.ndarray, float]) -> None:
    once, again = (
        estimate(list(study[0][:2, 0, 0]), study[1], None, np.random.default_rng(1)) for _ in "ab"
    )
    assert once == again


def test_an_unknown_pixel_size_is_assumed_and_said(study: tuple[np.ndarray, float]) -> None:
    setting = estimate(list(study[0][:1, 0, 0]), None, None, np.random.default_rng(0))
    assert setting.assumed
    assert setting.pixel == pytest.approx(360 / SIZE)
    assert not estimate(list(study[0][:1, 0, 0]), study[1], None, np.random.default_rng(0)).assumed


def test_kernels_are_known_by_name() -> None:
    assert known_kernel("D45f", 512) == KERNELS[1]
    assert known_kernel("B30", 256) == KERNELS[0].on(256)
    assert known_kernel("STANDARD", 512) is None


@pytest.mark.parametrize(
    ("slices", "spacing", "said"),
    [
        ([], 0.7, "none"),
        ([np.full((64, 64), -1000.0)], 0.7, "1 slices have 0"),
        ([np.full((8, 8), 40.0)], 0.7, "1 slices have 0"),
        ([np.full((64, 64), np.nan)], 0.7, "4096 are NaN"),
        ([np.zeros((64, 64))], 0.0, "got 0"),
        ([np.zeros((64, 64))], float("nan"), "got nan"),
    ],
)
def test_what_tells_no_noise_is_refused(
    slices: list[np.ndarray], spacing: float, said: str
) -> None:
    with pytest.raises(InsertionError, match=said):
        estimate(slices, spacing, None, np.random.default_rng(0))


def test_a_slice_without_noise_is_refused() -> None:
    with pytest.raises(InsertionError, match="no noise"):
        estimate([np.full((64, 64), 40.0)], 1.0, None, np.random.default_rng(0))
