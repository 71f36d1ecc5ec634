"""Whether noise still looks as a normal dose's does: the spectra of flat soft tissue, by octave.

In the same flat squares of the image and of its normal dose, less their planes, the power of the
noise is averaged in octaves below the Nyquist frequency. An octave is a ratio, so that they are
the same octaves in 1/mm whether or not the pixel spacing is known. The distance is

    sqrt(mean over octaves of (ln P_image - ln P_target)^2),

.2 where powers differ by a fifth. It is not of the difference of the two slices, as the spectra of
`pi.evaluation.noise_power` are: a denoised slice without any noise has no error power left there,
and yet looks like plastic.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pi.evaluation.noise_power import spectrum, summed_power
from pi.evaluation.regions import (
    Floats,
    RegionRule,
    block_sums,
    cut_regions,
    region_side,
    regions_of,
)

SOFT_TISSUE = RegionRule(share_of_slice=1 / 16)
LEAST_SIDE = 8
FLAT_HU = 25.0
"""Deviation of the means of a region's 4 x 4 blocks, above which it has edges."""

ROUNDING = 1 / 12
"""Power of rounding to whole HU, HU^2 pixels^2: added to all, so that logarithms are finite."""


@dataclass(frozen=True, slots=True)
class NoiseTexture:
    """The noise of an image beside that of its normal dose.

    Attributes:
        regions: flat regions that were found.
        log_ratios: (octaves,) ln of the image's power over the target's, from the lowest octave
            up to that which ends at the Nyquist frequency.
        shift: mean frequency of the image's noise less that of the target's, cycles per pixel:
            below 0 where it is smoother.
    """

    regions: int
    log_ratios: Floats = field(repr=False)
    shift: float

    @property
    def distance(self) -> float:
        """Root mean square of ``log_ratios``."""
        return float(np.sqrt(np.mean(np.square(self.log_ratios))))


def noise_texture(image: NDArray[np.generic], target: NDArray[np.generic]) -> NoiseTexture | None:
    """Compare the noise of two slices, (rows, columns) HU; None without a flat region."""
    side = max(LEAST_SIDE, region_side(target.shape[0], SOFT_TISSUE))
    corners = flat_regions(target.astype(np.float64), side)
    if not corners:
        return None
    of_image, of_target = (
        summed_power(cut_regions(hu, corners, side), 1.0) for hu in (image, target)
    )
    octaves = [
        np.log(_octaves(one.power / one.regions) + ROUNDING) for one in (of_image, of_target)
    ]
    shift = spectrum(of_image, 1.0).mean - spectrum(of_target, 1.0).mean
    return NoiseTexture(len(corners), octaves[0] - octaves[1], shift)


def flat_regions(target: Floats, side: int) -> list[tuple[int, int]]:
    """Return the upper left corners of the flat regions of soft tissue of a slice.

    Args:
        target: (rows, columns) HU.
        side: of a region, a multiple of 4.
    """
    corners = regions_of(target, SOFT_TISSUE, side)
    if not corners:
        return []
    block = side // 4
    # About their mean: a plane would hide half of an edge.
    flat = _block_means(target, corners, side, block).std(axis=(1, 2)) <= FLAT_HU
    return [corner for corner, yes in zip(corners, flat, strict=True) if yes]


def _block_means(target: Floats, corners: list[tuple[int, int]], side: int, block: int) -> Floats:
    """Return the means of the 4 x 4 blocks of each region, (regions, 4, 4)."""
    places = np.asarray(corners)
    if side % 4 == 0:  # regions begin at every second block, so that they share them
        means = sliding_window_view(block_sums(target, block) / block**2, (4, 4))
        return np.asarray(means[places[:, 0] // block, places[:, 1] // block])
    windows = sliding_window_view(target, (4 * block, 4 * block))[places[:, 0], places[:, 1]]
    return np.asarray(windows.reshape(-1, 4, block, 4, block).mean(axis=(2, 4)))


def _octaves(power: Floats) -> Floats:
    """Return the mean power of each octave, the lowest first; what a plane takes is in none."""
    side = len(power)
    axis = np.fft.fftfreq(side, 1 / side)
    radius = np.hypot(axis[:, np.newaxis], axis)
    edges = [side / 2]
    while edges[-1] >= 2:
        edges.append(edges[-1] / 2)
    pairs = list(zip(edges[1:], edges[:-1], strict=True))[::-1]
    return np.array([power[(radius > low) & (radius <= high)].mean() for low, high in pairs])
