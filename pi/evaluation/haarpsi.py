"""Haar wavelet-based perceptual similarity (Reisenhofer, Bosse, Kutyniok and Wiegand 2018).

Slices are halved by the means of 2 x 2 pixels; Haar differences of 2 and 4 pixels say how alike
they are, those of 8 how much a place counts. C is 30 grey levels^2, alpha 4.2. 1 is identical.
"""

import numpy as np

from pi.evaluation.smoothing import Plane, halved

C, ALPHA = 30.0, 4.2
SIDES = (2, 4, 8)
"""Of the Haar filters: the last one weighs."""

LEAST = 2 * SIDES[-1]
"""Rows and columns below which no filter lies inside."""


def haarpsi(a: Plane, b: Plane) -> float:
    """Return the perceptual similarity of two slices; the order does not matter.

    Args:
        a: (rows, columns) grey levels, 0 to 255.
        b: of the same shape.

    Returns:
        0 to 1; NaN for slices smaller than `LEAST`.
    """
    if min(a.shape) < LEAST:
        return float("nan")
    first, second = halved(a), halved(b)
    alike = weights = 0.0
    for axis in (0, 1):
        *fine, (coarse_a, coarse_b) = [
            (_haar(first, side, axis), _haar(second, side, axis)) for side in SIDES
        ]
        weight = np.maximum(coarse_a, coarse_b)
        likeness = np.mean([(2 * x * y + C) / (x * x + y * y + C) for x, y in fine], axis=0)
        alike += float((weight / (1 + np.exp(-ALPHA * likeness))).sum())
        weights += float(weight.sum())
    if weights == 0:  # nothing counts, so that nothing differs
        return 1.0
    share = alike / weights
    return float((np.log(share / (1 - share)) / ALPHA) ** 2)


def _haar(plane: Plane, side: int, axis: int) -> Plane:
    """Return the size of each pixel's Haar difference along ``axis``, zeros being outside."""
    half = side // 2
    padded = np.pad(plane, (half - 1, half))
    if axis:
        padded = padded.T
    across = _run(_run(padded.T, half).T, half)  # half x half sums
    wide = across[:, :-half] + across[:, half:]
    found = np.abs(wide[half:] - wide[:-half]) / side
    return np.asarray(found.T if axis else found)


def _run(plane: Plane, length: int) -> Plane:
    """Return the sum of each ``length`` rows, a power of 2."""
    step = 1
    while step < length:
        plane = plane[:-step] + plane[step:]
        step *= 2
    return plane
