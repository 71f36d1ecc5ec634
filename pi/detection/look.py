"""One look at the place of a lesion: what each channel and the eye's template answer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pi.detection.channels import ORDERS, WIDTH, Floats, eye_template, laguerre_gauss
from pi.simulation.lesion import disc
from pi.simulation.lesion_places import SURROUND

RING = 1.4
"""From so many radii on the tissue around a lesion is its background, whose mean is taken off."""

CHANNELS = [f"channel_{order}" for order in range(ORDERS)]
EYE = "eye"
ANSWERS = [*CHANNELS, EYE]
"""Columns of a look: the answers of the channels, and that of the eye's template."""


@dataclass(frozen=True)
class Look:
    """Where one looks, and through what.

    Attributes:
        rows: of the slice that are looked at.
        columns: likewise.
        filters: (`ANSWERS`, rows, columns): an answer is the sum of filter times HU.
    """

    rows: slice
    columns: slice
    filters: Floats = field(repr=False)

    def answers(self, hu: NDArray[np.generic]) -> Floats:
        """Return what is answered of a slice, (`ANSWERS`,)."""
        seen = hu[self.rows, self.columns].astype(np.float64)
        return np.asarray(np.tensordot(self.filters, seen, axes=2))


def reach(radius: float, pixel: float) -> int:
    """Return how many pixels beyond the middle one looks."""
    return math.ceil(SURROUND * radius / pixel)


def look_at(
    shape: Sequence[int], pixel: float, centre: tuple[float, float], radius: float
) -> Look | None:
    """Return the look at a place; None where it does not lie in the slice as a whole.

    Args:
        shape: rows and columns of the slice.
        pixel: spacing, mm.
        centre: x and y in mm from the middle of the slice.
        radius: of the lesion, mm.
    """
    across, down = (centre[axis] / pixel + (shape[1 - axis] - 1) / 2 for axis in (0, 1))
    column, row = math.floor(across), math.floor(down)
    far = reach(radius, pixel)
    if min(row, column) < far or row + far + 2 > shape[0] or column + far + 2 > shape[1]:
        return None
    offset = (round(across - column, 6), round(down - row, 6))
    box = (slice(row - far, row + far + 2), slice(column - far, column + far + 2))
    return Look(*box, _filters(far, pixel, offset, radius))


@lru_cache(maxsize=512)
def _filters(far: int, pixel: float, offset: tuple[float, float], radius: float) -> Floats:
    """Return the filters in a box of 2 far + 2 pixels, ``offset`` from its pixel (far, far)."""
    side = 2 * far + 2
    centre = ((offset[0] - 0.5) * pixel, (offset[1] - 0.5) * pixel)
    axis = pixel * (np.arange(side) - (side - 1) / 2)
    distance = np.hypot(axis - centre[0], axis[:, np.newaxis] - centre[1])
    shape = (side, side)
    inside = disc(shape, pixel, centre, SURROUND * radius)
    ring = inside * (1 - disc(shape, pixel, centre, RING * radius))
    channels = pixel * laguerre_gauss(distance, WIDTH * radius)
    template = eye_template(disc(shape, pixel, centre, radius), pixel)
    filters = np.concatenate([channels, template[np.newaxis]]) * inside
    background = filters.sum(axis=(1, 2), keepdims=True) * (ring / ring.sum())
    result = filters - background
    result.flags.writeable = False
    return np.asarray(result)
