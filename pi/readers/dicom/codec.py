"""Which plugin decodes the pixels of a transfer syntax, and the plugin at work."""

import io

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, JPEG2000TransferSyntaxes, JPEGExtended12Bit

from pi.readers.child import apart
from pi.readers.dicom.frames import CODECS, DecodedFrame, Image, decode_frame
from pi.readers.dicom.header import Header
from pi.readers.dicom.layout import Layout
from pi.readers.refusal import RefusedError

_ORDER = ("pydicom", "pylibjpeg", "pyjpegls", "gdcm", "pillow")
_ORDER_JPEG_2000 = ("pylibjpeg", "pillow", "gdcm")


def choose_codec(syntax: UID) -> str:
    """Return the plugin for a transfer syntax; one alone, so that the choice is ours.

    Raises:
        RefusedError: ``missing-codec``, naming the syntax and what would decode it.
    """
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        known = syntax.name if syntax.is_transfer_syntax else "an unknown transfer syntax"
        raise RefusedError("missing-codec", f"no plugin of pydicom decodes {known}") from None
    if not decoder.is_available:
        needed = "; ".join(decoder.missing_dependencies)
        raise RefusedError("missing-codec", f"{syntax.name} needs a plugin: {needed}")
    order = _ORDER_JPEG_2000 if syntax in JPEG2000TransferSyntaxes else _ORDER
    return next(name for name in order if name in decoder.available_plugins)


def decode_compressed(
    header: Header, layout: Layout, syntax: UID, encapsulated: bytes
) -> NDArray[np.integer]:
    """Return (rows, columns) stored values of compressed pixels, decoded in another process.

    Args:
        header: of the file.
        layout: of its pixels.
        syntax: how they are encoded.
        encapsulated: value of PixelData and what follows.

    Raises:
        RefusedError: ``undecodable``, ``takes-too-long``, ``missing-codec``.
    """
    plugin = choose_codec(syntax)
    if plugin not in CODECS or (plugin == "pillow" and syntax not in JPEG2000TransferSyntaxes):
        header.file.seek(0)
        return apart(decode_file, header.file.read(header.size), str(syntax), plugin)
    if syntax == JPEGExtended12Bit and layout.stored > 8:
        raise RefusedError("missing-codec", f"no plugin decodes 12 bits of {syntax.name}")
    shape, bits = (layout.rows, layout.columns), (layout.allocated, layout.stored)
    image = Image(str(syntax), *shape, *bits, layout.signed)
    return _values(apart(decode_frame, encapsulated, plugin, image), image)


def _values(words: DecodedFrame, image: Image) -> NDArray[np.integer]:
    """Return what decoded words mean, by the sign that the header gives to them."""
    width = len(words.content) // (image.rows * image.columns)
    if width not in (1, 2, 4) or not 1 <= words.bits <= 8 * width:
        raise RefusedError("undecodable", "the pixels are not of Rows x Columns")
    count = image.rows * image.columns
    stored = np.frombuffer(words.content, f"<u{width}", count).reshape(image.rows, image.columns)
    if words.raised:
        stored = stored ^ (1 << (8 * width - 1))
    spare = 8 * width - words.bits
    leading = stored if words.leading else stored << spare
    return leading.view(f"<{'i' if image.signed else 'u'}{width}") >> spare


def decode_file(content: bytes, syntax: str, plugin: str) -> NDArray[np.integer]:
    """Return the stored values of a whole DICOM file; for `pi.readers.child`."""
    return decode(pydicom.dcmread(io.BytesIO(content), force=True), syntax, plugin)


def decode(dataset: FileDataset, syntax: str, plugin: str) -> NDArray[np.integer]:
    """Return the stored values of ``dataset``, sign-extended and free of overlay bits.

    Args:
        dataset: with PixelData.
        syntax: how they are encoded.
        plugin: that of `choose_codec`; empty where pixels lie as they are.
    """
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.pixel_array_options(decoding_plugin=plugin)
    return dataset.pixel_array
