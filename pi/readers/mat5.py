"""MATLAB's level 5 MAT-files, versions 5 to 7.2 (MathWorks, "MAT-File Format", chapter 1).

scipy's reader ends the whole program on some damaged files; arrays of numbers are all that is
needed here, and their layout is simple.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pi.readers.refusal import RefusedError
from pi.readers.shapes import require_no_blow_up, require_size

_HEADER = 128
_ENOUGH = 4096
"""Bytes of a matrix that hold its flags, shape and name."""
_MATRIX, _COMPRESSED = 14, 15
_COMPLEX = 0x0800
_FIRST_NUMBERS, _LAST_NUMBERS = 6, 15
"""Classes of arrays of numbers, from double to uint64."""
_STORED = {
    **{1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4"},
    **{7: "f4", 9: "f8", 12: "i8", 13: "u8"},
}
"""How numbers are stored, which may be smaller than their class."""


class _Element(NamedTuple):
    kind: int
    start: int
    size: int
    end: int


@dataclass(frozen=True, slots=True)
class Variable:
    """An array of numbers in a file.

    Attributes:
        name: of the variable.
        shape: length of every axis.
        real: it has no imaginary part.
        at: where its element lies in the file.
        compressed: bytes of its compressed element, or 0.
        size: bytes of its content.
        order: ``<`` or ``>``.
        values: where the element of its values begins in the content.
    """

    name: str
    shape: tuple[int, ...]
    real: bool
    at: int
    compressed: int
    size: int
    order: str
    values: int


def find_variables(file: BinaryIO) -> Iterator[Variable]:
    """Yield the arrays of numbers in ``file``; whatever else it holds is left out.

    Raises:
        struct.error, ValueError, zlib.error: the file breaks off or breaks the rules.
    """
    length = file.seek(0, 2)
    file.seek(_HEADER - 2)
    order = {b"IM": "<", b"MI": ">"}.get(file.read(2))
    if order is None:
        raise ValueError
    at = _HEADER
    while at < length:
        file.seek(at)
        kind, size = struct.unpack(f"{order}II", file.read(8))
        if at + 8 + size > length:
            raise ValueError
        content, compressed = file.read(min(size, _ENOUGH)), 0
        if kind == _COMPRESSED:
            compressed = size
            start = zlib.decompressobj().decompress(content, _ENOUGH)
            kind, inside = struct.unpack_from(f"{order}II", start)
            content = start[8:]
        if kind == _MATRIX and content:
            found = _variable(content, order, at, compressed, inside if compressed else size)
            if found:
                yield found
        at += 8 + size


def read_variable(file: BinaryIO, variable: Variable) -> NDArray[Any]:
    """Return the values of a variable; raises as `find_variables`, and `RefusedError`."""
    require_size(variable.size)
    file.seek(variable.at + 8)
    if variable.compressed:
        require_no_blow_up(variable.size, variable.compressed)
        packed = file.read(variable.compressed)
        content = zlib.decompressobj().decompress(packed, 8 + variable.size)[8:]
    else:
        content = file.read(variable.size)
    values = _element(content, variable.values, variable.order)
    dtype = np.dtype(f"{variable.order}{_STORED[values.kind]}")
    count = math.prod(variable.shape)
    if count * dtype.itemsize != values.size:
        raise RefusedError("truncated", "the file is shorter than its array")
    array = np.frombuffer(content, dtype, count, values.start)
    return array.reshape(variable.shape, order="F")


def _variable(content: bytes, order: str, at: int, compressed: int, size: int) -> Variable | None:
    flags = _element(content, 0, order)
    (bits,) = struct.unpack_from(f"{order}I", content, flags.start)
    if not _FIRST_NUMBERS <= bits & 0xFF <= _LAST_NUMBERS:
        return None
    shape = _element(content, flags.end, order)
    name = _element(content, shape.end, order)
    sides = struct.unpack_from(f"{order}{shape.size // 4}i", content, shape.start)
    if min(sides, default=0) < 0:
        raise ValueError
    text = content[name.start : name.start + name.size].decode("latin-1")
    real = not bits & _COMPLEX
    return Variable(text, sides, real, at, compressed, size, order, name.end)


def _element(content: bytes, at: int, order: str) -> _Element:
    """Return the element at ``at``; a short one has type and size in one number."""
    kind, size = struct.unpack_from(f"{order}II", content, at)
    if kind >> 16:
        return _Element(kind & 0xFFFF, at + 4, kind >> 16, at + 8)
    return _Element(kind, at + 8, size, at + 8 + size + -size % 8)
