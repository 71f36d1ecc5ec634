"""Whether two pictures of one place show the same body, at whatever dose.

The difference of two scans of one body is noise, which neighbouring cells of a few millimetres
do not share; the difference of two bodies is anatomy, which they do. So the products of
neighbours tell: summed over the difference, against the same sum over the pictures themselves.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["same", "different", "unsure"]
Cells = NDArray[np.float64]

CELL = 3.0
"""Side of a cell in mm, and its least number of pixels: kernels spread noise no farther."""
SAME = 0.003
DIFFERENT = 0.04
SURE = 6.0
# Measured: one body at two doses -.001 to .002 (eight real pairs of slices, field phantoms), two
# kernels or thicknesses of one simulated body up to .007; two phantoms that differ by 1 mm in
# an insert .005, unlike phantoms from .05, two simulated bodies from .46.
DOUBTFUL = 0.01
"""Of two doses reconstructed alike; above it they differ in more than noise."""
_LIMIT = 300.0
_AIR = -250.0
_ENOUGH = 100
_CONTRAST = 20.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """Sums over neighbouring cells of two pictures; those of several places add up.

    Attributes:
        shared: products of neighbours in the difference, HU^2.
        noise: squares of the difference, for as many pairs of cells, HU^2.
        anatomy: products of neighbours in the pictures, averaged over both, HU^2.
        pairs: number of pairs of neighbours inside a body.
    """

    shared: float = 0.0
    noise: float = 0.0
    anatomy: float = 0.0
    pairs: int = 0

    def __add__(self, other: "Likeness") -> "Likeness":
        """Return the likeness over the places of both."""
        return Likeness(
            self.shared + other.shared,
            self.noise + other.noise,
            self.anatomy + other.anatomy,
            self.pairs + other.pairs,
        )

    @property
    def verdict(self) -> Verdict:
        """``unsure`` where too little is seen: too few cells, no anatomy, or too much noise."""
        if self.pairs < _ENOUGH or self.anatomy < _CONTRAST**2 * self.pairs:
            return "unsure"
        error = self.noise / math.sqrt(self.pairs)
        if (self.shared + error) / self.anatomy < SAME:
            return "same"
        if self.shared > max(DIFFERENT * self.anatomy, SURE * error):
            return "different"
        return "unsure"

    @property
    def doubtful(self) -> bool:
        """Whether two doses that were reconstructed alike may be of two bodies, or one moved."""
        if self.pairs < _ENOUGH or self.anatomy < _CONTRAST**2 * self.pairs:
            return False
        error = self.noise / math.sqrt(self.pairs)
        return self.shared > max(DOUBTFUL * self.anatomy, SURE * error)


def cells(hu: NDArray[np.generic], spacing: float | None) -> Cells:
    """Return means over cells of at least `CELL` mm and three pixels.

    Args:
        hu: (rows, columns) HU.
        spacing: of the pixels in mm; None where it is unknown: a cell is three pixels then.

    Returns:
        (rows // n, columns // n) float64 HU, clipped to [-300, 300] so that bowel gas and metal
        do not outweigh the body.
    """
    side = 3 if spacing is None else max(3, round(CELL / spacing))
    rows, columns = (size // side for size in hu.shape)
    values = np.clip(hu[: rows * side, : columns * side].astype(np.float64), -_LIMIT, _LIMIT)
    means: Cells = values.reshape(rows, side, columns, side).mean(axis=(1, 3))
    return means


def likeness(one: Cells, other: Cells) -> Likeness:
    """Return how alike two pictures of one place are; nothing is told by unlike shapes."""
    if one.shape != other.shape or one.size == 0:
        return Likeness()
    if np.array_equal(one, other) and np.ptp(one) > 0:
        # To the last digit: a copy, however small.
        return Likeness(0.0, 0.0, _ENOUGH * _CONTRAST**2 * one.size, _ENOUGH * one.size)
    inside = (one > _AIR) | (other > _AIR)
    if not inside.any():
        return Likeness()
    difference = np.where(inside, one - other, 0.0)
    pairs = int(_neighbours(inside.astype(np.float64)))
    noise = float(np.square(difference).sum()) * pairs / int(inside.sum())
    anatomy = sum(_neighbours(np.where(inside, x - x[inside].mean(), 0.0)) for x in (one, other))
    return Likeness(_neighbours(difference), noise, anatomy / 2, pairs)


def _neighbours(values: Cells) -> float:
    down = float(np.vdot(values[1:], values[:-1]))
    return down + float(np.vdot(values[:, 1:], values[:, :-1]))
