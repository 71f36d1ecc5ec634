"""What the values of arrays look like, and what they can and cannot be by that."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi.readers.refusal import RefusedError
from pi.readers.units import HU

_AIR = (-1100.0, -900.0)
_AIR_SHARE = 0.01
_LOWEST_HU = -3024.0
"""What scanners write where nothing was measured; nothing in Hounsfield units lies below it."""
_NEAR_UNIT = (-0.25, 1.5)
"""Values of [0, 1] and a little more: metal above HIGH and padding below LOW are not clipped."""
_FAR = 1e6
_MOST_LABELS = 32


@dataclass(frozen=True, slots=True)
class Seen:
    """What the values of one or several slices look like.

    Attributes:
        lowest: of all values.
        highest: of all values.
        air: share of the values in [-1100, -900], where air lies in Hounsfield units; the largest
            of several slices.
        labels: all are whole numbers of 0 to 255 and few different ones, as in a segmentation.
    """

    lowest: float
    highest: float
    air: float
    labels: bool


def look(values: NDArray[Any]) -> Seen:
    """Return what (rows, columns) real values look like.

    Raises:
        RefusedError: ``not-finite``.
    """
    lowest, highest = float(np.min(values)), float(np.max(values))
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        count = int(np.count_nonzero(~np.isfinite(values)))
        detail = f"{count} of {values.size} values of a slice are NaN or infinite"
        raise RefusedError("not-finite", detail)
    air = 0.0
    if lowest <= _AIR[1] and highest >= _AIR[0]:
        inside = (values >= _AIR[0]) & (values <= _AIR[1])
        air = float(np.count_nonzero(inside)) / values.size
    labels = lowest >= 0 and highest <= 255 and _few_whole_numbers(values)
    return Seen(lowest, highest, air, labels)


def together(seen: Iterable[Seen]) -> Seen:
    """Return what several slices look like as one."""
    seen = tuple(seen)
    return Seen(
        min(one.lowest for one in seen),
        max(one.highest for one in seen),
        max(one.air for one in seen),
        all(one.labels for one in seen),
    )


def recognise(seen: Seen) -> str:
    """Return ``hu`` where values can be nothing else, or an empty text.

    Air near -1000 and nothing below -3024: neither [0, 1], nor stored values, which are not
    negative, nor an image clipped to a window looks like that.
    """
    is_hu = seen.air >= _AIR_SHARE and seen.lowest >= _LOWEST_HU
    return HU if is_hu else ""


def likely(seen: Seen, rows: int, columns: int) -> str:
    """Return what values may be told to be, the likeliest word for them, or an empty text."""
    if _NEAR_UNIT[0] <= seen.lowest and seen.highest <= _NEAR_UNIT[1]:
        # LoDoPaB-CT (arXiv 1910.01113) divides by the attenuation of 3071 HU, from that of vacuum.
        return "unit:-1001:3071" if (rows, columns) == (362, 362) else "unit:-1024:3072"
    if seen.lowest >= -1.5 and seen.highest <= 1.5:
        return "stored:1024:2048"
    if seen.lowest >= 0 and 255 < seen.highest <= 5000:
        return "stored:-1024"
    return HU if _LOWEST_HU <= seen.lowest < 0 else ""


def contradiction(unit: str, seen: Seen) -> str:
    """Return why values cannot be what they are told to be, or an empty text."""
    between = f"the values lie between {seen.lowest:g} and {seen.highest:g}"
    if unit.startswith("unit") and not (
        _NEAR_UNIT[0] <= seen.lowest and seen.highest <= _NEAR_UNIT[1]
    ):
        return f"{between} but `{unit}` is for values of 0 to 1"
    if max(abs(seen.lowest), abs(seen.highest)) > _FAR:
        return f"{between}, which no values of CT do"
    flat = seen.lowest == seen.highest
    if unit == HU and not flat and seen.lowest >= -1.5 and seen.highest <= 1.5:
        return f"{between}, which is no range of HU, but are said to be `hu`"
    return ""


def _few_whole_numbers(values: NDArray[Any]) -> bool:
    whole = np.asarray(values, dtype=np.uint8)
    if values.dtype.kind == "f" and not np.array_equal(whole, values):
        return False
    return int(np.count_nonzero(np.bincount(whole.ravel()))) <= _MOST_LABELS
