"""Slices in HU as a protocol compares them, there and back."""

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.protocol import Protocol, Values
from pi.slices.intensity import normalise


def to_values(hu: NDArray[np.generic], protocol: Protocol, *, predicted: bool) -> Values:
    """Return what ``protocol`` compares.

    Args:
        hu: slices of any shape, HU.
        protocol: which way.
        predicted: whether they are a network's output, which never was on disk.

    Returns:
        The same shape: uint8 if the protocol has grey levels, else float64.
    """
    if protocol.grey_levels:
        return _grey_levels(hu, np.float16 if protocol.half_precision and not predicted else None)
    values = hu.astype(np.float64)
    if protocol.clip_hu is not None:
        np.clip(values, *protocol.clip_hu, out=values)
    values -= protocol.zero_hu
    values /= protocol.unit_hu
    return values


def to_hu(values: Values, protocol: Protocol) -> NDArray[np.float64]:
    """Return the HU of ``values``, float64: the inverse of `to_values` inside ``clip_hu``.

    Of a grey level it is the lowest HU, up to 16.06 HU (and float16's error) below the original.
    """
    return values.astype(np.float64) * protocol.unit_hu + protocol.zero_hu


def _grey_levels(hu: NDArray[np.generic], stored: type[np.float16] | None) -> NDArray[np.uint8]:
    """Method, rows 11 and 38: cut to [0, 1], times 255 in the dtype at hand, truncated."""
    unit = normalise(hu)
    if stored is None:
        return (np.clip(unit, 0, 1) * np.float32(255)).astype(np.uint8)
    return _LEVEL_OF_HALF[unit.astype(stored).view(np.uint16)]


def _level_of_half() -> NDArray[np.uint8]:
    """Return the grey level of each of the 65,536 float16, by its bits: numpy's own is slow."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = np.where(np.isnan(halves), np.float16(0), halves)
    return (np.clip(halves, 0, 1) * np.float16(255)).astype(np.uint8)


_LEVEL_OF_HALF = _level_of_half()
