"""Which plugin decodes the pixels of a transfer syntax, and the plugin at work."""

import io

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, JPEG2000TransferSyntaxes

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


def decode_file(content: bytes, syntax: str, plugin: str) -> NDArray[np.integer]:
    """Return the stored values of a whole DICOM file; for `pi.readers.dicom.child`."""
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
