"""A volume of the store as a file of other people's: NumPy or NIfTI, written slice by slice."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pi.choices import ArrayFormat
from pi.slices.manifest import Volume
from pi.slices.series import modal_step
from pi.slices.writing import ArrayFile

_SCANNER = 1
"""NIFTI_XFORM_SCANNER_ANAT (nifti1.h)."""


class Growing(Protocol):
    """A file that takes slices, from the lowest position up."""

    def append(self, hu: NDArray[np.int16]) -> None:
        """Write one slice, (rows, columns) int16 HU."""


class NiftiFile:
    """An uncompressed NIfTI of (columns, rows, slices) int16 HU; the inverse of our reader.

    Columns run towards the patient's left and rows towards the back, as in an axial DICOM slice.
    The store knows neither the place of a slice within its plane nor unequal steps: the first
    pixel lies at 0, and slices are as far apart as most are. Their positions are in `keys.csv`.
    """

    def __init__(self, path: Path, volume: Volume) -> None:
        from nibabel import Nifti1Header

        header = Nifti1Header()
        header.set_data_dtype(np.dtype("<i2"))
        header.set_data_shape((volume.columns, volume.rows, len(volume.positions)))
        header.set_sform(affine_of(volume), _SCANNER)
        header.set_qform(affine_of(volume), _SCANNER)
        if volume.pixel_spacing is not None:
            header.set_xyzt_units("mm")
        header["vox_offset"] = 352
        self._file = path.open("xb")
        self._file.write(header.binaryblock + bytes(4))

    def append(self, hu: NDArray[np.int16]) -> None:
        """Write one slice, (rows, columns) int16 HU."""
        self._file.write(np.ascontiguousarray(hu, dtype="<i2").tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def affine_of(volume: Volume) -> NDArray[np.float64]:
    """Return the affine (4, 4) from (column, row, slice) to mm, right, front and head."""
    spacing = volume.pixel_spacing or 1.0
    step = modal_step(volume.positions) or volume.thickness or 1.0
    affine = np.diag([-spacing, -spacing, step, 1.0])
    affine[2, 3] = volume.positions[0]
    return affine


def _npy(path: Path, volume: Volume) -> ArrayFile:
    return ArrayFile(path, volume.rows, volume.columns)


OPENED: Mapping[ArrayFormat, Callable[[Path, Volume], "AbstractContextManager[Growing]"]] = {
    "npy": _npy,
    "nifti": NiftiFile,
}
"""How a file of each format is opened."""

ENDINGS: Mapping[ArrayFormat, str] = {"npy": ".npy", "nifti": ".nii"}
