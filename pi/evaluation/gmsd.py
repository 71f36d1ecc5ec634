"""Gradient magnitude similarity deviation (Xue, Zhang, Mou and Bovik, IEEE TIP 23(2), 2014).

How unevenly the local gradients of two slices are alike: 0 for identical slices. Slices are halved
by the means of 2 x 2 pixels, gradients are Prewitt's with zeros outside, the constant is 170.
"""

import numpy as np

from pi.evaluation.smoothing import Plane, halved

CONSTANT = 170.0
"""Of the similarity, in grey levels^2 of 255."""


def gmsd(a: Plane, b: Plane) -> float:
    """Return the deviation of two slices' gradient similarity; the order does not matter.

    Args:
        a: (rows, columns) grey levels, 0 to 255.
        b: of the same shape.
    """
    of_a, of_b = _squared_gradient(halved(a)), _squared_gradient(halved(b))
    similarity = (2 * np.sqrt(of_a * of_b) + CONSTANT) / (of_a + of_b + CONSTANT)
    return float(similarity.std())


def _squared_gradient(plane: Plane) -> Plane:
    """Return the squared length of Prewitt's gradient at each pixel."""
    padded = np.pad(plane, 1)
    across = (padded[:, 2:] - padded[:, :-2]) / 3
    across = across[:-2] + across[1:-1] + across[2:]
    down = (padded[2:] - padded[:-2]) / 3
    down = down[:, :-2] + down[:, 1:-1] + down[:, 2:]
    return np.asarray(across * across + down * down)
