"""What a file format must be able to do to be read: tell its slices, and give their pixels."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, Protocol

from numpy.typing import NDArray

from pi.readers.facts import SliceFacts
from pi.readers.hounsfield import HounsfieldSlice

START = 512
"""How many bytes of a file decide by whom it is read."""


class StackedSlices(Protocol):
    """Slices of one array, as they are stored."""

    @property
    def inside(self) -> str:
        """Which array of its file; empty where there is one alone."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""

    @property
    def slices(self) -> int:
        """How many slices there are."""

    def place(self, index: int) -> float | None:
        """Return where a slice lies along the normal in mm; None where nothing tells."""

    def read(self, index: int) -> NDArray[Any]:
        """Return (rows, columns) values of a slice."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One file format.

    Attributes:
        name: as people call it.
        recognises: tells from the first `START` bytes and the name whether a file is of the
            format; opens nothing.
        facts: what an open file says of each of its slices; raises `RefusedError` for the whole
            file.
        pixels: the pixels in Hounsfield units of one slice of an open file, of which the facts
            are given; raises `RefusedError`.
        stacks: of a format of arrays, those in an open file as they are stored; raises
            `RefusedError`.
    """

    name: str
    recognises: Callable[[bytes, PurePath], bool]
    facts: Callable[[BinaryIO, PurePath], Iterable[SliceFacts]]
    pixels: Callable[[BinaryIO, SliceFacts], HounsfieldSlice]
    stacks: Callable[[BinaryIO, PurePath], Sequence[StackedSlices]] | None = None
