"""Denoised HU back to stored values: rounded once, inside the source's bits, padding apart.

What is rounded is the change of a pixel, so a pixel that a denoiser leaves alone keeps its stored
value to the last bit, whatever slope and intercept are.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi.readers.hounsfield import HU_MAX, HU_MIN, PaddingRange, Rescale, is_padding, rescaled

_LOWEST_HU = HU_MIN - 0.5
"""Below it a reader takes a pixel for padding, which a measured one must not become."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Which stored values there can be.

    Attributes:
        rescale: from stored values to HU.
        lowest: stored value.
        highest: stored value.
        whole: whether they are whole numbers.
        padding: stored values that stand for no measurement.
    """

    rescale: Rescale
    lowest: float
    highest: float
    whole: bool = True
    padding: PaddingRange | None = None


@dataclass(frozen=True, slots=True)
class DenoiserInput:
    """A slice as a denoiser is given it.

    Attributes:
        hu: (rows, columns) float32 HU in [-1024, 3072], what networks are trained on.
        kept: (rows, columns) bool: pixels that stay as they are, because they were never measured
            or lie above 3072 HU, where no network has seen anything.
    """

    hu: NDArray[np.float32]
    kept: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Settled:
    """A denoised slice as it is stored.

    Attributes:
        stored: (rows, columns) of the source's dtype.
        hu: the same in float32 HU, after rounding.
        held: how many pixels were held at the ends of what can be stored.
    """

    stored: NDArray[Any]
    hu: NDArray[np.float32]
    held: int


def grid_of_bits(
    bits: int, *, signed: bool, rescale: Rescale, padding: PaddingRange | None = None
) -> Grid:
    """Return the values of BitsStored and PixelRepresentation (PS3.5 8.1.1)."""
    lowest = -(1 << (bits - 1)) if signed else 0
    return Grid(rescale, lowest, lowest + (1 << bits) - 1, True, padding)


def grid_of_type(dtype: np.dtype[Any], rescale: Rescale) -> Grid:
    """Return the values of an array's type."""
    if dtype.kind == "f":
        return Grid(rescale, -math.inf, math.inf, whole=False)
    bounds = np.iinfo(dtype)
    return Grid(rescale, bounds.min, bounds.max)


def given(stored: NDArray[Any], grid: Grid) -> DenoiserInput:
    """Return stored values, (rows, columns), as a denoiser is given them."""
    hu = rescaled(stored, grid.rescale)
    kept = is_padding(stored, np.rint(hu), grid.rescale, grid.padding)
    hu[kept] = HU_MIN
    kept = kept | (hu > HU_MAX)
    return DenoiserInput(np.clip(hu, HU_MIN, HU_MAX), kept)


def settle_stored(
    stored: NDArray[Any], start: DenoiserInput, denoised: NDArray[np.floating], grid: Grid
) -> Settled:
    """Return what is stored of a denoised slice.

    Args:
        stored: (rows, columns), the source's.
        start: the same as the denoiser was given it.
        denoised: (rows, columns) HU, finite.
        grid: what can be stored.
    """
    change = denoised.astype(np.float64) - start.hu
    change /= grid.rescale.slope
    change[start.kept] = 0
    if grid.whole:
        np.rint(change, out=change)
    wanted = stored + change
    low, high = _bounds(grid)
    found = _beside_padding(np.clip(wanted, low, high), grid.padding, low, high)
    found = np.where(change == 0, stored, found).astype(stored.dtype)
    held = int(np.count_nonzero((change != 0) & ((wanted < low) | (wanted > high))))
    return Settled(found, rescaled(found, grid.rescale), held)


def _bounds(grid: Grid) -> tuple[float, float]:
    """Return the ends of what can be stored and is no padding by its HU."""
    slope, intercept = grid.rescale.slope, grid.rescale.intercept
    end = (_LOWEST_HU - intercept) / slope
    if grid.whole:
        end = math.ceil(end) if slope > 0 else math.floor(end)
    if slope > 0:
        return max(grid.lowest, end), grid.highest
    return grid.lowest, min(grid.highest, end)


def _beside_padding(
    values: NDArray[np.float64], padding: PaddingRange | None, low: float, high: float
) -> NDArray[np.float64]:
    """Return values moved out of the padding range, to its nearer side that can be stored."""
    if padding is None:
        return values
    inside = (values >= padding.low) & (values <= padding.high)
    below, above = padding.low - 1, padding.high + 1
    if not inside.any() or (below < low and above > high):
        return values
    nearer_above = above - values <= values - below
    upwards = (nearer_above | (below < low)) & (above <= high)
    return np.where(inside, np.where(upwards, above, below), values)
