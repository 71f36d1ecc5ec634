from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.errors import PiError
from pi.simulation.insertion import (
    ELECTRONIC_SHARE,
    Beams,
    InsertionError,
    Setting,
    crop,
    insert,
    padding,
    reconstruct_noise,
    slice_rng,
    trace,
)
from pi.simulation.projector import Geometry, back_project, project
from pi.simulation.scanner import (
    KERNELS,
    ScanSettings,
    attenuation,
    expose,
    hounsfield,
    sent_photons,
)

PIXEL = 300 / 96
REFERENCE = Geometry(512, 720, 0.7)
SETTING = Setting(PIXEL, False, 2.0e4, (0.0, 0.08, 0.15), (1.0, 0.7, 0.0))


def water(rows: int = 96, columns: int = 96, radius: float = 110.0) -> np.ndarray:
    y, x = (np.arange(n) - (n - 1) / 2 for n in (rows, columns))
    disc = np.hypot(x, y[:, None]) * PIXEL < radius
    return np.where(disc, 0, -1000).astype(np.int16)


def drawn(hu: np.ndarray, fraction: float, count: int, setting: Setting = SETTING) -> np.ndarray:
    rngs = [np.random.default_rng(seed) for seed in range(count)]
    return np.stack([insert(hu, setting, fraction, rng) for rng in rngs]) - hu.astype(np.float64)


@given(st.floats(0.05, 0.95), st.floats(1e3, 1e6))
def test_variance_of_a_beam_is_that_of_counts_and_electronics(dose: float, photons: float) -> None:
    beams = Beams(REFERENCE, np.full((1, 1), 0.5))
    n = dose * photons / 2
    # Twice, because a detector pixel here is half as wide as the reference's.
    expected = 2 * (1 / n + (ELECTRONIC_SHARE * photons + 1.5) / n**2)
    assert beams.variance(photons, dose)[0, 0] == pytest.approx(expected)


def test_added_variance_is_that_of_the_scanner_that_thins_photons() -> None:
    protocol = ScanSettings(photons=4.0e4, electronic_variance=4.0e4 * ELECTRONIC_SHARE, dose=0.25)
    lines = np.full((400, 400), 2.0, dtype=np.float32)
    sent = np.full(400, protocol.photons)
    full, low = expose(lines, sent, protocol, np.random.default_rng(3))
    beams = Beams(REFERENCE, np.full((1, 1), np.exp(-2.0)))
    added = beams.variance(4.0e4, 0.25) - beams.variance(4.0e4)
    assert (low - full).var() == pytest.approx(added[0, 0] / 2, rel=0.01)


def test_few_photons_of_a_coarse_detector_make_the_noise_of_its_scanner() -> None:
    """Of the smallest preset, whose beams hold few photons and electronics of their own share."""
    geometry, protocol = Geometry(128, 180, 2.8), replace(ScanSettings().on(128), dose=0.25)
    sent = sent_photons(5.6, geometry, protocol)[geometry.bins // 2]
    lines, arriving = np.full((600, 600), 5.6, np.float32), np.exp(-5.6) * sent / protocol.photons
    both = expose(lines, np.full(600, sent), protocol, np.random.default_rng(4))
    beams = Beams(geometry, np.full((1, 1), arriving))
    for measured, dose in zip(both, (1.0, 0.25), strict=True):
        expected = beams.variance(protocol.photons, dose)[0, 0] / 2
        assert measured.var() == pytest.approx(expected, rel=0.02)


def test_noise_is_larger_where_the_patient_is_thicker() -> None:
    """Centre over rim, against a scan of the same water through the scanner's own photons."""
    hu = water()
    geometry = Geometry(96, 135, PIXEL)
    protocol = ScanSettings(photons=2.0e4, electronic_variance=1.0)
    lines = project(attenuation(hu), geometry)
    sent = sent_photons(float(np.percentile(lines, 99)), geometry, protocol)
    theirs = []
    for seed in range(12):
        both = expose(lines, sent, protocol, np.random.default_rng(seed))
        full, low = back_project(*both, geometry, SETTING.response)
        theirs.append(hounsfield(low) - hounsfield(full))
    radius = np.hypot(*np.indices(hu.shape) - 47.5) * PIXEL
    centre, rim = radius < 35, (radius > 85) & (radius < 105)
    ours = drawn(hu, 0.25, 12)
    ratios = [noise[:, centre].std() / noise[:, rim].std() for noise in (ours, np.stack(theirs))]
    assert ratios[0] == pytest.approx(ratios[1], rel=0.07)
    assert ratios[0] > 1.15
    # And the level itself: same photons, same kernel.
    assert ours[:, centre].std() == pytest.approx(np.stack(theirs)[:, centre].std(), rel=0.05)


def test_the_mean_stays() -> None:
    added = drawn(water(), 0.5, 10)
    inside = water() == 0
    assert abs(added[:, inside].mean()) < 5 * added[:, inside].std() / np.sqrt(inside.sum())


def test_edges_stay_as_sharp_as_they_are() -> None:
    """The difference holds nothing of the edges: regressed on them, it is 0 within chance."""
    hu = water()
    hu[40:56, 40:56] = 100
    added = drawn(hu, 0.25, 30).mean(axis=0)[8:-8, 8:-8]
    gradient = np.gradient(hu.astype(np.float64))
    for edge in (g[8:-8, 8:-8] for g in (*gradient, np.gradient(gradient[0])[0])):
        inner = np.abs(edge) * (np.abs(edge) < 200)
        at_edges = np.sum(added * edge * (inner > 0)) / max(np.sum(edge**2 * (inner > 0)), 1)
        assert abs(at_edges) < 0.1


def test_less_dose_is_more_noise_by_the_missing_photons() -> None:
    half, tenth = (drawn(water(), fraction, 4)[:, 40:56, 40:56].std() for fraction in (0.5, 0.1))
    # (1/0.1 - 1) / (1/0.5 - 1) = 9 of quantum noise alone; electronics add to the lower dose.
    assert 3.0 < tenth / half < 3.6


def test_slices_draw_their_own_noise_whatever_their_order() -> None:
    first, second = water(), water(radius=100.0)
    forth = [insert(hu, SETTING, 0.25, slice_rng(hu, 5, 0.25)) for hu in (first, second)]
    back = [insert(hu, SETTING, 0.25, slice_rng(hu, 5, 0.25)) for hu in (second, first)]
    np.testing.assert_array_equal(forth[0], back[1])
    np.testing.assert_array_equal(forth[1], back[0])
    draws = {
        slice_rng(hu, seed, fraction).integers(2**60)
        for hu in (first, second)
        for seed in (5, 6)
        for fraction in (0.25, 0.1)
    }
    assert len(draws) == 8
    assert slice_rng(first, 5, 0.1).integers(9**9) == slice_rng(
        first.astype(np.float32), 5, 0.1
    ).integers(9**9)


def test_padding_remains_and_clipped_air_does_not_count_as_padding() -> None:
    hu = water()
    outside = np.hypot(*np.indices(hu.shape) - 47.5) > 46
    hu[outside] = -1024
    hu[20, 48] = -1024
    found = padding(hu.astype(np.float32))
    np.testing.assert_array_equal(found[outside], True)
    assert not found[20, 48]
    low = insert(hu, SETTING, 0.1, np.random.default_rng(0))
    np.testing.assert_array_equal(low[outside], -1024)
    hu[outside] = -2000
    assert (insert(hu, SETTING, 0.1, np.random.default_rng(0))[outside] == -2000).all()


@pytest.mark.parametrize("shape", [(96, 70), (63, 96), (51, 51)])
def test_any_shape_comes_back(shape: tuple[int, int]) -> None:
    hu = water(*shape, radius=70.0)
    low = insert(hu, SETTING, 0.25, np.random.default_rng(0))
    assert low.shape == shape
    assert low.dtype == np.int16
    assert (low != hu)[hu == 0].mean() > 0.8


def test_a_slice_in_a_larger_field_of_air_has_the_same_noise() -> None:
    wide, narrow = water(96, 96, 70.0), water(96, 64, 70.0)
    noise = [
        drawn(hu, 0.25, 6)[:, 40:56, (hu.shape[1] // 2 - 8) :][:, :, :16] for hu in (wide, narrow)
    ]
    np.testing.assert_allclose(noise[0], noise[1], atol=1.0)


def test_noise_alone_has_the_spectrum_of_its_kernel() -> None:
    kernel = KERNELS[0].on(128)
    grid = np.linspace(0, 0.25, 60)
    setting = Setting(2.8, False, 1.0, tuple(grid), tuple(kernel.mtf(grid)))
    beams = trace(np.full((128, 128), -1000, dtype=np.float32), 2.8)
    flat = np.ones_like(beams.arriving)
    power = np.zeros((128, 128))
    for seed in range(4):
        for image in reconstruct_noise(flat, beams.geometry, setting, np.random.default_rng(seed)):
            power += np.abs(np.fft.fft2(crop(image, (128, 128)))) ** 2
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(128, 2.8), np.fft.fftfreq(128, 2.8)))
    rings = [(f > low) & (f <= low + 0.02) for low in (0.04, 0.06, 0.08, 0.1)]
    found = np.array([power[ring].mean() for ring in rings])
    expected = np.array([np.mean(f[ring] * kernel.mtf(f[ring]) ** 2) for ring in rings])
    np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), rtol=0.05)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.25, 1.5, float("nan")])
def test_a_fraction_outside_is_refused(fraction: float) -> None:
    with pytest.raises(InsertionError, match=r"between 0 and 1 but got") as caught:
        insert(water(), SETTING, fraction, np.random.default_rng(0))
    assert isinstance(caught.value, PiError)


def test_pixels_that_are_no_number_are_refused() -> None:
    hu = water().astype(np.float32)
    hu[3, 4] = np.nan
    with pytest.raises(InsertionError, match="1 are NaN"):
        insert(hu, SETTING, 0.25, np.random.default_rng(0))


def test_a_volume_is_refused() -> None:
    with pytest.raises(InsertionError, match=r"\(2, 4, 4\)"):
        insert(np.zeros((2, 4, 4)), SETTING, 0.25, np.random.default_rng(0))
