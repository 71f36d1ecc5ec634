"""The header of a DICOM file, and no more of the file than a header and one slice may be."""

import io
import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pi.readers.dicom.dataset import PARSE_ERRORS, text
from pi.readers.dicom.layout import MOST_PIXELS
from pi.readers.dicom.start import encoding_of, has_prefix
from pi.readers.refusal import RefusedError

USUAL_HEADER = 2**16
MOST_HEADER = 2**21
"""Bytes of a header: what nearly all need, and what any may have."""
MOST_ELEMENTS = 10_000
MOST_INFLATED = 2 * MOST_PIXELS + MOST_HEADER
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})  # float, double float, integer
_StopWhen = Callable[[BaseTag, str | None, int], bool]


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixels of a file lie.

    Attributes:
        tag: of PixelData or of the float ones that no CT has.
        vr: as the file gives it; None where it is implicit.
        length: as the file claims it, in bytes.
        value: where their bytes begin in the file.
    """

    tag: int
    vr: str | None
    length: int
    value: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the pixels.

    Attributes:
        dataset: every element before them.
        pixels: where they lie; None where there are none.
        file: in which they lie; the inflated data set, if it was deflated.
        size: of ``file`` in bytes.
        whole: False where the header is longer than `MOST_HEADER`; ``dataset`` holds what was
            understood of its beginning.
    """

    dataset: FileDataset
    pixels: PixelElement | None
    file: BinaryIO
    size: int
    whole: bool = True


def read_header(file: BinaryIO) -> Header:
    """Return the header of a file that begins as DICOM does; reads a few kilobytes of it.

    Raises:
        RefusedError: ``undecodable``, ``not-dicom``.
    """
    try:
        return _read(file)
    except _DeflatedError as deflated:
        inflated = _inflated(file, deflated.start)
    try:
        return _read(inflated)
    except _DeflatedError:
        raise RefusedError("undecodable", "the data set is deflated twice") from None


def _read(file: BinaryIO) -> Header:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(USUAL_HEADER)
    found = _parsed(head, file, size)
    if found is None and len(head) < size:
        file.seek(0)
        head = file.read(MOST_HEADER)
        found = _parsed(head, file, size)
    if found is None:
        raise RefusedError("undecodable", "the file breaks off or breaks DICOM's rules")
    if not has_prefix(head) and not ("SOPClassUID" in found.dataset and "Rows" in found.dataset):
        raise RefusedError("not-dicom", "the file is not DICOM")
    return found


def _parsed(head: bytes, file: BinaryIO, size: int) -> Header | None:
    """Return the header that ``head`` holds, None if it breaks off or cannot be understood."""
    pixels: list[PixelElement] = []
    count = itertools.count()
    stream = io.BytesIO(head)

    def behind_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
        if next(count) > MOST_ELEMENTS:
            raise RefusedError("undecodable", f"the header has over {MOST_ELEMENTS} elements")
        return tag.group != 0x0002

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        behind_meta(tag, vr, length)
        if tag in _PIXELS:
            pixels.append(PixelElement(tag, vr, length, stream.tell()))
        return bool(pixels)

    try:
        dataset = _read_data_set(stream, behind_meta, at_pixels)
    except PARSE_ERRORS:
        return None
    if not pixels and len(head) < size:
        return Header(dataset, None, file, size, whole=False) if len(head) == MOST_HEADER else None
    return Header(dataset, pixels[-1] if pixels else None, file, size)


def _read_data_set(stream: BinaryIO, behind_meta: _StopWhen, at_pixels: _StopWhen) -> FileDataset:
    """Do as `pydicom.dcmread` does, but for inflating, and reading on without a bound."""
    start = stream.read(132)
    stream.seek(132 if has_prefix(start) else 0)
    meta = read_dataset(stream, False, True, stop_when=behind_meta)  # PS3.10 7.1: explicit, little
    at = stream.tell()
    syntax = text(meta, "TransferSyntaxUID")
    if syntax == DeflatedExplicitVRLittleEndian:
        raise _DeflatedError(at)
    encoding = encoding_of(syntax, stream.read(6))
    stream.seek(at)
    dataset = read_dataset(stream, encoding.implicit, encoding.little, stop_when=at_pixels)
    implicit, little = encoding.implicit, encoding.little
    found = FileDataset(stream, dataset, None, FileMetaDataset(meta), implicit, little)
    found.set_original_encoding(implicit, little, dataset.original_character_set)
    return found


class _DeflatedError(Exception):
    """The data set is deflated, and may become any size."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start


def _inflated(file: BinaryIO, start: int) -> BinaryIO:
    """Return the data set that was deflated (PS3.5 A.5), which has no preamble of its own."""
    file.seek(start)
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = engine.decompress(file.read(MOST_INFLATED), MOST_INFLATED)
    except zlib.error:
        raise RefusedError("undecodable", "the deflated data set is damaged") from None
    if not engine.eof:
        whole = len(content) < MOST_INFLATED
        problem = "breaks off" if whole else "holds more than a slice can"
        raise RefusedError("undecodable", f"the deflated data set {problem}")
    return io.BytesIO(content)
