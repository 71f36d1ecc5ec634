"""Squares of a slice in which noise is measured: where they are, and what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

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
