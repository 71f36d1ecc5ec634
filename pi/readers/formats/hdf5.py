"""HDF5: datasets such as ``low`` and ``full``, in groups or not; MATLAB 7.3 writes it, too."""

import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from pi.readers.refusal import RefusedError
from pi.readers.serving import DAMAGE_ERRORS
from pi.readers.shapes import (
    Axes,
    Stored,
    find_axes,
    is_image,
    require_no_blow_up,
    require_size,
)
from pi.readers.stacks import Stack, stack_reader

if TYPE_CHECKING:
    import h5py

MAGIC = b"\x89HDF\r\n\x1a\n"
_OWN = "#"
"""How MATLAB begins the names of groups that hold what it keeps for itself."""


def hdf5_stacks(file: BinaryIO, *, matlab: bool = False) -> Sequence[Stack]:
    """Return the stacks of an HDF5 file, which must stay open as long as they are used.

    Args:
        file: open.
        matlab: axes lie the other way round, and where the shape does not tell, the last of
            MATLAB's counts the slices.

    Raises:
        RefusedError: not HDF5, values in other files, no real numbers, projections.
    """
    import h5py

    try:
        images: dict[str, h5py.Dataset] = {}

        def note(name: str, one: object) -> None:  # links out of the file are not followed
            own = matlab and name.startswith(_OWN)
            if isinstance(one, h5py.Dataset) and not own and is_image(one.shape or ()):
                images[name] = one

        h5py.File(file, "r").visititems(note)
        return tuple(_stack(name, one, matlab=matlab) for name, one in sorted(images.items()))
    except DAMAGE_ERRORS:
        raise RefusedError(
            "undecodable", "the file breaks off or breaks the rules of HDF5"
        ) from None


def _stack(name: str, dataset: "h5py.Dataset", *, matlab: bool) -> Stack:
    if dataset.is_virtual or dataset.external:
        raise RefusedError("unsupported-format", "the values of the HDF5 file lie in other files")
    require_size(dataset.dtype.itemsize * math.prod(dataset.chunks or dataset.shape[1:]))
    require_no_blow_up(dataset.nbytes, dataset.id.get_storage_size())
    if not matlab:
        return Stack(name, dataset, find_axes(dataset))
    axes = find_axes(_Reversed(dataset), "last")
    return Stack(name, dataset, _reversed(axes, dataset.ndim))


class _Reversed:
    """The shape of an array as MATLAB, which counts by columns, sees it."""

    def __init__(self, dataset: Stored) -> None:
        self.shape = dataset.shape[::-1]
        self.dtype = dataset.dtype

    def __getitem__(self, key: object) -> object:
        raise NotImplementedError


def _reversed(axes: Axes, count: int) -> Axes:
    slices = None if axes.slices is None else count - 1 - axes.slices
    return Axes(slices, count - 1 - axes.rows, count - 1 - axes.columns)


def _recognises(start: bytes, relative: PurePath) -> bool:
    return start.startswith(MAGIC)


def _stacks(file: BinaryIO, relative: PurePath) -> Sequence[Stack]:
    return hdf5_stacks(file)


READER = stack_reader("HDF5", _recognises, _stacks)
