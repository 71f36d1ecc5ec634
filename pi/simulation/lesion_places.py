"""Low-contrast lesions of simulated patients: where each lies, how large and how faint, exactly.

A lesion is a rod along the patient's axis through half of the slices: the other half shows the same
place without it. It lies where the anatomy is calmest, and its contrast is added to what is painted
there, so that place, radius and contrast are known to the last digit whatever the tissue is.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pi.simulation.lesion import Lesion, disc
from pi.simulation.phantom import Image, Phantom, pixel_centres

RADII = (5.0, 3.0)
"""Of lesions, mm: the larger ones choose their places first."""

CONTRASTS = (-20.0, -40.0)
"""HU: a metastasis of the liver is darker than the liver."""

SURROUND = 2.0
"""Radius, in lesion radii, of the disc that a lesion has to itself and that observers look at."""

SOFT_HU = (20.0, 140.0)
"""Mean of a disc that counts as soft tissue."""

SAMPLED = 128
"""Rows and columns in which places are looked for, whatever the size of the study."""


def with_lesions(hu: Image, lesions: Sequence[Lesion], pixel: float, position: float) -> Image:
    """Return a painted slice of no thickness with the lesions that reach it, (size, size) HU."""
    result = hu.copy()
    for one in lesions:
        if one.low_mm < position < one.high_mm:
            cover = disc((len(hu), len(hu)), pixel, (one.x_mm, one.y_mm), one.radius_mm)
            result += np.float32(one.contrast_hu) * cover.astype(np.float32)
    return result


def draw_lesions(
    phantom: Phantom, patient: str, slices: int, top: float, rng: np.random.Generator
) -> tuple[Lesion, ...]:
    """Draw two lesions of each radius and contrast, in the upper and in the lower slices.

    Args:
        phantom: the patient without them.
        patient: its id.
        slices: base slices of 1 mm.
        top: position of the highest, mm.
        rng: draws which place has which contrast and half.
    """
    ends = ((slices - 1) / 2, 0.0, -(slices - 1) / 2)
    views = np.stack([phantom.slice(z, SAMPLED) for z in ends]).astype(np.float64)
    side = phantom.anatomy.field_of_view
    taken: list[tuple[float, float, float]] = []
    lesions: list[Lesion] = []
    middle = top + 0.5 - slices // 2
    halves = ((middle, top + 0.5), (top + 0.5 - slices, middle))
    for radius in RADII:
        kinds = [(contrast, half) for contrast in CONTRASTS for half in halves]
        places = _calmest(views, side, radius, taken, len(kinds))
        for place, kind in zip(places, rng.permutation(len(kinds)), strict=True):
            contrast, (low, high) = kinds[kind]
            taken.append((*place, radius))
            lesions.append(Lesion(patient, *place, radius, contrast, low, high))
    return tuple(lesions)


def _calmest(
    views: NDArray[np.float64],
    side: float,
    radius: float,
    taken: Sequence[tuple[float, float, float]],
    count: int,
) -> list[tuple[float, float]]:
    """Return the centres, mm, of discs of soft tissue that deviate least in all ``views``."""
    pixel, axis = side / SAMPLED, pixel_centres(side, SAMPLED)
    unrest = _unrest(views, SURROUND * radius, pixel)
    others = [(x, y, r) for x, y, r in taken]
    found: list[tuple[float, float]] = []
    for _ in range(count):
        for x, y, r in others:
            near = np.hypot(axis - x, axis[:, np.newaxis] - y) < SURROUND * (radius + r)
            unrest[near] = math.inf
        row, column = np.unravel_index(unrest.argmin(), unrest.shape)
        found.append((round(float(axis[column]), 3), round(float(axis[row]), 3)))
        others = [(*found[-1], radius)]
    return found


def _unrest(views: NDArray[np.float64], reach: float, pixel: float) -> NDArray[np.float64]:
    """Return the largest deviation within a disc around each pixel, over views; inf outside tissue.

    Tissue that is no soft tissue is not forbidden but comes last, by how far off it is: a place is
    found in every patient.
    """
    around = disc(views.shape[1:], pixel, (pixel / 2, pixel / 2), reach)
    spectrum = fft.rfft2(fft.ifftshift(around / around.sum()))

    def mean_of(images: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(fft.irfft2(fft.rfft2(images) * spectrum, images.shape[1:]))

    means = mean_of(views)
    deviation = np.sqrt(np.maximum(mean_of(views**2) - means**2, 0)).max(axis=0)
    off = np.maximum(SOFT_HU[0] - means, means - SOFT_HU[1]).max(axis=0)
    return np.asarray(deviation + 100 * np.maximum(off, 0))
