"""NIfTI (.nii, .nii.gz): a volume that knows its place in space, but neither patient nor kernel.

A voxel (i, j, k) lies at ``affine @ (i, j, k, 1)`` in mm towards the patient's right, front and
head (RAS+; nifti1.h, "3D orientation"). DICOM counts towards left, back and head (LPS+). Axes are
turned round and swapped, never interpolated, until they lie as nearly as they can along LPS+: then
slices are axial, their rows run from front to back and their columns from right to left.
"""

import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from pi.readers.geometry import Frame, Vector, is_frame
from pi.readers.held import held, is_on_disk
from pi.readers.hounsfield import Rescale
from pi.readers.refusal import RefusedError
from pi.readers.shapes import (
    Axes,
    require_no_blow_up,
    require_real,
    require_size,
)
from pi.readers.stacks import Stack, stack_reader

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

GZIP = b"\x1f\x8b"
"""How a file begins that is packed."""
_MAGIC_END = 348
"""Bytes that hold the magic of both versions (nifti1.h, nifti2.h)."""
_MILLIMETRES = {"meter": 1000.0, "micron": 0.001}
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_DAMAGED = (ArithmeticError, EOFError, LookupError, TypeError, ValueError, zlib.error)
_FLAT = 1e-9
_EQUAL = 1e-3
"""How far apart in mm the spacings of rows and columns may lie; float32 keeps them to 1e-7."""


def _recognises(start: bytes, relative: PurePath) -> bool:
    if relative.name.lower().endswith((".nii", ".nii.gz")):
        return True
    return start[344:348] == b"n+1\0" or start[4:8] == b"n+2\0"


def nifti_stacks(file: BinaryIO, relative: PurePath) -> Sequence[Stack]:
    """Return the one stack of a NIfTI file, gzipped or not, as `pi.readers.stacks.Stacks` has it.

    Raises:
        RefusedError: the file is damaged, or of another kind than its name.
    """
    packed = file.read(2) == GZIP
    file.seek(0)
    _require_magic(file, packed=packed)
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    try:
        header = read_header(file, packed=packed)
        return (_stack(file, header, packed=packed),)
    except (*_DAMAGED, gzip.BadGzipFile, HeaderDataError, ImageFileError, WrapStructError):
        detail = "the file breaks off or breaks the rules of NIfTI"
        raise RefusedError("undecodable", detail) from None


def _require_magic(file: BinaryIO, *, packed: bool) -> None:
    """Refuse what only bears the name, before nibabel, which is slow to import and to parse."""
    try:
        start = (gzip.GzipFile(fileobj=file) if packed else file).read(_MAGIC_END)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        start = b""
    file.seek(0)
    found = {start[344:346], start[4:6]}
    if b"n+" in found:
        return
    if b"ni" in found:
        raise RefusedError("unsupported-format", "the values of the NIfTI lie in another file")
    raise RefusedError("undecodable", "the file is called NIfTI but does not begin as one")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence nibabel, which tells of every small thing that it mends in a header."""
    from nibabel.imageglobals import logger

    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def read_header(file: BinaryIO, *, packed: bool) -> "Nifti1Header":
    """Return the header of either version, of an open file that begins as NIfTI."""
    import nibabel

    stream = gzip.GzipFile(fileobj=file) if packed else file
    size = stream.read(4)
    stream.seek(0)
    second = 540 in (int.from_bytes(size, "little"), int.from_bytes(size, "big"))
    kind = nibabel.Nifti2Header if second else nibabel.Nifti1Header
    with _quiet():
        header: Nifti1Header = kind.from_fileobj(stream)
    return header


def _stack(file: BinaryIO, header: "Nifti1Header", *, packed: bool) -> Stack:
    from nibabel import orientations

    dtype = header.get_data_dtype()
    require_real(dtype)
    shape = _three(header.get_data_shape())
    values = held(file, "", lambda: _read_values(file, header, dtype, shape, packed=packed))
    affine = _affine(header)
    turn = orientations.ornt_transform(
        orientations.io_orientation(affine), orientations.axcodes2ornt("LPS")
    )
    turned = orientations.apply_orientation(values, turn)
    place = _RAS_TO_LPS @ affine @ orientations.inv_ornt_aff(turn, shape)
    columns, rows, slices = turned.shape
    origins = tuple(_vector(place[:3, 3] + index * place[:3, 2]) for index in range(slices))
    slope, intercept = header.get_slope_inter()
    rescale = Rescale(1.0 if slope is None else slope, 0.0 if intercept is None else intercept)
    return Stack("", turned, Axes(2, 1, 0), _frame(rows, columns, place), origins, rescale)


def _three(shape: Sequence[int]) -> tuple[int, int, int]:
    """Return the shape of a volume; a fourth axis of one place is none."""
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) not in (2, 3) or 0 in shape:
        detail = f"a NIfTI volume must have 3 axes but has {len(shape)} ({_times(shape)})"
        raise RefusedError("array-shape", detail)
    i, j, *k = map(int, shape)
    return (i, j, *(k or [1]))  # type: ignore[return-value]


def _read_values(
    file: BinaryIO,
    header: "Nifti1Header",
    dtype: np.dtype[Any],
    shape: tuple[int, int, int],
    *,
    packed: bool,
) -> NDArray[Any]:
    """Return (i, j, k) values as they are stored; of a plain file, still on the disk."""
    offset = header.get_data_offset()
    needed = math.prod(shape) * dtype.itemsize
    order: Literal["F"] = "F"
    if not packed and is_on_disk(file):
        return np.memmap(file, dtype, "r", offset, shape, order)
    require_size(needed)
    if packed:
        require_no_blow_up(needed, file.seek(0, 2))
    file.seek(0)
    stream = gzip.GzipFile(fileobj=file) if packed else file
    stream.seek(offset)
    return np.frombuffer(stream.read(needed), dtype).reshape(shape, order=order)


def _affine(header: "Nifti1Header") -> NDArray[np.float64]:
    """Return the affine of sform, of qform where there is none, or of the spacings alone."""
    affine = np.array(header.get_best_affine(), dtype=np.float64)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < _FLAT:
        detail = "the affine of the NIfTI must be finite and give three directions"
        raise RefusedError("bad-geometry", detail)
    affine[:3] *= _MILLIMETRES.get(header.get_xyzt_units()[0], 1.0)
    return affine


def _frame(rows: int, columns: int, place: NDArray[np.float64]) -> Frame:
    spacing = [float(np.linalg.norm(place[:3, axis])) for axis in range(3)]
    if min(spacing) <= 0 or abs(spacing[0] - spacing[1]) > _EQUAL:
        detail = (
            "the pixels of axial slices must be square but measure "
            f"{spacing[0]:g} x {spacing[1]:g} mm"
        )
        raise RefusedError("bad-geometry", detail)
    across, down = (_vector(place[:3, axis] / spacing[axis]) for axis in range(2))
    if not is_frame(across, down):
        raise RefusedError("bad-geometry", "rows and columns of the NIfTI must be at right angles")
    return Frame(rows, columns, spacing[0], across, down)


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = (float(value) + 0.0 for value in values)
    return (x, y, z)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


READER = stack_reader("NIfTI", _recognises, nifti_stacks)
