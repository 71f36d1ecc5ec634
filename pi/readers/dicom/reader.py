"""DICOM as one of the formats that can be read."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import BinaryIO

from pi.readers.dicom.facts import read_facts
from pi.readers.dicom.pixels import read_pixels
from pi.readers.dicom.start import has_prefix, is_bare
from pi.readers.facts import SliceFacts
from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.reader import Reader


def _recognises(start: bytes, relative: PurePath) -> bool:
    return has_prefix(start) or is_bare(start)


def _facts(file: BinaryIO, relative: PurePath) -> Iterable[SliceFacts]:
    return (read_facts(file, relative),)


def _pixels(file: BinaryIO, facts: SliceFacts) -> HounsfieldSlice:
    return read_pixels(file)


DICOM = Reader("DICOM", _recognises, _facts, _pixels)
