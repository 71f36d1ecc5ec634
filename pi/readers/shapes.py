"""Which arrays can be images: type and size of them, and which of their axes is which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from pi.readers.held import LARGEST
from pi.readers.refusal import RefusedError

SlicesLie = Literal["first", "last"]

BLOWN_UP = 100
"""Times that a compressed CT volume cannot be larger than its file; an empty one is 1000."""
_SMALL = 2**22
_ANGLES_AND_DETECTOR = (1000, 513)
"""Observations of LoDoPaB-CT (arXiv 1910.01113): 1000 angles of a detector of 513 pixels."""


class Stored(Protocol):
    """An array of any library, in memory or on the disk."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a value."""

    def __getitem__(self, key: Any, /) -> Any:  # noqa: ANN401
        """Return a part of it."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Which axis of an array counts the slices (None: it is one slice), the rows, the columns."""

    slices: int | None
    rows: int
    columns: int


def require_real(dtype: np.dtype[Any]) -> None:
    """Let pass arrays of real numbers.

    Raises:
        RefusedError: ``array-type``.
    """
    kinds = {"c": "complex numbers", "O": "Python objects", "V": "records", "b": "true and false"}
    if dtype.kind not in "iuf":
        what = kinds.get(dtype.kind, "text or dates")
        raise RefusedError("array-type", f"an image must hold real numbers but holds {what}")


def require_size(needed: int) -> None:
    """Let pass an array of ``needed`` bytes that fits into memory.

    Raises:
        RefusedError: ``too-large``.
    """
    if needed > LARGEST:
        detail = f"an array of {needed / 2**30:.1f} GB is larger than the {LARGEST >> 30} GB read"
        raise RefusedError("too-large", detail)


def require_no_blow_up(needed: int, stored: int) -> None:
    """Let pass ``needed`` bytes, compressed to ``stored``, that can have come from a CT scanner.

    Raises:
        RefusedError: ``not-a-ct-image``.
    """
    if needed > _SMALL and needed > BLOWN_UP * stored:
        detail = f"the array is over {BLOWN_UP} times its file; no CT volume is so empty"
        raise RefusedError("not-a-ct-image", detail)


def is_image(shape: Sequence[int]) -> bool:
    """Tell whether an array of ``shape`` is meant as one or more images, not as a few numbers."""
    return sum(side > 1 for side in shape) >= 2


def find_axes(stored: Stored, slices: SlicesLie = "first") -> Axes:
    """Return the axes of an array as (slices, rows, columns), or as (rows, columns).

    Of three axes, the one that is unlike two equal ones counts the slices.

    Args:
        stored: of any shape; axes of one place count for nothing.
        slices: which axis counts the slices where the shape does not tell.

    Raises:
        RefusedError: ``array-shape``, ``projections``, ``array-type``.
    """
    require_real(stored.dtype)
    axes = [axis for axis, side in enumerate(stored.shape) if side != 1]
    shape = tuple(stored.shape[axis] for axis in axes)
    if len(shape) not in (2, 3) or 0 in shape:
        detail = f"an image must have 2 or 3 axes but has {len(shape)} of more than one place"
        raise RefusedError("array-shape", detail)
    if shape[-2:] == _ANGLES_AND_DETECTOR:
        detail = "the arrays are projections (1000 angles, 513 detector pixels), not images"
        raise RefusedError("projections", detail)
    if len(axes) == 2:
        return Axes(None, *axes)
    one, two, three = shape
    if (one == two) != (two == three):
        slices = "last" if one == two else "first"
    first, second, third = axes
    return Axes(first, second, third) if slices == "first" else Axes(third, first, second)
