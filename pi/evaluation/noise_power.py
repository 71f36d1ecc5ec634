"""The noise power spectrum of what a slice differs from its normal dose by.

NPS(u, v) = dx dy / (Nx Ny) <|DFT(region - trend)|^2>, so that its sum times df^2 is the variance
(AAPM TG-233; method 5.2). SSIM and PSNR do not tell blur from noise; this does: a denoiser that
smooths moves the mean frequency down. The difference of the two doses takes the anatomy out; what
a denoiser blurs at edges stays in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft2

from pi.evaluation.protocol import EvaluationError
from pi.evaluation.regions import Floats


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
    """Return the summed power of regions, (n, N, N) HU, each less its fitted plane.

    Its sum times df^2 = 1/(N dx)^2 is the sum of the regions' variances about their planes. Fourier
    transforms are in the regions' own precision, sums in float64.
    """
    side = regions.shape[-1]
    half = rfft2(without_plane(regions).astype(regions.dtype, copy=False))
    parts = half.view(half.real.dtype).reshape(*half.shape, 2)
    total = np.square(parts).sum(axis=0, dtype=np.float64).sum(axis=-1)
    # The power at -f is that at f: columns beyond the middle mirror those before it.
    mirrored = np.roll(total[::-1], 1, axis=0)[:, 1 : side - side // 2][:, ::-1]
    power = np.concatenate([total, mirrored], axis=1) * (pixel_spacing / side) ** 2
    return PowerSum(power, len(regions))


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
