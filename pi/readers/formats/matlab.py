"""MATLAB's .mat: variables that hold slices or stacks; HDF5 since version 7.3."""

import zlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pi.readers.formats import hdf5
from pi.readers.held import held
from pi.readers.refusal import RefusedError
from pi.readers.shapes import (
    find_axes,
    is_image,
    require_no_blow_up,
    require_size,
)
from pi.readers.stacks import Stack, stack_reader

_BYTES = {
    **dict.fromkeys(("double", "int64", "uint64"), 8),
    **dict.fromkeys(("single", "int32", "uint32"), 4),
    **dict.fromkeys(("int16", "uint16"), 2),
    **dict.fromkeys(("int8", "uint8"), 1),
}
"""Of a number, by MATLAB's name of its class; other variables hold no image."""
_SINCE_7_3 = b"MATLAB 7.3"
_DAMAGED = (ArithmeticError, EOFError, LookupError, OSError, TypeError, ValueError, zlib.error)
_BREAKS_OFF = "the file breaks off or breaks the rules of .mat"


def _recognises(start: bytes, relative: PurePath) -> bool:
    return start.startswith(b"MATLAB ") or relative.suffix.lower() == ".mat"


def _stacks(file: BinaryIO, relative: PurePath) -> Sequence[Stack]:
    start = file.read(len(_SINCE_7_3))
    file.seek(0)
    if start == _SINCE_7_3 or start.startswith(hdf5.MAGIC):
        return hdf5.hdf5_stacks(file, matlab=True)
    stacks = []
    for name in _images(file):
        array = held(file, name, lambda name=name: _load(file, name))  # type: ignore[misc]
        stacks.append(Stack(name, array, find_axes(array, "last")))
    return stacks


def _images(file: BinaryIO) -> list[str]:
    """Return the names of the variables that are images, by what their headers say."""
    from scipy.io import whosmat
    from scipy.io.matlab import MatReadError

    try:
        variables = whosmat(file)
    except (*_DAMAGED, MatReadError):
        raise RefusedError("undecodable", _BREAKS_OFF) from None
    length = file.seek(0, 2)
    images = []
    for name, shape, kind in variables:
        if kind in _BYTES and is_image(shape):
            needed = _BYTES[kind] * int(np.prod(shape, dtype=object))
            require_size(needed)
            require_no_blow_up(needed, length)
            images.append(name)
    return sorted(images)


def _load(file: BinaryIO, name: str) -> NDArray[Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    file.seek(0)
    try:
        array: NDArray[Any] = loadmat(file, variable_names=[name])[name]
    except (*_DAMAGED, MatReadError):
        raise RefusedError("undecodable", _BREAKS_OFF) from None
    return array


READER = stack_reader("MATLAB", _recognises, _stacks)
