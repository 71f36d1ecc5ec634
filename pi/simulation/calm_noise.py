"""The noise of a slice that has no twin: its power spectrum in calm tissue.

A slice holds anatomy and noise. Squares are looked for where the smoothed slice is soft tissue or
fat throughout and varies least; anatomy is what is left there at low frequencies. Choosing by the
low frequencies says nothing about the high ones, so these stay unbiased.

References:
    Siewerdsen et al., A framework for noise-power spectrum analysis of multidimensional
    images, Med Phys 29 (2002) 2655: windowed, detrended squares.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter

Floats = NDArray[np.float64]

TISSUE = (-150.0, 200.0)
"""HU of fat and soft tissue, contrast-enhanced organs included."""

SMOOTHING = 2.0
"""Pixels; leaves a tenth of a reconstruction's noise, since that has little at low frequencies."""


@dataclass(frozen=True, slots=True)
class Squares:
    """Squares of tissue in a slice.

    Attributes:
        corners: (n, 2) row and column of the upper left corners.
        unrest: (n,) HU, how much the smoothed slice varies within each.
    """

    corners: NDArray[np.int64]
    unrest: Floats


def tissue_squares(hu: NDArray[np.floating], side: int) -> Squares:
    """Return the squares of a slice that are fat or soft tissue throughout.

    Args:
        hu: (rows, columns).
        side: of a square in pixels; they overlap by half.
    """
    if min(hu.shape) < side:
        return Squares(np.empty((0, 2), dtype=np.int64), np.empty(0))
    smooth = gaussian_filter(hu.astype(np.float32), SMOOTHING)
    step = side // 2
    squares = sliding_window_view(smooth, (side, side))[::step, ::step]
    inside = (squares.min((2, 3)) > TISSUE[0]) & (squares.max((2, 3)) < TISSUE[1])
    return Squares(np.argwhere(inside) * step, squares[inside].std((1, 2)).astype(np.float64))


def ring_frequencies(side: int) -> Floats:
    """Return the middles of the rings of `ring_powers` in cycles per pixel, (rings,)."""
    return np.arange(round(side * np.sqrt(0.5)) + 1) / side


def ring_powers(image: NDArray[np.floating], corners: NDArray[np.int64], side: int) -> Floats:
    """Return the radial power spectrum of each square.

    A plane of second degree is taken out, and a Hann window applied.

    Args:
        image: (rows, columns) in HU.
        corners: (n, 2) from `calm_squares`.
        side: of a square in pixels.

    Returns:
        (n, rings) in HU^2 per frequency of the plane: their mean over the plane is the variance.
    """
    squares = sliding_window_view(image, (side, side))[corners[:, 0], corners[:, 1]]
    flat = squares.reshape(len(corners), -1).astype(np.float64)
    trend = _trend(side)
    flat -= flat @ trend @ trend.T
    window = np.hanning(side + 2)[1:-1]
    weights = np.outer(window, window)
    power = np.abs(fft.fft2(flat.reshape(-1, side, side) * weights)) ** 2 / np.sum(weights**2)
    f = fft.fftfreq(side)
    ring = np.rint(np.hypot(f[:, None], f) * side).astype(np.int64).ravel()
    members = np.eye(ring.max() + 1)[ring]
    powers: Floats = power.reshape(len(corners), -1) @ (members / members.sum(axis=0))
    return powers


def _trend(side: int) -> Floats:
    """Orthonormal polynomials of second degree on a square, (side^2, 6)."""
    y, x = np.indices((side, side)).reshape(2, -1) / side - 0.5
    basis: Floats = np.linalg.qr(np.stack([x**0, x, y, x * x, x * y, y * y], axis=1))[0]
    return basis
