"""Local Fourier ring correlation: beside numpy's own spectra, closed forms, and invented discs."""

import numpy as np
import pytest

from pi.evaluation.pair import HuErrors
from pi.evaluation.ring_correlation import COARSE, invention, ring_correlations

SIDE = 24


def by_hand(image: np.ndarray, target: np.ndarray) -> list[float]:
    """The whole spectra, a loop over rings."""
    window = np.hanning(2 * SIDE + 1)[1::2]
    spectra = [np.fft.fft2((p - p.mean()) * np.outer(window, window)) for p in (image, target)]
    axis = np.fft.fftfreq(SIDE, 1 / SIDE)
    ring = np.rint(np.hypot(axis[:, None], axis))
    found = []
    for r in range(1, COARSE + 1):
        f, g = (spectrum[ring == r] for spectrum in spectra)
        top = (f * g.conj()).sum().real
        found.append(top / np.sqrt((abs(f) ** 2).sum() * (abs(g) ** 2).sum()))
    return found


def test_correlations_are_those_of_whole_spectra() -> None:
    rng = np.random.default_rng(1)
    images, targets = rng.normal(40, 30, (2, 6, SIDE, SIDE))
    found = ring_correlations(images.astype(np.float32), targets.astype(np.float32))
    expected = [by_hand(a, b) for a, b in zip(images, targets, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_gain_and_offset_change_nothing_and_the_negative_is_minus_one() -> None:
    rng = np.random.default_rng(2)
    hu = rng.normal(40, 30, (5, SIDE, SIDE)).astype(np.float32)
    np.testing.assert_allclose(ring_correlations(3 * hu - 70, hu), 1, atol=1e-5)
    np.testing.assert_allclose(ring_correlations(-hu, hu), -1, atol=1e-5)


def test_independent_noise_gives_the_root_of_the_shared_power() -> None:
    """Signal s seen in noise of the same power on one side: C = 1 / sqrt 2 on the average."""
    rng = np.random.default_rng(3)
    shared, own = rng.normal(0, 20, (2, 4000, SIDE, SIDE)).astype(np.float32)
    found = ring_correlations(shared + own, shared)
    # 4 and 6 independent frequencies: a quotient of sums of few is a little below.
    assert found.mean() == pytest.approx(1 / np.sqrt(2), abs=0.05)


def test_nothing_correlates_with_nothing_alone() -> None:
    flat, other = np.zeros((1, SIDE, SIDE), np.float32), np.eye(SIDE, dtype=np.float32)[None] * 90
    assert (ring_correlations(flat, flat) == 1).all()
    assert (ring_correlations(other, flat) == 0).all()


def phantom() -> np.ndarray:
    rows, columns = np.mgrid[:256, :256]
    return np.asarray(60 + 60 * np.sin(rows / 9) * np.cos(columns / 11))


def test_an_invented_disc_is_flagged_where_it_is_and_blur_is_not() -> None:
    from scipy.ndimage import gaussian_filter

    target = phantom()
    blurred = gaussian_filter(target, 1.5)
    plain = invention(blurred, target)
    assert plain is not None and plain.rate == 0  # noqa: PT018
    rows, columns = np.mgrid[:256, :256]
    disc = np.hypot(rows - 120, columns - 140) < 7
    found = invention(blurred - 200 * disc, target)
    assert found is not None
    shown = found.map(target.shape)
    assert 0 < found.rate < 0.1
    assert shown[120, 140]
    far = np.hypot(rows - 120, columns - 140) > 40
    assert not (shown & far).any()


def test_the_rate_is_a_metric_and_undefined_without_tissue() -> None:
    target = phantom()
    assert HuErrors(target, target).hallucination == 0
    air = np.full((64, 64), -1000.0)
    assert np.isnan(HuErrors(air, air).hallucination)
    small = np.full((8, 8), 40.0)  # larger than the slice
    assert np.isnan(HuErrors(small, small).hallucination)
