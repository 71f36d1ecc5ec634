"""Stored values to Hounsfield units, whatever the file (DICOM PS3.3 C.11.1.1.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HU_MIN = -1024
HU_MAX = 3072
_OLD_PADDING = -2000


@dataclass(frozen=True, slots=True)
class HounsfieldSlice:
    """One slice in Hounsfield units.

    Attributes:
        hu: (rows, columns) int16 HU in [-1024, 3072].
        padding: (rows, columns) bool, pixels that were never measured; -1024 in ``hu``.
        clipped: measured pixels above 3072 HU, now 3072.
    """

    hu: NDArray[np.int16]
    padding: NDArray[np.bool_]
    clipped: int


@dataclass(frozen=True, slots=True)
class Rescale:
    """HU = slope * stored + intercept (PS3.3 C.11.1.1.2)."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True)
class PaddingRange:
    """Stored values that stand for no measurement, both ends included (PS3.3 C.7.5.1.1.2)."""

    low: int
    high: int


def to_hounsfield(
    stored: NDArray[np.integer | np.floating],
    rescale: Rescale,
    padding: PaddingRange | None = None,
) -> HounsfieldSlice:
    """Return stored values as HU: float32 once, rounded once, then clipped.

    Args:
        stored: (rows, columns) stored values; of an array without a header, its values.
        rescale: slope and intercept of this very slice.
        padding: the header's padding range. Scanners also leave -2000 without saying so, and
            lossy codecs smear it, so everything below -1024 HU counts as padding too.
    """
    hu = np.rint(rescaled(stored, rescale))
    mask = is_padding(stored, hu, rescale, padding)
    clipped = int(np.count_nonzero((hu > HU_MAX) & ~mask))
    clean = np.clip(hu, HU_MIN, HU_MAX).astype(np.int16)
    clean[mask] = HU_MIN
    return HounsfieldSlice(clean, mask, clipped)


def rescaled(stored: NDArray[np.integer | np.floating], rescale: Rescale) -> NDArray[np.float32]:
    """Return stored values as float32 HU, as they are: neither rounded nor clipped."""
    values = stored.astype(np.float32)
    values *= np.float32(rescale.slope)
    values += np.float32(rescale.intercept)
    return values


def is_padding(
    stored: NDArray[np.integer | np.floating],
    hu: NDArray[np.float32],
    rescale: Rescale,
    padding: PaddingRange | None,
) -> NDArray[np.bool_]:
    """Tell which pixels were never measured.

    Args:
        stored: (rows, columns) stored values.
        hu: the same as HU, rounded to whole ones.
        rescale: slope and intercept.
        padding: the header's padding range.
    """
    mask: NDArray[np.bool_] = hu < HU_MIN
    if rescale.slope == 1:
        mask |= stored <= _OLD_PADDING
    if padding is not None:
        mask |= (stored >= padding.low) & (stored <= padding.high)
    return mask
