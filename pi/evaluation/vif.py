"""How much of what a normal dose tells is still there: visual information fidelity in the pixels.

Sheikh and Bovik, Image information and visual quality, IEEE TIP 15(2), 2006, in its pixel domain:
four scales, windows of 17, 9, 5 and 3, and an eye whose noise has a variance of 2 grey levels^2.
1 is the target itself; noise and blur lower it, contrast that was raised can lift it above 1.
"""

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.smoothing import Plane, bands, gaussian_taps, smoothed

SIDES = (17, 9, 5, 3)
"""Windows of the scales; sigma is a fifth of each."""

NOISE = 2.0
"""Variance of what the eye adds, in grey levels^2 of 255."""

LEAST = 41
"""Rows and columns below which no window of the last scale lies inside."""

_NOTHING = 1e-10  # of a variance, in grey levels^2


def vif(image: Plane, target: Plane) -> float:
    """Return the visual information fidelity of an image. The order matters.

    Args:
        image: (rows, columns) grey levels, 0 to 255.
        target: the reference, of the same shape.

    Returns:
        NaN for slices smaller than `LEAST`, or a target without any structure.
    """
    if min(target.shape) < LEAST:
        return float("nan")
    kept = told = 0.0
    a, b = image, target
    for scale, side in enumerate(SIDES):
        taps = gaussian_taps(side, side / 5)
        if scale:
            a, b = smoothed(a, taps, 2), smoothed(b, taps, 2)
        for first, second in bands(a, b, side):
            of_image, of_target = _information(first, second, taps)
            kept, told = kept + of_image, told + of_target
    return kept / told if told > 0 else float("nan")


def _information(image: Plane, target: Plane, taps: Plane) -> tuple[float, float]:
    """Return what the eye learns of the target from the image and from the target, in nats."""
    mean_a, mean_b = smoothed(image, taps), smoothed(target, taps)
    of_a = np.maximum(smoothed(image * image, taps) - mean_a * mean_a, 0.0)
    of_b = np.maximum(smoothed(target * target, taps) - mean_b * mean_b, 0.0)
    both = smoothed(image * target, taps) - mean_a * mean_b
    flat: NDArray[np.bool] = of_b < _NOTHING
    of_b[flat] = 0.0
    gain = both / (of_b + _NOTHING)
    # What no gain explains is noise, and so is all where the gain would be negative.
    gain[flat | (of_a < _NOTHING) | (gain < 0)] = 0.0
    noise = np.maximum(of_a - gain * both, _NOTHING)
    noise[of_a < _NOTHING] = _NOTHING
    kept = np.log1p(gain * gain * of_b / (noise + NOISE)).sum()
    return float(kept), float(np.log1p(of_b / NOISE).sum())
