"""Stored values to Hounsfield units (DICOM PS3.3 C.7.6.3, C.11.1; PS3.5 8.2)."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut

from pi.readers.dicom import dataset as dicom
from pi.readers.dicom.header import read_header
from pi.readers.dicom.stored import read_stored
from pi.readers.files import open_path
from pi.readers.hounsfield import HU_MIN, HounsfieldSlice, PaddingRange, Rescale, to_hounsfield
from pi.readers.refusal import RefusedError

_HU_TYPES = frozenset({"", "HU", "HU_MOD"})


def read_hounsfield(path: Path) -> HounsfieldSlice:
    """Return the pixels of the single-frame CT file ``path``.

    Raises:
        RefusedError: ``unreadable``; as `read_pixels`.
    """
    try:
        with open_path(str(path)) as file:
            return read_pixels(file)
    except OSError:
        raise RefusedError("unreadable", "the file cannot be opened or read") from None


def read_pixels(file: BinaryIO) -> HounsfieldSlice:
    """Return the pixels of one single-frame CT file.

    Raises:
        RefusedError: as `read_header` and `read_stored`; ``bad-rescale``.
    """
    with dicom.quiet():
        header = read_header(file)
        return _dataset_to_hounsfield(header.dataset, read_stored(header))


def read_real(file: BinaryIO) -> NDArray[np.float32]:
    """Return the pixels of one single-frame CT file in HU as they are, not rounded to whole HU.

    Padding, and what lies below -1024 HU, is -1024 HU.

    Raises:
        RefusedError: as `read_pixels`.
    """
    with dicom.quiet():
        header = read_header(file)
        stored = read_stored(header)
        if "ModalityLUTSequence" in header.dataset:
            return _dataset_to_hounsfield(header.dataset, stored).hu.astype(np.float32)
        rescale, padding = read_rescale(header.dataset), read_padding(header.dataset)
    hu = stored.astype(np.float32) * np.float32(rescale.slope) + np.float32(rescale.intercept)
    if padding is not None:
        hu[(stored >= padding.low) & (stored <= padding.high)] = HU_MIN
    np.maximum(hu, np.float32(HU_MIN), out=hu)
    return hu


def read_rescale(dataset: Dataset) -> Rescale:
    """Return slope and intercept; both must be there, or HU would be a guess.

    Raises:
        RefusedError: ``bad-rescale``.
    """
    if dicom.text(dataset, "RescaleType").strip().upper() not in _HU_TYPES:
        raise RefusedError("bad-rescale", "RescaleType must be HU but is another unit")
    (slope,) = dicom.numbers(dataset, "RescaleSlope", 1, "bad-rescale")
    (intercept,) = dicom.numbers(dataset, "RescaleIntercept", 1, "bad-rescale")
    if slope == 0:
        raise RefusedError("bad-rescale", "RescaleSlope must not be 0")
    return Rescale(slope, intercept)


def read_padding(dataset: Dataset) -> PaddingRange | None:
    """Return PixelPaddingValue..PixelPaddingRangeLimit, or None without the tag.

    The tag is unsigned or signed as the pixels are; writers mix this up, so a value outside
    the pixels' range is taken modulo 2**BitsAllocated.
    """
    if "PixelPaddingValue" not in dataset:
        return None
    (value,) = dicom.numbers(dataset, "PixelPaddingValue", 1, "undecodable")
    limit = value
    if "PixelPaddingRangeLimit" in dataset:
        (limit,) = dicom.numbers(dataset, "PixelPaddingRangeLimit", 1, "undecodable")
    (signed,) = dicom.numbers(dataset, "PixelRepresentation", 1, "undecodable")
    (bits,) = dicom.numbers(dataset, "BitsAllocated", 1, "undecodable")
    low, high = sorted(_wrap(int(end), int(bits), signed == 1) for end in (value, limit))
    return PaddingRange(low, high)


def _dataset_to_hounsfield(dataset: Dataset, stored: NDArray[np.integer]) -> HounsfieldSlice:
    if "ModalityLUTSequence" in dataset:
        try:
            looked_up = apply_modality_lut(stored, dataset).astype(np.int32)
        except dicom.PARSE_ERRORS:
            raise RefusedError("bad-rescale", "ModalityLUTSequence cannot be applied") from None
        return to_hounsfield(looked_up, Rescale(1, 0))
    return to_hounsfield(stored, read_rescale(dataset), read_padding(dataset))


def _wrap(value: int, bits: int, signed: bool) -> int:
    lowest = -(1 << (bits - 1)) if signed else 0
    return (value - lowest) % (1 << bits) + lowest
