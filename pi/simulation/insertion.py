"""A low dose from a normal dose: the noise of the missing photons, added to the scan.

The slice is projected, the variance that fewer photons would add to every beam is worked out, and
noise of that variance is reconstructed alone, with the scan's own kernel, and added. What is in the
scan stays as sharp as it is. Slices are independent of each other: where they overlap (3 mm every
2 mm), real noise is shared between neighbours and this noise is not.

References:
    Zeng et al., A simple low-dose x-ray CT simulation from high-dose scan, IEEE TNS 62 (2015)
    2226: quantum and electronic variance of a beam at a lower dose.
    McCollough et al., Med Phys 44 (2017) e339, section 2.B: the challenge's quarter dose is the
    full dose with noise inserted.
"""

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening, binary_propagation

from pi.errors import PiError
from pi.simulation.projector import Geometry, back_project, project
from pi.simulation.scanner import (
    REFERENCE_SIZE,
    REFERENCE_VIEWS,
    WATER,
    ScanSettings,
    attenuation,
    photons_share,
    sent_photons,
)

HU_LOW, HU_HIGH, AIR = -1024, 3072, -1000

BEAMS = 2
"""Detector pixels per image pixel: the noise of a sharp kernel reaches the corners of the plane."""

ELECTRONIC_SHARE = ScanSettings().electronic_variance / ScanSettings().photons
"""Electronic variance over the photons sent. An image does not tell it; it is the literature's."""

OF_LOGARITHM = 1.5
"""What the logarithm's curvature adds to the variance of ln N, in N^-2 (delta method)."""


class InsertionError(PiError):
    """A low dose cannot be made from this slice."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What has to be known of a series to add noise to its slices.

    Attributes:
        pixel: side of a pixel, mm.
        assumed: whether ``pixel`` is an assumption because the series does not tell it.
        photons: per beam at the reference geometry and patient size (`scanner.Protocol`) that
            explain the noise found; more than were sent where thin slices were averaged.
        frequencies: (n,) in 1/mm, rising from 0.
        mtf: (n,) of the kernel at ``frequencies``, 1 at 0; beyond the last there is nothing.
    """

    pixel: float
    assumed: bool
    photons: float
    frequencies: tuple[float, ...]
    mtf: tuple[float, ...]

    def response(self, frequency: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the MTF at ``frequency`` (1/mm)."""
        result: NDArray[np.float64] = np.interp(frequency, self.frequencies, self.mtf, right=0.0)
        return result


@dataclass(frozen=True, slots=True)
class Beams:
    """The beams through a slice.

    Attributes:
        geometry: of the reconstruction.
        arriving: (views, bins) photons that arrive of one sent per beam at the reference.
    """

    geometry: Geometry
    arriving: NDArray[np.float64]

    def variance(self, photons: float, dose: float = 1.0) -> NDArray[np.float64]:
        """Return the variance of the line integrals, (views, bins).

        That of ln(Poisson(N) + electronic noise) to second order: 1/N + (electronic + 3/2)/N^2.

        Args:
            photons: per beam at the reference.
            dose: fraction of them that is sent.
        """
        whole = replace(self.geometry, beams=1)
        electronic = ELECTRONIC_SHARE * photons * photons_share(whole)
        # A reading below the electronic noise is clipped by every scanner before the logarithm.
        counts = np.maximum(dose * photons * self.arriving, math.sqrt(electronic))
        return BEAMS * (1 / counts + (electronic + OF_LOGARITHM) / counts**2)


def insert(
    hu: NDArray[np.generic], setting: Setting, fraction: float, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Return the slice as it would look at a fraction of its dose.

    Args:
        hu: (rows, columns) int16 or floating, the normal dose.
        setting: of the series, from `pi.simulation.insertion_setting.estimate`.
        fraction: of the normal dose, between 0 and 1.
        rng: source of the noise; see `slice_rng`.

    Returns:
        (rows, columns) int16, HU in [-1024, 3072]. Padding is as it was.

    Raises:
        InsertionError: the fraction is not between 0 and 1, or the slice is no array of HU.
    """
    if not 0 < fraction < 1:
        raise InsertionError(f"A dose fraction must lie between 0 and 1 but got {fraction:g}.")
    checked = check_slice(hu)
    beams = trace(checked, setting.pixel)
    added = beams.variance(setting.photons, fraction) - beams.variance(setting.photons)
    noise, _ = reconstruct_noise(added, beams.geometry, setting, rng)
    low = np.clip(np.rint(checked + crop(noise, checked.shape)), HU_LOW, HU_HIGH)
    return np.where(padding(checked), checked, low).astype(np.int16)


def slice_rng(hu: NDArray[np.generic], seed: int, fraction: float) -> np.random.Generator:
    """Return a slice's own generator: from its pixels, so that the order of slices is no matter."""
    pixels = np.ascontiguousarray(np.rint(hu.astype(np.float64)).astype("<i2"))
    digest = hashlib.blake2b(pixels.tobytes(), digest_size=16, key=f"{seed} {fraction!r}".encode())
    return np.random.default_rng(int.from_bytes(digest.digest(), "little"))


def check_slice(hu: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return the slice as float32.

    Raises:
        InsertionError: it is not (rows, columns), or holds NaN or infinity.
    """
    if hu.ndim != 2 or not hu.size:
        raise InsertionError(f"A slice must be (rows, columns) but got the shape {hu.shape}.")
    checked = hu.astype(np.float32)
    bad = int(np.count_nonzero(~np.isfinite(checked)))
    if bad:
        raise InsertionError(f"Every pixel must be a number of HU but {bad} are NaN or infinite.")
    return checked


def padding(hu: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which pixels lie outside the field of view, (rows, columns) bool.

    They are at -1024 HU or below, as clipped noise in air may be too; but that lies scattered,
    and padding in one piece that holds squares of 3 x 3.
    """
    lowest = hu <= HU_LOW
    pieces = binary_opening(lowest, np.ones((3, 3), dtype=bool))
    result: NDArray[np.bool_] = binary_propagation(pieces, mask=lowest)
    return result


def trace(hu: NDArray[np.float32], pixel: float) -> Beams:
    """Follow the beams through a slice, on pixels twice as large: the variance is smooth.

    A slice that is not square is set into a square of air.

    Args:
        hu: (rows, columns).
        pixel: side of a pixel, mm.
    """
    size = max(hu.shape) + max(hu.shape) % 2
    square = np.full((size, size), AIR, dtype=np.float32)
    crop(square, hu.shape)[...] = np.maximum(hu, AIR)
    coarse = square.reshape(size // 2, 2, size // 2, 2).mean(axis=(1, 3))
    views = math.ceil(size * REFERENCE_VIEWS / REFERENCE_SIZE / 2)
    seen = Geometry(size // 2, views, 2 * pixel)
    lines = project(attenuation(coarse), seen)
    geometry = Geometry(size, 2 * views, pixel, BEAMS)
    # The photons that a detector pixel as wide as an image pixel gets in one view.
    whole = Geometry(size, 2 * views, pixel)
    sent = sent_photons(float(np.percentile(lines, 99)), whole, ScanSettings(photons=1.0))
    fine = geometry.bin_centres
    through = np.stack([np.interp(fine, seen.bin_centres, line) for line in lines])
    arriving = np.interp(fine, whole.bin_centres, sent) * np.exp(-through)
    return Beams(geometry, np.repeat(arriving, 2, axis=0))


def reconstruct_noise(
    variance: NDArray[np.float64], geometry: Geometry, setting: Setting, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Reconstruct two draws of noise alone, HU.

    Args:
        variance: (views, bins) of the line integrals.
        geometry: of the reconstruction.
        setting: its kernel.
        rng: source of the noise.

    Returns:
        Two (size, size) float32.
    """
    deviation = np.sqrt(variance).astype(np.float32)
    first, second = (
        deviation * rng.standard_normal(variance.shape, dtype=np.float32) for _ in range(2)
    )
    images = back_project(first, second, geometry, setting.response)
    scale = np.float32(1000 / WATER)
    return images[0] * scale, images[1] * scale


def crop(square: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the view of ``shape`` in the middle of a square."""
    top, left = ((square.shape[axis] - shape[axis]) // 2 for axis in (0, 1))
    return square[top : top + shape[0], left : left + shape[1]]
