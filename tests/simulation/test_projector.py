import math

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.transform import radon

from pi.simulation.projector import Geometry, back_project, project
from pi.simulation.scanner import KERNELS, Kernel, apply_kernel, attenuation, hounsfield

Image = NDArray[np.float64]


def ellipse(geometry: Geometry, a: float, b: float, x0: float = 0.0, y0: float = 0.0) -> Image:
    """An anti-aliased ellipse of value 1; lengths in mm."""
    n = geometry.size * 8
    axis = (np.arange(n) - (n - 1) / 2) * geometry.pixel / 8
    inside = ((axis - x0) / a) ** 2 + ((axis[:, None] - y0) / b) ** 2 <= 1
    image: Image = inside.reshape(geometry.size, 8, geometry.size, 8).mean(axis=(1, 3))
    return image


def test_projection_of_a_disc_is_its_chord_at_every_angle() -> None:
    geometry = Geometry(128, 45, 1.4)
    radius, x0, y0, mu = 50.0, 12.0, -20.0, 0.02
    lines = project(mu * ellipse(geometry, radius, radius, x0, y0), geometry)
    t = (
        geometry.bin_centres
        - (x0 * np.cos(geometry.angles) + y0 * np.sin(geometry.angles))[:, None]
    )
    chord = 2 * mu * np.sqrt(np.maximum(radius**2 - t**2, 0))
    inner = np.abs(t) < 0.9 * radius
    np.testing.assert_allclose(lines[inner], chord[inner], rtol=0.02)
    assert np.sqrt(np.mean((lines - chord)[inner] ** 2)) < 2e-3 * chord.max()
    assert np.abs(lines[np.abs(t) > 1.1 * radius]).max() < 2e-3 * chord.max()


def test_every_view_holds_the_whole_mass() -> None:
    geometry = Geometry(64, 30, 2.0)
    image = np.random.default_rng(1).random((64, 64))
    total = project(image, geometry).sum(axis=1, dtype=np.float64) * geometry.pixel
    np.testing.assert_allclose(total, image.sum() * geometry.pixel**2, rtol=1e-3)


def test_projection_agrees_with_scikit_image() -> None:
    # An odd size: only there do the two put the axis at the same place.
    geometry = Geometry(129, 36, 1.0)
    image = 0.02 * ellipse(geometry, 45, 30, 5, -8) + 0.01 * ellipse(geometry, 12, 20, -15, 6)
    ours = project(image, geometry)
    # scikit-image lets y run upward.
    theirs = radon(image[::-1], np.rad2deg(geometry.angles), circle=False).T  # type: ignore[no-untyped-call]
    spare = (geometry.bins - theirs.shape[1]) // 2
    difference = ours[:, spare:-spare] - theirs
    assert np.linalg.norm(difference) < 0.002 * np.linalg.norm(theirs)


def test_back_projection_recovers_both_of_two_images() -> None:
    geometry = Geometry(128, 180, 1.4)
    first = attenuation(
        60 + 1060 * (ellipse(geometry, 70, 45) - 1) + 120 * ellipse(geometry, 20, 15)
    )
    second = 0.5 * first
    images = back_project(project(first, geometry), project(second, geometry), geometry)
    body = ellipse(geometry, 62, 38) - ellipse(geometry, 26, 21) == 1
    core = ellipse(geometry, 14, 10) == 1
    for image, scale in zip(images, (1.0, 2.0), strict=True):
        assert image.dtype == np.float32
        hu = hounsfield(scale * image)
        assert hu[body].mean() == pytest.approx(60, abs=2)
        assert hu[core].mean() == pytest.approx(180, abs=2)


@pytest.mark.parametrize(("kernel", "limit"), list(zip(KERNELS, (0.5, 1.5), strict=True)))
def test_flat_tissue_stays_flat(kernel: Kernel, limit: float) -> None:
    """No pattern of the projector: nearest-bin splatting left 8.7 and 18 HU (ct-data 4.2)."""
    geometry = Geometry(256, 360, 1.4)
    hu = 60 + 1060 * (ellipse(geometry, 150, 110) - 1)
    lines = project(attenuation(hu), geometry)
    image, _ = back_project(lines, lines, geometry)
    filtered = hounsfield(apply_kernel(image, kernel.on(256), 1.4))
    inner = ellipse(geometry, 120, 85) == 1
    assert filtered[inner].std() < limit


def test_projection_is_linear() -> None:
    geometry = Geometry(32, 12, 1.0)
    rng = np.random.default_rng(2)
    a, b = rng.random((2, 32, 32))
    np.testing.assert_allclose(
        project(a + 2 * b, geometry),
        project(a, geometry) + 2 * project(b, geometry),
        rtol=1e-4,
        atol=1e-4,
    )


def test_detector_covers_the_diagonal() -> None:
    geometry = Geometry(50, 10, 0.7)
    assert geometry.bin_centres[-1] > 25 * math.sqrt(2) * 0.7
    assert geometry.bin_centres[0] == pytest.approx(-geometry.bin_centres[-1])


def test_a_finer_detector_sees_and_gives_back_the_same() -> None:
    coarse, fine = Geometry(64, 90, 2.0), Geometry(64, 90, 2.0, beams=2)
    image = attenuation(1000 * (ellipse(coarse, 45, 35) - 1))
    lines, finer = project(image, coarse), project(image, fine)
    same = np.interp(coarse.bin_centres, fine.bin_centres, finer[7])
    inside = np.abs(coarse.bin_centres) < 25
    np.testing.assert_allclose(same[inside], lines[7][inside], rtol=0.02)
    assert finer.sum() * fine.pitch == pytest.approx(lines.sum() * coarse.pitch, rel=1e-3)
    # Without a kernel, what lies above the image's own Nyquist frequency would alias into it.
    kernel = Kernel("any", 0.1, 0.2)
    found, expected = (
        hounsfield(back_project(seen, seen, geometry, kernel.mtf)[0])[20:44, 20:44]
        for seen, geometry in ((finer, fine), (lines, coarse))
    )
    np.testing.assert_allclose(found, expected, atol=10.0)
    assert found.mean() == pytest.approx(expected.mean(), abs=2.0)


def test_a_kernel_in_the_filter_is_the_kernel_on_the_image() -> None:
    geometry, kernel = Geometry(64, 120, 2.0), Kernel("any", 0.1, 0.2)
    lines = project(attenuation(1000 * (ellipse(geometry, 45, 35) - 1)), geometry)
    filtered, _ = back_project(lines, lines, geometry, kernel.mtf)
    plain, _ = back_project(lines, lines, geometry)
    after = apply_kernel(plain, kernel, geometry.pixel)
    inner = (slice(8, -8), slice(8, -8))
    difference = hounsfield(filtered)[inner] - hounsfield(after)[inner]
    assert np.sqrt(np.mean(difference**2)) < 4.0
