"""Files that hold arrays of slices: what all such formats share.

A format says which stacks a file holds (`Stack`); their facts and pixels follow from that. Such a
file has no header: who, which dose and which place is told by names and by the index.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.geometry import Frame, Vector
from pi.readers.held import LARGEST
from pi.readers.hounsfield import HounsfieldSlice, Rescale, to_hounsfield
from pi.readers.reader import Reader
from pi.readers.refusal import RefusedError
from pi.readers.units import parse_unit
from pi.readers.values import Seen, look

SlicesLie = Literal["first", "last"]
Stacks = Callable[[BinaryIO, PurePath], Sequence["Stack"]]

BLOWN_UP = 100
"""Times that a compressed CT volume cannot be larger than its file; an empty one is 1000."""
_SMALL = 2**22
_ANGLES_AND_DETECTOR = (1000, 513)
"""Observations of LoDoPaB-CT (arXiv 1910.01113): 1000 angles of a detector of 513 pixels."""
_ACROSS: Vector = (1.0, 0.0, 0.0)
_DOWN: Vector = (0.0, 1.0, 0.0)
_AS_STORED = Rescale(1, 0)


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


@dataclass(frozen=True, slots=True)
class Stack:
    """Slices of one array.

    Attributes:
        inside: which array of its file, such as ``low``; empty where there is one alone.
        stored: real numbers.
        axes: of ``stored``; all others have one place.
        frame: of all slices; None where nothing tells spacing and direction.
        origins: of every slice in mm; empty where nothing tells them.
        rescale: from stored values to those of which the unit is asked.
    """

    inside: str
    stored: Stored
    axes: Axes
    frame: Frame | None = None
    origins: tuple[Vector, ...] = ()
    rescale: Rescale = _AS_STORED

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return 1 if self.axes.slices is None else self.stored.shape[self.axes.slices]

    def slice(self, index: int) -> NDArray[Any]:
        """Return (rows, columns) values of slice ``index``."""
        key: list[int | slice] = [0] * len(self.stored.shape)
        if self.axes.slices is not None:
            key[self.axes.slices] = index
        key[self.axes.rows] = key[self.axes.columns] = slice(None)
        values = np.asarray(self.stored[tuple(key)])
        if self.rescale != _AS_STORED:
            values = values * np.float64(self.rescale.slope) + np.float64(self.rescale.intercept)
        return values.T if self.axes.rows > self.axes.columns else values


def stack_reader(
    name: str, recognises: Callable[[bytes, PurePath], bool], stacks: Stacks
) -> Reader:
    """Return the reader of a format whose files hold ``stacks``."""

    def facts(file: BinaryIO, relative: PurePath) -> Iterable[SliceFacts]:
        found = stacks(file, relative)
        if not found:
            raise RefusedError("array-shape", f"the {name} file holds no array of 2 or 3 axes")
        return [one for stack in found for one in _facts(stack, relative)]

    def pixels(file: BinaryIO, facts: SliceFacts) -> HounsfieldSlice:
        relation = parse_unit(facts.unit) if facts.unit else None
        if relation is None:
            raise RefusedError("unknown-values", "nothing tells how values relate to HU")
        for stack in stacks(file, PurePath(facts.file)):
            if stack.inside == facts.inside and facts.index < stack.slices:
                return to_hounsfield(stack.slice(facts.index), Rescale(*relation))
        raise RefusedError("unreadable", "the file is no longer what it was")

    return Reader(name, recognises, facts, pixels)


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


def _facts(stack: Stack, relative: PurePath) -> Iterator[SliceFacts]:
    rows, columns = (stack.stored.shape[axis] for axis in (stack.axes.rows, stack.axes.columns))
    frame = stack.frame or Frame(rows, columns, None, _ACROSS, _DOWN)
    _require_no_labels(stack)
    for index in range(stack.slices):
        yield SliceFacts(
            file=str(relative),
            index=index,
            frame=frame,
            origin=stack.origins[index] if stack.origins else (0.0, 0.0, float(index)),
            text=HeaderText(),
            inside=stack.inside,
            placed=stack.axes.slices is not None,
            seen=look(stack.slice(index)),
        )


def _require_no_labels(stack: Stack) -> None:
    """Refuse a segmentation after a look at five of its slices."""
    seen: list[Seen] = []
    for index in sorted({stack.slices * part // 5 for part in range(5)}):
        seen.append(look(stack.slice(index)))
        if not seen[-1].labels:
            return
    if stack.axes.slices is None and seen[0].lowest == seen[0].highest:
        return  # one empty slice of many
    detail = "the few whole numbers from 0 are labels of a segmentation, not HU"
    raise RefusedError("not-a-ct-image", detail)
