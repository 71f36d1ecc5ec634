"""Lesions put into real slices of both doses before anybody denoises them: known in every way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.detection.look import reach
from pi.evaluation.texture import LEAST_SIDE, flat_regions
from pi.simulation.lesion import disc
from pi.simulation.lesion_places import CONTRASTS, RADII

PLACES = 4
"""Lesions of a slice at most, one of each kind in turn."""

KINDS = tuple((contrast, radius) for radius in RADII for contrast in CONTRASTS)


@dataclass(frozen=True, slots=True)
class Inserted:
    """One lesion of a slice.

    Attributes:
        centre: x and y in mm from the middle of the slice.
        contrast_hu: what it adds.
        radius_mm: of it.
    """

    centre: tuple[float, float]
    contrast_hu: float
    radius_mm: float


def choose_places(
    normal_dose: NDArray[np.generic], pixel: float, first: int, rng: np.random.Generator
) -> list[Inserted]:
    """Choose lesions for flat soft tissue or fat of a slice, apart from each other; maybe none.

    Args:
        normal_dose: (rows, columns) HU.
        pixel: spacing, mm.
        first: number of the slice, from which the kinds go on in turn.
        rng: draws the places.
    """
    side = region_of_place(pixel)
    if side > min(normal_dose.shape):
        return []
    corners = flat_regions(normal_dose.astype(np.float64), side)
    taken: list[tuple[int, int]] = []
    for number in rng.permutation(len(corners)):
        corner = corners[int(number)]
        if all(max(abs(corner[0] - r), abs(corner[1] - c)) >= side for r, c in taken):
            taken.append(corner)
        if len(taken) == PLACES:
            break
    middle = [(n - 1) / 2 for n in normal_dose.shape]
    return [
        Inserted(
            ((c + side / 2 - 0.5 - middle[1]) * pixel, (r + side / 2 - 0.5 - middle[0]) * pixel),
            *KINDS[(first + turn) % len(KINDS)],
        )
        for turn, (r, c) in enumerate(taken)
    ]


def region_of_place(pixel: float) -> int:
    """Return the side in pixels, a multiple of 4, of a flat square that holds the largest look."""
    return max(LEAST_SIDE, -(-(2 * reach(max(RADII), pixel) + 2) // 4) * 4)


def insert_lesions(
    hu: NDArray[np.int16], lesions: Sequence[Inserted], pixel: float
) -> NDArray[np.int16]:
    """Return a slice with lesions in it, rounded to whole HU as slices are stored."""
    result = hu.astype(np.float64)
    rows, columns = hu.shape
    for one in lesions:
        result += one.contrast_hu * disc((rows, columns), pixel, one.centre, one.radius_mm)
    return np.clip(np.rint(result), -1024, 3072).astype(np.int16)
