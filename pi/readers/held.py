"""The volumes that were read last, so that no slice costs the reading of its whole file."""

import io
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

HELD = 2**31
"""Bytes held at most: two volumes of the largest size, for pairs alternate between two."""
LARGEST = 2**30
"""Bytes of the largest volume that is read: 2048 slices of 512 x 512, 16 bits."""

_held: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()


def held(file: BinaryIO, part: str, load: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return what ``load`` returns, from memory if the same file was asked for lately.

    Args:
        file: open; known again by its inode, size and time, or as a member of such a file.
        part: which of the file's arrays.
        load: reads the array; what it leaves on the disk is not held.
    """
    key = (identity_of(file), part)
    if key in _held:
        _held.move_to_end(key)
        return _held[key]
    array = load()
    if isinstance(array, np.memmap):
        return array
    array.flags.writeable = False
    _held[key] = array
    while len(_held) > 1 and sum(one.nbytes for one in _held.values()) > HELD:
        _held.popitem(last=False)
    return array


def forget() -> None:
    """Give the memory back."""
    _held.clear()


def is_on_disk(file: BinaryIO) -> bool:
    """Tell whether an open file is one of the file system, which can be mapped into memory."""
    try:
        file.fileno()
    except io.UnsupportedOperation:
        return False
    return True


def identity_of(file: BinaryIO) -> Hashable:
    """Return what tells one open file from another, and from itself once it was changed."""
    if not is_on_disk(file):
        return getattr(getattr(file, "raw", file), "identity", id(file))
    status = os.fstat(file.fileno())
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
