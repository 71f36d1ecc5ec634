"""One low-contrast lesion of a simulated patient, and where a study tells of all of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RECORD = "study.json"
"""File of a simulated study that tells by what it was made."""

LESIONS = "lesions"
"""Key of it under which lesions are told; a study without any has none."""


@dataclass(frozen=True, slots=True)
class Lesion:
    """One lesion.

    Attributes:
        patient: plain id of the simulated patient.
        x_mm: of its axis, from the middle of the slice along a row.
        y_mm: likewise down a column.
        radius_mm: of the rod.
        contrast_hu: what it adds to the tissue.
        low_mm: lower end along the patient's axis, as positions of slices are counted.
        high_mm: upper end.
    """

    patient: str
    x_mm: float
    y_mm: float
    radius_mm: float
    contrast_hu: float
    low_mm: float
    high_mm: float

    def is_in(self, position: float, thickness: float) -> bool | None:
        """Tell whether a slice shows it all through or not at all; None of one that is cut by it.

        Args:
            position: of the slice's middle, mm.
            thickness: of the slice, mm.
        """
        low, high = position - thickness / 2, position + thickness / 2
        if low > self.low_mm - _ROUNDING and high < self.high_mm + _ROUNDING:
            return True
        outside = high < self.low_mm + _ROUNDING or low > self.high_mm - _ROUNDING
        return False if outside else None


_ROUNDING = 0.01  # mm: positions of slices are rounded to a tenth or a hundredth


def disc(
    shape: tuple[int, int], pixel: float, centre: tuple[float, float], radius: float
) -> NDArray[np.float64]:
    """Return how much of each pixel a disc covers, (rows, columns), 0 to 1.

    Args:
        shape: rows and columns of the slice.
        pixel: their spacing, mm.
        centre: x and y in mm, from the middle of the slice.
        radius: mm.
    """
    y, x = (pixel * (np.arange(n) - (n - 1) / 2) for n in shape)
    distance = np.hypot(y[:, np.newaxis] - centre[1], x - centre[0])
    return np.asarray(np.clip(0.5 + (radius - distance) / pixel, 0, 1))


def read_lesions(folder: Path) -> tuple[Lesion, ...]:
    """Return the lesions that the record of a simulated study tells; none of any other folder."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return tuple(Lesion(**told) for told in record.get(LESIONS, []))
    except (OSError, ValueError, TypeError, AttributeError):
        return ()


def told_lesions(lesions: Sequence[Lesion]) -> dict[str, object]:
    """Return lesions as a record or a manifest tells them; nothing where there are none."""
    return {LESIONS: [asdict(one) for one in lesions]} if lesions else {}
