"""Files that hold arrays of slices: what all such formats share.

A format says which stacks a file holds (`Stack`); their facts and pixels follow from that. Such a
file has no header: who, which dose and which place is told by names and by the index.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.geometry import Frame, Vector, dot
from pi.readers.hounsfield import HounsfieldSlice, Rescale, to_hounsfield
from pi.readers.reader import Reader
from pi.readers.refusal import RefusedError
from pi.readers.shapes import Axes, Stored
from pi.readers.units import parse_unit
from pi.readers.values import Seen, look

Stacks = Callable[[BinaryIO, PurePath], Sequence["Stack"]]

_ACROSS: Vector = (1.0, 0.0, 0.0)
_DOWN: Vector = (0.0, 1.0, 0.0)
_AS_STORED = Rescale(1, 0)


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

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.stored.shape[self.axes.rows], self.stored.shape[self.axes.columns]

    def place(self, index: int) -> float | None:
        """Return where a slice lies along the normal in mm; None where nothing tells."""
        if self.frame is None or not self.origins:
            return None
        return dot(self.origins[index], self.frame.normal)

    def view(self, index: int) -> NDArray[Any]:
        """Return (rows, columns) stored values of slice ``index``, a view if there can be one."""
        key: list[int | slice] = [0] * len(self.stored.shape)
        if self.axes.slices is not None:
            key[self.axes.slices] = index
        key[self.axes.rows] = key[self.axes.columns] = slice(None)
        values = np.asarray(self.stored[tuple(key)])
        return values.T if self.axes.rows > self.axes.columns else values

    def read(self, index: int) -> NDArray[Any]:
        """Return (rows, columns) values of slice ``index``."""
        values = self.view(index)
        if self.rescale != _AS_STORED:
            values = values * np.float64(self.rescale.slope) + np.float64(self.rescale.intercept)
        return values


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
                return to_hounsfield(stack.read(facts.index), Rescale(*relation))
        raise RefusedError("unreadable", "the file is no longer what it was")

    return Reader(name, recognises, facts, pixels, stacks)


def _facts(stack: Stack, relative: PurePath) -> Iterator[SliceFacts]:
    rows, columns = stack.size
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
            seen=look(stack.read(index)),
        )


def _require_no_labels(stack: Stack) -> None:
    """Refuse a segmentation after a look at five of its slices."""
    seen: list[Seen] = []
    for index in sorted({stack.slices * part // 5 for part in range(5)}):
        seen.append(look(stack.read(index)))
        if not seen[-1].labels:
            return
    if stack.axes.slices is None and seen[0].lowest == seen[0].highest:
        return  # one empty slice of many
    detail = "the few whole numbers from 0 are labels of a segmentation, not HU"
    raise RefusedError("not-a-ct-image", detail)
