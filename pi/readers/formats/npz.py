"""NumPy's .npz: several arrays in one file, such as ``low`` and ``full``, or ``arr_0``."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePath
from typing import BinaryIO, cast

from pi.readers.formats.npy import read_head, read_values
from pi.readers.held import held
from pi.readers.refusal import RefusedError
from pi.readers.shapes import (
    find_axes,
    is_image,
    require_no_blow_up,
)
from pi.readers.stacks import Stack, stack_reader

_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError)


def _recognises(start: bytes, relative: PurePath) -> bool:
    return start.startswith(b"PK") and relative.suffix.lower() == ".npz"


def _stacks(file: BinaryIO, relative: PurePath) -> Sequence[Stack]:
    try:
        with zipfile.ZipFile(file) as archive:
            return tuple(_images(file, archive))
    except _DAMAGED:
        raise RefusedError(
            "undecodable", "the file breaks off or breaks the rules of .npz"
        ) from None


def _images(file: BinaryIO, archive: zipfile.ZipFile) -> Iterator[Stack]:
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        with archive.open(info) as stream:
            member = cast(BinaryIO, stream)
            head = read_head(member)
            if not is_image(head.shape):
                continue
            require_no_blow_up(info.file_size, info.compress_size)
            array = held(file, info.filename, partial(read_values, member, head))
        yield Stack(info.filename.removesuffix(".npy"), array, find_axes(array))


READER = stack_reader("NumPy", _recognises, _stacks)
