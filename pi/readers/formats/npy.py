"""NumPy's .npy: one slice, or a stack of them, as the RED-CNN family writes both."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from tokenize import TokenError
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from pi.readers.held import held, is_on_disk
from pi.readers.refusal import RefusedError
from pi.readers.shapes import (
    find_axes,
    require_real,
    require_size,
)
from pi.readers.stacks import Stack, stack_reader

MAGIC = b"\x93NUMPY"
_BREAKS_OFF = "the array breaks off or breaks the rules of .npy"


@dataclass(frozen=True, slots=True)
class Head:
    """What an array is, as its first bytes say."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]


def read_head(file: BinaryIO) -> Head:
    """Read to where the values begin.

    Raises:
        RefusedError: ``undecodable``.
    """
    try:
        version = np.lib.format.read_magic(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python 2, which wrote 512L
            if version == (1, 0):
                return Head(*np.lib.format.read_array_header_1_0(file))
            return Head(*np.lib.format.read_array_header_2_0(file))
    except (EOFError, RecursionError, SyntaxError, TokenError, TypeError, ValueError):
        raise RefusedError("undecodable", _BREAKS_OFF) from None


def read_values(file: BinaryIO, head: Head) -> NDArray[Any]:
    """Return the array whose ``head`` was read; of a file on the disk, still on the disk.

    Raises:
        RefusedError: ``array-type`` (nothing is unpickled), ``too-large``, ``truncated``.
    """
    require_real(head.dtype)
    order: Literal["C", "F"] = "F" if head.by_columns else "C"
    try:
        if is_on_disk(file):
            return np.memmap(file, head.dtype, "r", file.tell(), head.shape, order)
        count = math.prod(head.shape)
        require_size(count * head.dtype.itemsize)
        values = np.frombuffer(file.read(count * head.dtype.itemsize), head.dtype)
        return values.reshape(head.shape, order=order)
    except ValueError:
        raise RefusedError("truncated", "the file is shorter than its array") from None


def _recognises(start: bytes, relative: PurePath) -> bool:
    return start.startswith(MAGIC)


def npy_stacks(file: BinaryIO, relative: PurePath) -> Sequence[Stack]:
    """Return the one stack of a .npy file, as `pi.readers.stacks.Stacks` has it.

    Raises:
        RefusedError: the file is damaged, or of another kind than its name.
    """
    head = read_head(file)
    array = held(file, "", lambda: read_values(file, head))
    return (Stack("", array, find_axes(array)),)


READER = stack_reader("NumPy", _recognises, npy_stacks)
