"""How the pixels of a slice are laid out, and how many bytes they need (PS3.3 C.7.6.3)."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from pi.readers.dicom import dataset as dicom
from pi.readers.refusal import RefusedError

MOST_PIXELS = 4096 * 4096
"""Of a slice; CT has up to 2048 x 2048."""
_ALLOCATED = (8, 16, 32)


@dataclass(frozen=True, slots=True)
class Layout:
    """What is needed to decode pixels.

    Attributes:
        rows: pixels down.
        columns: pixels across.
        allocated: bits of a pixel in the file.
        stored: bits of them that count.
        signed: whether the values are.
    """

    rows: int
    columns: int
    allocated: int
    stored: int
    signed: bool

    @property
    def bytes(self) -> int:
        """Bytes of the decoded pixels."""
        return self.rows * self.columns * self.allocated // 8


def read_layout(dataset: Dataset) -> Layout:
    """Return the layout that a header gives.

    Raises:
        RefusedError: ``no-pixels``, ``bad-geometry``, ``undecodable``.
    """
    (rows,) = dicom.numbers(dataset, "Rows", 1, "no-pixels")
    (columns,) = dicom.numbers(dataset, "Columns", 1, "no-pixels")
    if not 1 <= rows * columns <= MOST_PIXELS:
        rule = "Rows x Columns must be from 1 to 4096 x 4096"
        raise RefusedError("bad-geometry", f"{rule} but is {rows:g} x {columns:g}")
    (allocated,) = dicom.numbers(dataset, "BitsAllocated", 1, "undecodable")
    if allocated not in _ALLOCATED:
        rule = "BitsAllocated must be 8, 16 or 32"
        raise RefusedError("undecodable", f"{rule} but is {allocated:g}")
    (stored,) = dicom.numbers(dataset, "BitsStored", 1, "undecodable")
    if not 1 <= stored <= allocated:
        rule = "BitsStored must be from 1 to BitsAllocated"
        raise RefusedError("undecodable", f"{rule} but is {stored:g}")
    (signed,) = dicom.numbers(dataset, "PixelRepresentation", 1, "undecodable")
    if signed not in (0, 1):
        raise RefusedError("undecodable", f"PixelRepresentation must be 0 or 1 but is {signed:g}")
    return Layout(int(rows), int(columns), int(allocated), int(stored), signed == 1)
