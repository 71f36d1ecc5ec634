"""The noise power spectrum of what a slice differs from its normal dose by.

NPS(u, v) = dx dy / (Nx Ny) <|DFT(region - trend)|^2>, so that its sum times df^2 is the variance
(AAPM TG-233; method 5.2). SSIM and PSNR do not tell blur from noise; this does: a denoiser that
smooths moves the mean frequency down. The difference of the two doses takes the anatomy out; what
a denoiser blurs at edges stays in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import rfft2

from pi.evaluation.protocol import EvaluationError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RegionRule:
    """Which regions are measured: squares that overlap by half and lie in soft tissue.

    Attributes:
        share_of_slice: side of a region over the slice's rows.
        low_hu: lowest HU of the target that counts as soft tissue or fat.
        high_hu: highest.
        inside: share of a region's pixels that must be so.
    """

    share_of_slice: float = 1 / 8
    low_hu: float = -300.0
    high_hu: float = 400.0
    inside: float = 0.97


REGIONS = RegionRule()


@dataclass(frozen=True, slots=True)
class PowerSum:
    """The power of some regions, summed; sums add up over slices.

    Attributes:
        power: sum over regions, (N, N) HU^2 mm^2 in DFT order.
        regions: how many.
    """

    power: Floats = field(repr=False)
    regions: int

    def __add__(self, other: "PowerSum") -> "PowerSum":
        return PowerSum(self.power + other.power, self.regions + other.regions)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A noise power spectrum, averaged over regions.

    Attributes:
        frequencies: 1/mm, of the rings, above 0 up to Nyquist.
        radial: mean power of each ring, HU^2 mm^2.
        noise_hu: root of the spectrum's integral, which is the variance.
        peak: frequency of the strongest ring, 1/mm.
        mean: frequency averaged with the radial power as weight, 1/mm; 0 without any noise.
    """

    frequencies: Floats = field(repr=False)
    radial: Floats = field(repr=False)
    noise_hu: float
    peak: float
    mean: float


def regions_of(
    target: NDArray[np.number], rule: RegionRule = REGIONS, side: int = 0
) -> list[tuple[int, int]]:
    """Return the upper left corners of the regions of a slice, (rows, columns) HU.

    Args:
        target: the slice.
        rule: which regions.
        side: of a region in pixels; 0: as the rule says.
    """
    side = side or region_side(target.shape[0], rule)
    if side > min(target.shape):
        return []
    counted = (target >= rule.low_hu) & (target <= rule.high_hu)
    step = side // 2
    found = np.argwhere(_shares(counted, side) >= rule.inside) * step
    return [(row, column) for row, column in found.tolist()]


def _shares(counted: NDArray[np.bool], side: int) -> Floats:
    """Return the share of each region's pixels that are counted."""
    step = side // 2
    if side % 2:
        windows = sliding_window_view(counted, (side, side))[::step, ::step]
        return np.asarray(windows.mean(axis=(2, 3)))
    sums = block_sums(counted.view(np.uint8), step)  # a region is 2 x 2 blocks
    pairs = sums[:-1] + sums[1:]
    return np.asarray((pairs[:, :-1] + pairs[:, 1:]) / side**2)


def block_sums(plane: NDArray[np.generic], side: int) -> Floats:
    """Return the sums of the ``side`` x ``side`` blocks of a plane; what no block holds is left."""
    rows, columns = (length // side for length in plane.shape)
    whole = plane[: rows * side, : columns * side].reshape(rows, side, columns * side)
    down = np.add.reduce(whole, axis=1, dtype=np.float64)
    return np.asarray(down.reshape(rows, columns, side).sum(axis=2))


def cut_regions(
    hu: NDArray[np.generic], corners: Sequence[tuple[int, int]], side: int
) -> NDArray[np.float32]:
    """Return the regions at some corners of a slice, (regions, side, side)."""
    rows, columns = np.asarray(corners).reshape(-1, 2).T
    windows = sliding_window_view(hu, (side, side))
    return np.asarray(windows[rows, columns], dtype=np.float32)


def region_side(rows: int, rule: RegionRule = REGIONS) -> int:
    """Return the side of a region in pixels: an even number, 64 of 512 rows."""
    return max(4, 2 * round(rows * rule.share_of_slice / 2))


def slice_power(
    error: NDArray[np.floating], corners: Sequence[tuple[int, int]], side: int, spacing: float
) -> PowerSum:
    """Return the power of the regions at ``corners`` of one slice.

    Args:
        error: image minus target, (rows, columns) HU.
        corners: see `regions_of`.
        side: see `region_side`.
        spacing: pixel spacing in mm.
    """
    regions = np.empty((len(corners), side, side))
    for k, (row, column) in enumerate(corners):
        regions[k] = error[row : row + side, column : column + side]
    return summed_power(regions, spacing)


def summed_power(regions: NDArray[np.floating], pixel_spacing: float) -> PowerSum:
    """Return the summed power of regions, (n, N, N) HU: `noise_power` in a quarter of its time.

    Fourier transforms are in the regions' own precision, sums in float64.
    """
    side = regions.shape[-1]
    half = rfft2(without_plane(regions).astype(regions.dtype, copy=False))
    parts = half.view(half.real.dtype).reshape(*half.shape, 2)
    total = np.square(parts).sum(axis=0, dtype=np.float64).sum(axis=-1)
    # The power at -f is that at f: columns beyond the middle mirror those before it.
    mirrored = np.roll(total[::-1], 1, axis=0)[:, 1 : side - side // 2][:, ::-1]
    power = np.concatenate([total, mirrored], axis=1) * (pixel_spacing / side) ** 2
    return PowerSum(power, len(regions))


def noise_power(regions: Floats, pixel_spacing: float) -> Floats:
    """Return the power of each region less its fitted plane.

    Args:
        regions: (n, N, N) HU.
        pixel_spacing: mm.

    Returns:
        (n, N, N) HU^2 mm^2 in DFT order; its sum times df^2 = 1/(N dx)^2 is the region's variance
        about the plane.
    """
    side = regions.shape[-1]
    spectra = np.abs(np.fft.fft2(without_plane(regions))) ** 2
    return np.asarray(spectra * (pixel_spacing / side) ** 2)


def spectrum(total: PowerSum, pixel_spacing: float) -> Spectrum:
    """Return the mean spectrum of ``total``'s regions.

    Raises:
        EvaluationError: there is no region.
    """
    if total.regions == 0:
        raise EvaluationError("a noise power spectrum must have at least one region but got none.")
    power = total.power / total.regions
    side = power.shape[0]
    step = 1 / (side * pixel_spacing)
    axis = np.fft.fftfreq(side, 1 / side)
    ring = np.rint(np.hypot(axis[:, np.newaxis], axis)).astype(int).ravel()
    rings = np.arange(1, side // 2 + 1)
    radial = (np.bincount(ring, power.ravel()) / np.bincount(ring))[rings]
    frequencies = rings * step
    return Spectrum(
        frequencies,
        radial,
        noise_hu=float(np.sqrt(power.sum()) * step),
        peak=float(frequencies[radial.argmax()]),
        mean=float(np.sum(frequencies * radial) / np.sum(radial)) if radial.any() else 0.0,
    )


def without_plane(regions: NDArray[np.floating]) -> Floats:
    """Return ``regions`` less the plane of least squares, whose three terms are orthogonal."""
    side = regions.shape[-1]
    ramp = np.arange(side) - (side - 1) / 2
    length = side * np.sum(ramp**2)
    down = np.einsum("nij,i->n", regions, ramp) / length
    across = np.einsum("nij,j->n", regions, ramp) / length
    mean = regions.mean(axis=(1, 2), keepdims=True)
    plane = mean + down[:, None, None] * ramp[:, None] + across[:, None, None] * ramp
    return np.asarray(regions - plane)
