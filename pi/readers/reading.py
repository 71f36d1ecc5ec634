"""One file, whatever its format: what it says of its slices, and their pixels."""

import pkgutil
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from pi.readers import formats
from pi.readers.archives import open_file
from pi.readers.dicom.reader import DICOM
from pi.readers.facts import SliceFacts
from pi.readers.foreign import refused_by_name, refused_by_start
from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.reader import START, Reader
from pi.readers.refusal import Refusal, RefusedError


def _found() -> tuple[Reader, ...]:
    """Return the ``READER`` of every module in `pi.readers.formats`."""
    names = sorted(module.name for module in pkgutil.iter_modules(formats.__path__))
    modules = [import_module(f"{formats.__name__}.{name}") for name in names]
    return tuple(module.READER for module in modules)


READERS: tuple[Reader, ...] = (DICOM, *_found())
"""The formats that can be read, the first that recognises a file taking it."""

_UNREADABLE = Refusal("unreadable", "the file cannot be opened or read")
_TOO_LARGE = Refusal("unreadable", "the file needs more memory than there is")
_UNKNOWN = Refusal("not-dicom", "the file is not DICOM")


def read_facts(source: Path, relative: PurePath) -> tuple[SliceFacts, ...] | Refusal:
    """Return what one file says of its slices, or why the file is refused; raises nothing."""
    refusal = refused_by_name(relative)
    if refusal:
        return refusal
    try:
        with open_file(source, relative) as file:
            start = file.read(START)
            file.seek(0)
            reader = reader_of(start, relative)
            if reader is None:
                return refused_by_start(start) or _UNKNOWN
            found = tuple(reader.facts(file, relative))
            if reader is DICOM:
                return found
            return tuple(replace(one, format=reader.name) for one in found)
    except RefusedError as refused:
        return refused.refusal
    except OSError:
        return _UNREADABLE
    except MemoryError:
        return _TOO_LARGE


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
            reader = reader_of(start, relative)
            if reader is None:
                raise RefusedError(_UNREADABLE.reason, "the file is no longer what it was")
            return reader.pixels(file, facts)
    except OSError:
        raise RefusedError(_UNREADABLE.reason, _UNREADABLE.detail) from None
    except MemoryError:
        raise RefusedError(_TOO_LARGE.reason, _TOO_LARGE.detail) from None


def pictures_in(source: Path) -> Callable[[SliceFacts], NDArray[np.int16] | None]:
    """Return what reads the HU of a slice below ``source``, None where they cannot be read."""

    def picture_of(facts: SliceFacts) -> NDArray[np.int16] | None:
        try:
            return read_hounsfield(source, facts).hu
        except RefusedError:
            return None

    return picture_of


def reader_of(start: bytes, relative: PurePath) -> Reader | None:
    """Return whose file one is, by its first `START` bytes and its name; None of nobody's."""
    return next((one for one in READERS if one.recognises(start, relative)), None)
