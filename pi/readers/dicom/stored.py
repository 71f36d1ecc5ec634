"""The stored values of a slice: whether they can be there, and the values themselves."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.uid import UID, RLELossless

from pi.readers.dicom import dataset as dicom
from pi.readers.dicom.codec import decode, decode_compressed
from pi.readers.dicom.header import MOST_HEADER, Header, PixelElement
from pi.readers.dicom.layout import Layout, read_layout
from pi.readers.refusal import RefusedError

_PIXEL_DATA = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_RLE_RATIO = 64
"""Two bytes of RLE become 128 at most (PS3.5 G.3.1); of other codecs no such bound is known."""
_ROOM = 2**20
"""Bytes that a compressed slice may need beyond twice those of its pixels: tables, items."""


def require_pixels(header: Header) -> None:
    """Let pass what has its pixels whole: by size if native, else decoded once to know.

    Raises:
        RefusedError: as `read_stored`.
    """
    syntax = dicom.transfer_syntax(header.dataset)
    if syntax in dicom.NATIVE:
        _native_pixels(header)
    else:
        read_stored(header)


def read_stored(header: Header) -> NDArray[np.integer]:
    """Return (rows, columns) stored values, sign-extended and free of overlay bits.

    Raises:
        RefusedError: ``no-pixels``, ``truncated``, ``bad-geometry``, ``undecodable``,
            ``missing-codec`` (names plugin and syntax), ``takes-too-long``.
    """
    syntax = dicom.transfer_syntax(header.dataset)
    if syntax in dicom.NATIVE:
        layout, element = _native_pixels(header)
        stored = _native(header, layout, element, syntax)
    else:
        layout, element = _compressed_pixels(header, syntax)
        stored = _compressed(header, layout, element.value, syntax)
    if stored.shape != (layout.rows, layout.columns):
        raise RefusedError("undecodable", "the pixels are not of Rows x Columns")
    return stored


def _pixels(header: Header) -> tuple[Layout, PixelElement]:
    if not header.whole:
        raise RefusedError("undecodable", f"the header is longer than {MOST_HEADER} bytes")
    if header.pixels is None or header.pixels.tag != _PIXEL_DATA:
        raise RefusedError("no-pixels", "the image has no PixelData")
    return read_layout(header.dataset), header.pixels


def _native_pixels(header: Header) -> tuple[Layout, PixelElement]:
    layout, element = _pixels(header)
    if element.length == _UNDEFINED:
        raise RefusedError("undecodable", "the pixels are not encoded as the file says")
    if min(header.size - element.value, element.length) < layout.bytes:
        raise RefusedError("truncated", "the file is shorter than its image")
    return layout, element


def _native(
    header: Header, layout: Layout, element: PixelElement, syntax: UID
) -> NDArray[np.integer]:
    header.file.seek(element.value)
    value = header.file.read(layout.bytes + layout.bytes % 2)
    try:
        header.dataset[_PIXEL_DATA] = DataElement(_PIXEL_DATA, element.vr or "OW", value)
        return decode(header.dataset, syntax, "")
    except dicom.PARSE_ERRORS:
        raise RefusedError("undecodable", _undecodable(syntax)) from None


def _compressed_pixels(header: Header, syntax: UID) -> tuple[Layout, PixelElement]:
    layout, element = _pixels(header)
    length = header.size - element.value
    if length > 2 * layout.bytes + _ROOM:
        raise RefusedError("undecodable", "the compressed pixels are longer than plain ones")
    if syntax == RLELossless and layout.bytes > _RLE_RATIO * length:
        raise RefusedError("truncated", "the file is shorter than its image")
    return layout, element


def _compressed(header: Header, layout: Layout, at: int, syntax: UID) -> NDArray[np.integer]:
    header.file.seek(at)
    encapsulated = header.file.read(header.size - at)  # which _compressed_pixels has bounded
    try:
        return decode_compressed(header, layout, syntax, encapsulated)
    except RefusedError as refused:
        if refused.refusal.reason != "undecodable":
            raise
        raise RefusedError("undecodable", _undecodable(syntax)) from None


def _undecodable(syntax: UID) -> str:
    return f"the pixels cannot be decoded ({syntax.name})"
