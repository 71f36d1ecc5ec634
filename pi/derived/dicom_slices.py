"""DICOM slices read to be denoised, and written as a derived series."""

import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePath

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRBigEndian

from pi.derived.attributes import derive_attributes
from pi.derived.chosen_series import Series
from pi.derived.derivation import Derivation
from pi.derived.found_scan import ScanError
from pi.derived.rounding import DenoiserInput, Grid, Settled, given, grid_of_bits, settle_stored
from pi.derived.streaming import Waiting
from pi.readers.archives import open_file
from pi.readers.dicom.dataset import PARSE_ERRORS, quiet, transfer_syntax
from pi.readers.dicom.header import read_header
from pi.readers.dicom.layout import Layout, read_layout
from pi.readers.dicom.pixels import read_padding, read_rescale
from pi.readers.dicom.stored import read_stored
from pi.readers.refusal import RefusedError

_PIXELS = 0x7FE00010
_WORDS = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}


def require_calibrated(source: Path, series: Series) -> None:
    """Refuse a series whose stored values are not rescaled to HU by slope and intercept.

    Raises:
        ScanError: they go through a table; the first slice tells.
    """
    with quiet(), open_file(source, PurePath(series[0].file)) as file:
        if "ModalityLUTSequence" in read_header(file).dataset:
            raise ScanError(
                "slices must be rescaled to HU by RescaleSlope and RescaleIntercept but got a "
                "ModalityLUTSequence, which cannot be undone."
            )


def waiting_slices(
    source: Path, series: Series, derivation: Derivation, destination: Path
) -> Iterator[Waiting]:
    """Read the slices of a series, one when it is asked for.

    Args:
        source: folder of the series.
        series: its slices, in order.
        derivation: what the derived ones say of how they were made.
        destination: folder into which they are written, as 000001.dcm and so on.

    Raises:
        ScanError: a file is no longer what it was.
    """
    for number, facts in enumerate(series, start=1):
        try:
            dataset, stored, layout, grid = _read(source, PurePath(facts.file))
        except (RefusedError, OSError, *PARSE_ERRORS) as error:
            why = f" ({error.refusal.reason})" if isinstance(error, RefusedError) else ""
            raise ScanError(
                f"slice {number} of {len(series)} must be readable to its end but is not{why}; "
                "nothing was written."
            ) from None
        start = given(stored, grid)
        file = destination / f"{number:06d}.dcm"
        yield Waiting(
            start, partial(_write, dataset, stored, layout, grid, start, derivation, number, file)
        )


def _read(
    source: Path, relative: PurePath
) -> tuple[FileDataset, NDArray[np.integer], Layout, Grid]:
    with quiet(), open_file(source, relative) as file:
        header = read_header(file)
        layout = read_layout(header.dataset)
        stored = read_stored(header)
        grid = grid_of_bits(
            layout.stored,
            signed=layout.signed,
            rescale=read_rescale(header.dataset),
            padding=read_padding(header.dataset),
        )
        file.seek(0)
        return pydicom.dcmread(file, force=True), stored, layout, grid


def _write(
    dataset: FileDataset,
    stored: NDArray[np.integer],
    layout: Layout,
    grid: Grid,
    start: DenoiserInput,
    derivation: Derivation,
    number: int,
    file: Path,
    denoised: NDArray[np.floating],
) -> Settled:
    settled = settle_stored(stored, start, denoised, grid)
    with quiet():
        try:
            content = derived_file(dataset, settled.stored, layout, derivation, number)
        except PARSE_ERRORS:
            raise ScanError(
                f"slice {number} must have a header that can be written as explicit VR, little "
                "endian, but a value of it breaks DICOM's rules; nothing was written."
            ) from None
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    return settled


def derived_file(
    dataset: FileDataset,
    stored: NDArray[np.integer],
    layout: Layout,
    derivation: Derivation,
    number: int,
) -> memoryview:
    """Return the bytes of the slice that is derived of ``dataset``, which is changed for it.

    Args:
        dataset: the source's, whole.
        stored: (rows, columns) stored values of the derived slice.
        layout: of the source's pixels.
        derivation: by what it is derived.
        number: of the slice in its series.

    Raises:
        one of `pi.readers.dicom.dataset.PARSE_ERRORS`: the source's header cannot be written.
    """
    if transfer_syntax(dataset) == ExplicitVRBigEndian:
        dataset.walk(_swap)
    derive_attributes(dataset, derivation, number)
    kind = f"<{'i' if layout.signed else 'u'}{layout.allocated // 8}"
    pixels = stored.astype(kind).tobytes()
    dataset[_PIXELS] = DataElement(_PIXELS, "OW", pixels + b"\0" * (len(pixels) % 2))
    dataset.HighBit = layout.stored - 1
    content = io.BytesIO()
    pydicom.dcmwrite(
        content, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True
    )
    return content.getbuffer()


def _swap(dataset: Dataset, element: DataElement) -> None:
    """Turn the words of a big-endian value round, which pydicom passes on as bytes."""
    width = _WORDS.get(element.VR, 1)
    if width > 1 and element.tag != _PIXELS and isinstance(element.value, bytes):
        element.value = np.frombuffer(element.value, f">u{width}").astype(f"<u{width}").tobytes()
