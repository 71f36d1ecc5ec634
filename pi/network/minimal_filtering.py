"""How a 3 x 3 convolution is computed with fewer multiplications than its definition has.

Winograd's minimal filtering: m x m outputs of a convolution are

    y = A [(G g) . (B d)],

with (m + 2)^2 products for a pair of channels instead of 9 m^2, where d are the (m + 2)^2 inputs
that they depend on and g is the kernel. Along each axis G and B evaluate polynomials at m + 2
points, of which one is infinity, and A is the transposed evaluation (Toom and Cook).

The gradient is a convolution with the kernel turned by half a circle, which at a point p has p^2
times what the kernel has at 1 / p: with the inverse points, one G g serves both ways.

Sources: Winograd 1980, Arithmetic Complexity of Computations; Lavin and Gray 2016, Fast Algorithms
for Convolutional Neural Networks; Barabasz et al. 2020, Error Analysis and Improving the Accuracy
of Winograd Convolution for Deep Neural Networks (which points lose least). Numpy alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

POINTS = {4: (0.0, 1.0, -1.0, 0.5, -2.0, math.inf), 2: (0.0, 1.0, -1.0, math.inf)}
"""By the outputs of an axis, m. Of the size of its outputs float32 errs by 2e-6 with 4 and by 4e-7
with 2, where the definition errs by 2e-7 (256 channels, no input below 0)."""


@dataclass(frozen=True, eq=False)
class Filtering:
    """What is done to tiles of images before and after the products, along both axes at once.

    Attributes:
        outputs: m, of a tile along an axis.
        kernels: G, ((m + 2)^2, 9), to kernels (9, ...).
        inputs: B, ((m + 2)^2, (m + 2)^2), to tiles of the input.
        back: A, (m^2, (m + 2)^2), to sums of products.
    """

    outputs: int
    kernels: Matrix
    inputs: Matrix
    back: Matrix

    @property
    def reach(self) -> int:
        """Inputs of a tile along an axis."""
        return self.outputs + 2


def filtering(outputs: int) -> Filtering:
    """Return how convolutions are computed in tiles of ``outputs`` x ``outputs``, one of `POINTS`.

    >>> filtering(2).back[0]
    array([1., 1., 1., 0., 1., 1., 1., 0., 1., 1., 1., 0., 0., 0., 0., 0.])
    """
    return _both_axes(*of_an_axis(POINTS[outputs]))


def turned_filtering(outputs: int) -> Filtering:
    """Return the same for the kernel turned by half a circle, given what `filtering` makes of it.

    Its own `kernels`, of the turned kernel, are not what it is given: they differ by factors, which
    are in `inputs`.
    """
    points = POINTS[outputs]
    inverse = [0.0 if p == math.inf else math.inf if p == 0 else 1 / p for p in points]
    kernels, inputs, back = of_an_axis(inverse)
    factors = [1.0 if p in (0, math.inf) else p**2 for p in inverse]
    return _both_axes(kernels, np.asarray(factors)[:, np.newaxis] * inputs, back)


def of_an_axis(points: Sequence[float]) -> tuple[Matrix, Matrix, Matrix]:
    """Return G (m + 2, 3), B (m + 2, m + 2) and A (m, m + 2) for points of which one is infinity.

    ``A @ ((G @ g) * (B @ d))`` is ``[d[i:i + 3] @ g for i in range(m)]``.
    """
    count = len(points)
    finite = [p for p in points if p != math.inf]
    inputs = np.zeros((count, count))
    for row, point in zip(inputs, points, strict=True):
        others = [p for p in finite if p != point]
        basis = np.poly(others)[::-1] / math.prod(point - p for p in others if point != math.inf)
        row[: basis.size] = basis
    return _powers(points, 3), inputs, _powers(points, count - 2).T


def _powers(points: Sequence[float], count: int) -> Matrix:
    """Return of each point its powers from 0, (points, count); of infinity the last one alone."""
    last = np.eye(count)[-1]
    return np.stack([last if p == math.inf else p ** np.arange(count) for p in points])


def _both_axes(kernels: Matrix, inputs: Matrix, back: Matrix) -> Filtering:
    whole = [np.kron(x, x).astype(np.float64) for x in (kernels, inputs, back)]
    return Filtering(len(back), *whole)
