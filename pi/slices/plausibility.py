"""Whether the values of a volume can be Hounsfield units of a patient, by what is seen in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AIR_BELOW = -500
"""Every slice of a patient shows air (-1000 HU) around or within the body."""

OF_A_WINDOW = 0.01
"""Share of pixels at the very lowest or highest value above which a volume was clipped there."""


@dataclass(slots=True)
class ValueTally:
    """Grows slice by slice; padding is left out.

    Attributes:
        lowest: HU.
        highest: HU.
        at_lowest: pixels of the lowest value so far.
        at_highest: pixels of the highest value so far.
        pixels: how many were seen.
        air: of them below `AIR_BELOW`.
    """

    lowest: int = 0
    highest: int = 0
    at_lowest: int = 0
    at_highest: int = 0
    pixels: int = 0
    air: int = 0

    def add(self, hu: NDArray[np.int16], padding: NDArray[np.bool_]) -> None:
        """Count one slice, (rows, columns) int16 HU, without its (rows, columns) bool padding."""
        values = hu[~padding] if padding.any() else hu.ravel()
        if not values.size:
            return
        lowest, highest = int(values.min()), int(values.max())
        if not self.pixels or lowest < self.lowest:
            self.lowest, self.at_lowest = lowest, 0
        if not self.pixels or highest > self.highest:
            self.highest, self.at_highest = highest, 0
        self.at_lowest += int(np.count_nonzero(values == self.lowest))
        self.at_highest += int(np.count_nonzero(values == self.highest))
        self.pixels += values.size
        self.air += int(np.count_nonzero(values < AIR_BELOW))


def doubt(seen: ValueTally) -> str | None:
    """Return why values do not look like HU of a patient, or None; a clause without a full stop."""
    if not seen.pixels:
        return "no pixel was measured"
    span = f"the values reach from {seen.lowest} to {seen.highest}"
    if seen.lowest >= 0 and seen.highest <= 1:
        return f"{span}: these are values of a window mapped to [0, 1], and no HU"
    if seen.air:
        return None
    if max(seen.at_lowest, seen.at_highest) > OF_A_WINDOW * seen.pixels:
        return (
            f"{span} and {max(seen.at_lowest, seen.at_highest) / seen.pixels:.0%} of the pixels "
            f"lie at one end: the slices were clipped at a window, so air is not at -1000 HU, and "
            "Psi and metrics over 4096 HU mean something else"
        )
    return f"{span}: no air below {AIR_BELOW} HU is there, so these may not be HU"
