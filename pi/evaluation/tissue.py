"""How far a slice is off in each kind of tissue: what a reader who measures HU would notice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tissue:
    """A class of pixels, by the HU of the normal dose.

    Attributes:
        name: of the class.
        low_hu: lowest HU in it.
        high_hu: lowest HU above it.
    """

    name: str
    low_hu: float
    high_hu: float


TISSUES = (
    Tissue("air", -1024.0, -900.0),
    Tissue("lung", -900.0, -500.0),
    Tissue("fat", -150.0, -30.0),
    Tissue("soft tissue", -20.0, 150.0),
    Tissue("bone", 200.0, np.inf),
)
"""Between the classes lie edges and mixtures, which are left out. The target is itself noisy, so
a pixel near a bound may be counted in the neighbouring class, at either dose alike."""

Sums = NDArray[np.float64]


def tissue_sums(
    error: NDArray[np.floating], target: NDArray[np.int16], tissues: Sequence[Tissue] = TISSUES
) -> Sums:
    """Return number of pixels, sum and sum of squares of the error in each class.

    Args:
        error: image minus target, (rows, columns) HU.
        target: the normal dose, of the same shape, HU.
        tissues: the classes.

    Returns:
        (classes, 3) float64; sums of slices add up.
    """
    sums = np.zeros((len(tissues), 3))
    for row, tissue in zip(sums, tissues, strict=True):
        inside = error[(target >= tissue.low_hu) & (target < tissue.high_hu)].astype(np.float64)
        row[:] = inside.size, inside.sum(), np.square(inside).sum()
    return sums
