"""SSIM at five scales, weighted as eyes do (Wang, Simoncelli and Bovik, Asilomar 2003).

Contrast and structure count at each scale, luminance at the coarsest alone. Windows are Gaussian,
11 x 11 and sigma 1.5, wholly inside; a scale is made of the means of 2 x 2 pixels of the last.
"""

import numpy as np

from pi.evaluation.smoothing import Plane, bands, gaussian_taps, halved, smoothed
from pi.evaluation.ssim import GAUSSIAN_SIDE, K1, K2, SIGMA

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the scales, from the finest."""

LEAST = GAUSSIAN_SIDE * 2 ** (len(WEIGHTS) - 1)
"""Rows and columns below which no window lies inside the coarsest scale: 176."""

_TAPS = gaussian_taps(GAUSSIAN_SIDE, SIGMA)


def multiscale_ssim(a: Plane, b: Plane, *, data_range: float) -> float:
    """Return the multi-scale structural similarity of two slices.

    Args:
        a: (rows, columns).
        b: of the same shape. The order does not matter.
        data_range: L, the distance between the lowest and highest possible value.

    Returns:
        1 for identical slices, 0 where a scale's likeness is negative; NaN for slices smaller than
        `LEAST`.
    """
    if min(a.shape) < LEAST:
        return float("nan")
    found = 1.0
    for scale, weight in enumerate(WEIGHTS):
        if scale:
            a, b = halved(a), halved(b)
        likeness = _mean_likeness(a, b, data_range, luminance=scale == len(WEIGHTS) - 1)
        found *= max(likeness, 0.0) ** weight
    return found


def _mean_likeness(a: Plane, b: Plane, data_range: float, *, luminance: bool) -> float:
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    total, windows = 0.0, 0
    for first, second in bands(a, b, GAUSSIAN_SIDE):
        mean_a, mean_b = smoothed(first, _TAPS), smoothed(second, _TAPS)
        product = mean_a * mean_b
        squares = mean_a * mean_a + mean_b * mean_b
        covariance = smoothed(first * second, _TAPS) - product
        variances = smoothed(first * first + second * second, _TAPS) - squares
        likeness = (2 * covariance + c2) / (variances + c2)
        if luminance:
            likeness *= (2 * product + c1) / (squares + c1)
        total, windows = total + likeness.sum(), windows + likeness.size
    return float(np.float64(total) / windows)
