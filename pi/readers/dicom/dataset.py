"""pydicom, made quiet and strict: the one place that knows how it fails."""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pi.readers.refusal import Reason, RefusedError
from pi.readers.serving import DAMAGE_ERRORS

PARSE_ERRORS = (*DAMAGE_ERRORS, BytesLengthException, InvalidDicomError)
"""What pydicom and its codecs raise on damaged input; each of them means this file only."""


NATIVE = frozenset({ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian})
"""Transfer syntaxes whose pixels lie in the file as they are."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom, whose warnings quote the values of tags; reason codes replace them."""
    logger = logging.getLogger("pydicom")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def transfer_syntax(dataset: FileDataset) -> UID:
    """Return how the pixels are encoded; read off the file itself where no tag says it."""
    meta = getattr(dataset, "file_meta", None)
    stated = text(meta, "TransferSyntaxUID") if meta is not None else ""
    if stated:
        return UID(stated)
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def text(dataset: Dataset, keyword: str) -> str:
    """Return a tag's first value as text, empty where absent or unreadable."""
    values = texts(dataset, keyword)
    return values[0] if values else ""


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return all values of a tag as text."""
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return ()
        several = not isinstance(value, str) and hasattr(value, "__iter__")
        is_name = hasattr(value, "alphabetic")
        return tuple(str(v) for v in value) if several and not is_name else (str(value),)
    except PARSE_ERRORS:
        return ()


def sources(dataset: Dataset) -> tuple[str, ...]:
    """Return the images that this one says it was made of (PS3.3 C.7.6.1.1.4), by their UIDs."""
    try:
        items = dataset.get("SourceImageSequence") or ()
        return tuple(filter(None, (text(item, "ReferencedSOPInstanceUID") for item in items)))
    except PARSE_ERRORS:
        return ()


def numbers(dataset: Dataset, keyword: str, count: int, reason: Reason) -> tuple[float, ...]:
    """Return ``count`` finite numbers of a tag, the only place where a DS becomes a float.

    Raises:
        RefusedError: ``reason`` when absent, malformed, not finite or of another count.
    """
    found = texts(dataset, keyword)
    rule = "a finite number" if count == 1 else f"{count} finite numbers"
    try:
        values = tuple(float(value) for value in found)
    except ValueError:
        comma = any("," in value for value in found)
        what = "has a decimal comma, where DICOM has a point" if comma else "is something else"
        raise RefusedError(reason, f"{keyword} must be {rule} but {what}") from None
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise RefusedError(reason, f"{keyword} must be {rule} but {_what(values)}")
    return values


def _what(values: tuple[float, ...]) -> str:
    if not values:
        return "is absent"
    infinite = sum(not math.isfinite(value) for value in values)
    return f"holds {len(values)}, {infinite} of them not finite"
