"""Noise of one slice, good enough to tell which dose is which."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.readers.facts import SliceFacts
from pi.readers.reading import read_hounsfield

NoiseOf = Callable[[SliceFacts], float]
"""Noise of one slice in HU; raises `RefusedError` where its pixels cannot be read."""


def noise_in(folder: Path) -> NoiseOf:
    """Return what measures the noise of a slice below ``folder``."""
    return lambda facts: high_pass_sd(read_hounsfield(folder, facts).hu)


def high_pass_sd(hu: NDArray[np.int16]) -> float:
    """Return the standard deviation of the noise in HU, from second differences.

    Args:
        hu: (rows, columns) int16 HU, at least 3 x 3.

    References:
        J. Immerkaer, Fast noise variance estimation, CVIU 64 (1996): the mask
        [1 -2 1; -2 4 -2; 1 -2 1] leaves noise and removes planes; sd = mean |r| sqrt(pi/2) / 6.
    """
    if min(hu.shape) < 3:
        return 0.0
    values = hu.astype(np.int32)
    down = values[:-2] - 2 * values[1:-1] + values[2:]
    residual = down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]
    return float(np.abs(residual).mean() * math.sqrt(math.pi / 2) / 6)
