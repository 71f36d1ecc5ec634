"""MATLAB's .mat: variables that hold slices or stacks; HDF5 since version 7.3."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePath
from typing import BinaryIO

from pi.readers.formats import hdf5
from pi.readers.held import held
from pi.readers.mat5 import find_variables, read_variable
from pi.readers.refusal import RefusedError
from pi.readers.shapes import find_axes, is_image
from pi.readers.stacks import Stack, stack_reader

_LEVEL_5 = b"MATLAB 5.0"
_SINCE_7_3 = b"MATLAB 7.3"
_DAMAGED = (LookupError, ValueError, struct.error, zlib.error)


def _recognises(start: bytes, relative: PurePath) -> bool:
    return start.startswith((_LEVEL_5, _SINCE_7_3)) or relative.name.lower().endswith(".mat")


def _stacks(file: BinaryIO, relative: PurePath) -> Sequence[Stack]:
    start = file.read(len(_SINCE_7_3))
    if start == _SINCE_7_3 or start.startswith(hdf5.MAGIC):
        file.seek(0)
        return hdf5.hdf5_stacks(file, matlab=True)
    if start != _LEVEL_5:
        detail = "the file must be a MAT-file of MATLAB 5 or later (save it with -v7)"
        raise RefusedError("unsupported-format", detail)
    try:
        return sorted(_images(file), key=lambda stack: stack.inside)
    except _DAMAGED:
        detail = "the file breaks off or breaks the rules of .mat"
        raise RefusedError("undecodable", detail) from None


def _images(file: BinaryIO) -> Iterator[Stack]:
    for variable in find_variables(file):
        if not is_image(variable.shape):
            continue
        if not variable.real:
            raise RefusedError("array-type", "an image must hold real numbers but holds complex")
        array = held(file, variable.name, partial(read_variable, file, variable))
        yield Stack(variable.name, array, find_axes(array, "last"))


READER = stack_reader("MATLAB", _recognises, _stacks)
