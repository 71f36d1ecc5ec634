"""What an image shows that its normal dose does not: Fourier ring correlation, patch by patch.

In each patch of soft tissue the correlation of image and normal dose is taken ring by ring of their
spectra,

    C(r) = Re sum F G* / sqrt(sum |F|^2 sum |G|^2)   over the frequencies of ring r,

after a Hann window, of HU cut to those of soft tissue. A patch whose correlation falls below one
half already at coarse structure, in rings of up to `COARSE` periods across it, shows something else
than the normal dose does. Blur leaves these rings alone. Noise does not, for two doses differ by
chance: the rate of an output is read beside that of the low dose or of another output, not of 0.

References:
    Kc, Zeng, Soni and Badano, sFRC for assessing hallucinations in medical image restoration,
    arXiv:2603.04673, 2026: patches, the constant threshold, and the lowest frequency at which it is
    crossed.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.regions import Floats, RegionRule, cut_regions, region_side, regions_of

PATCHES = RegionRule(share_of_slice=1 / 16, inside=0.9)
LEAST_SIDE = 16
WINDOW_HU = (-160.0, 240.0)
THRESHOLD = 0.5
COARSE = 2
"""Rings that must correlate: structure of a half or the whole of a patch."""


@dataclass(frozen=True)
class Invention:
    """The patches of a slice.

    Attributes:
        corners: (patches, 2) upper left corner of each.
        side: of a patch in pixels.
        correlation: (patches,) the lowest of the coarse rings, -1 to 1.
    """

    corners: NDArray[np.int64] = field(repr=False)
    side: int
    correlation: Floats = field(repr=False)

    @property
    def flagged(self) -> NDArray[np.bool]:
        """Which patches show something else than the normal dose."""
        return np.asarray(self.correlation < THRESHOLD)

    @property
    def rate(self) -> float:
        """Their share."""
        return float(self.flagged.mean())

    def map(self, shape: tuple[int, ...]) -> NDArray[np.bool]:
        """Return the pixels of a slice of this shape that are in a flagged patch."""
        found = np.zeros(shape, dtype=bool)
        for row, column in self.corners[self.flagged]:
            found[row : row + self.side, column : column + self.side] = True
        return found


def invention(image: NDArray[np.generic], target: NDArray[np.generic]) -> Invention | None:
    """Return what a slice shows beside its normal dose, (rows, columns) HU both.

    Returns:
        None where no patch of soft tissue lies in the slice.
    """
    side = max(LEAST_SIDE, region_side(target.shape[0], PATCHES))
    both = [one.astype(np.float32) for one in (image, target)]
    corners = regions_of(both[1], PATCHES, side)
    if not corners:
        return None
    patches = [cut_regions(np.clip(hu, *WINDOW_HU), corners, side) for hu in both]
    return Invention(np.array(corners), side, ring_correlations(*patches).min(axis=1))


def ring_correlations(images: NDArray[np.float32], targets: NDArray[np.float32]) -> Floats:
    """Return the correlation of the coarse rings of some patches, (patches, `COARSE`).

    A ring in which either has nothing correlates by 1 if neither has, else by 0.

    Args:
        images: (patches, side, side) HU.
        targets: the same.
    """
    waves, rings = _waves(images.shape[1])
    one, two = (_spectrum(patches, waves) for patches in (images, targets))
    cross = (one * two.conj()).real @ rings
    of_one, of_two = (np.square(np.abs(spectrum)) @ rings for spectrum in (one, two))
    both = np.sqrt(of_one * of_two)
    nothing = both <= _NOTHING * images[0].size
    quotient = cross / np.where(nothing, 1, both)
    return np.where(nothing, np.maximum(of_one, of_two) <= _NOTHING * images[0].size, quotient)


_NOTHING = 1e-3  # HU^2 a pixel: whole HU that do not vary, but for rounding


def _spectrum(patches: NDArray[np.float32], waves: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return the few frequencies of the coarse rings of windowed patches less their means."""
    flat = patches.reshape(len(patches), -1)
    parts = (flat - flat.mean(axis=1, keepdims=True)) @ waves
    half = waves.shape[1] // 2
    return np.asarray(parts[:, :half] + 1j * parts[:, half:])


@lru_cache(maxsize=8)
def _waves(side: int) -> tuple[NDArray[np.float32], Floats]:
    """Return windowed waves of half the plane (pixels, real then imaginary parts), and their rings.

    The other half holds the conjugates, which change no quotient.
    """
    axis = np.arange(-COARSE, COARSE + 1)
    down, across = (one.ravel() for one in np.meshgrid(axis, axis, indexing="ij"))
    ring = np.rint(np.hypot(down, across)).astype(int)
    half = (ring >= 1) & (ring <= COARSE) & ((down > 0) | ((down == 0) & (across > 0)))
    place = np.arange(side)
    window = np.sin(np.pi * (place + 0.5) / side) ** 2
    lines = window * np.exp(-2j * np.pi * np.outer(axis, place) / side)
    pairs = zip(down[half] + COARSE, across[half] + COARSE, strict=True)
    plane = np.stack([np.outer(lines[d], lines[a]).ravel() for d, a in pairs], axis=1)
    rings = (ring[half][:, np.newaxis] == np.arange(1, COARSE + 1)).astype(np.float64)
    return np.concatenate([plane.real, plane.imag], axis=1).astype(np.float32), rings
