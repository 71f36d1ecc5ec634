"""One file, whatever its format: what it says of its slices, and their pixels."""

from collections.abc import Callable
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from pi.readers.dicom.reader import DICOM
from pi.readers.facts import SliceFacts
from pi.readers.files import open_file
from pi.readers.foreign import refused_by_name, refused_by_start
from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.reader import START, Reader
from pi.readers.refusal import Refusal, RefusedError

READERS: tuple[Reader, ...] = (DICOM,)
"""The formats that can be read, the first that recognises a file taking it."""

_UNREADABLE = Refusal("unreadable", "the file cannot be opened or read")


def read_facts(source: Path, relative: PurePath) -> tuple[SliceFacts, ...] | Refusal:
    """Return what one file says of its slices, or why the file is refused; raises nothing."""
    refusal = refused_by_name(relative)
    if refusal:
        return refusal
    try:
        with open_file(source, relative) as file:
            start = file.read(START)
            file.seek(0)
            reader = _reader_of(start, relative)
            foreign = None if reader else refused_by_start(start)
            # What nothing tells may be DICOM that lost its preamble.
            return foreign or tuple((reader or DICOM).facts(file, relative))
    except RefusedError as refused:
        return refused.refusal
    except OSError:
        return _UNREADABLE


def read_hounsfield(source: Path, facts: SliceFacts) -> HounsfieldSlice:
    """Return the pixels of one slice whose facts were read before.

    Raises:
        RefusedError: see the format's reader; ``unreadable``.
    """
    relative = PurePath(facts.file)
    try:
        with open_file(source, relative) as file:
            start = file.read(START)
            file.seek(0)
            reader = _reader_of(start, relative) or DICOM
            return reader.pixels(file, facts)
    except OSError:
        raise RefusedError(_UNREADABLE.reason, _UNREADABLE.detail) from None


def pictures_in(source: Path) -> Callable[[SliceFacts], NDArray[np.int16] | None]:
    """Return what reads the HU of a slice below ``source``, None where they cannot be read."""

    def picture_of(facts: SliceFacts) -> NDArray[np.int16] | None:
        try:
            return read_hounsfield(source, facts).hu
        except RefusedError:
            return None

    return picture_of


def _reader_of(start: bytes, relative: PurePath) -> Reader | None:
    return next((one for one in READERS if one.recognises(start, relative)), None)
