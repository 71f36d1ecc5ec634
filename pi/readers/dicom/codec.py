"""Which plugin decodes a compressed slice, and how a damaged one cannot end the program."""

import atexit
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, JPEG2000TransferSyntaxes

from pi.readers.refusal import RefusedError

T = TypeVar("T")

_ORDER = ("pydicom", "pylibjpeg", "pyjpegls", "gdcm", "pillow")
_ORDER_JPEG_2000 = ("pylibjpeg", "pillow", "gdcm")
_PIXEL_MODULE = (
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData"),
)
_worker: list[ProcessPoolExecutor] = []


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


def decode_with(plugin: str, dataset: Dataset) -> NDArray[np.integer]:
    """Return the stored values of ``dataset``, (rows, columns), decoded by ``plugin``.

    GDCM ends the whole process on some damaged streams, so it works in a process of its own.
    """
    if plugin != "gdcm":
        return _decode(plugin, dataset)
    alone = Dataset()
    alone.file_meta = FileMetaDataset()
    alone.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    for keyword in _PIXEL_MODULE:
        if keyword in dataset:
            alone[keyword] = dataset[keyword]
    return apart(_decode, plugin, alone)


def apart(function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
    """Return what ``function`` returns in a process that is kept for the next call.

    Raises:
        RefusedError: ``undecodable``, when the process dies of it.
    """
    if not _worker:
        _worker.append(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
    try:
        return _worker[0].submit(function, *arguments).result()
    except BrokenProcessPool:
        close_worker()
        raise RefusedError("undecodable", "the pixels are damaged beyond decoding") from None


@atexit.register
def close_worker() -> None:
    """End the process of `apart`, if there is one."""
    while _worker:
        _worker.pop().shutdown()


def _decode(plugin: str, dataset: Dataset) -> NDArray[np.integer]:
    dataset.pixel_array_options(decoding_plugin=plugin)
    return dataset.pixel_array
