"""Weighted means of windows inside a slice, in bands of rows that stay in a core's cache."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

Plane = NDArray[np.float64]

BAND = 2**15  # pixels of a band: its planes fit in a second-level cache


def gaussian_taps(side: int, sigma: float) -> Plane:
    """Return the ``side`` weights of a Gaussian about their middle, which sum to 1."""
    x = np.arange(side) - side // 2
    weights = np.exp(-(x**2) / (2 * sigma**2))
    return np.asarray(weights / weights.sum())


def smoothed(plane: Plane, taps: Plane, step: int = 1) -> Plane:
    """Return the weighted mean of each window inside ``plane``, every ``step`` rows and columns.

    Args:
        plane: (rows, columns).
        taps: an odd number of weights, symmetric, of rows and of columns alike.
        step: 1: of all windows.
    """
    half = len(taps) // 2
    length = plane.shape[0] - 2 * half
    # scipy copies columns one by one; sums of whole rows take a third of its time.
    down = plane[half : half + length : step] * taps[half]
    for k in range(half):
        twos = plane[k : k + length : step] + plane[2 * half - k : 2 * half - k + length : step]
        twos *= taps[k]
        down += twos
    inside: Plane = correlate1d(down, taps, axis=1)[:, half:-half:step]
    return inside


def bands(
    a: NDArray[np.generic], b: NDArray[np.generic], side: int
) -> Iterator[tuple[Plane, Plane]]:
    """Yield both slices' rows in bands, in float64, so that each window is in one band alone.

    Args:
        a: (rows, columns), at least ``side`` of both.
        b: of the same shape.
        side: of a window.
    """
    overlap = side - 1
    rows = a.shape[0] - overlap
    band = max(1, BAND // a.shape[1])
    for top in range(0, rows, band):
        part = np.s_[top : min(top + band, rows) + overlap]
        yield a[part].astype(np.float64), b[part].astype(np.float64)


def halved(plane: Plane) -> Plane:
    """Return the means of 2 x 2 pixels; an odd last row or column is left out."""
    rows, columns = (length - length % 2 for length in plane.shape)
    twos = plane[:rows:2, :columns] + plane[1:rows:2, :columns]
    return np.asarray((twos[:, ::2] + twos[:, 1::2]) / 4)
