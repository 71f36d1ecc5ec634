"""Files of arrays (.npy, .nii, .nii.gz) denoised into files of the same header, byte for byte."""

import gzip
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path, PurePath
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from pi.derived.found_scan import ScanError
from pi.derived.rounding import DenoiserInput, Grid, Settled, given, grid_of_type, settle_stored
from pi.derived.streaming import Waiting
from pi.readers.archives import open_file
from pi.readers.facts import SliceFacts
from pi.readers.formats import nifti, npy
from pi.readers.hounsfield import Rescale
from pi.readers.stacks import Stack, Stacks
from pi.readers.units import AUTO, Relation, parse_unit
from pi.readers.values import contradiction, likely, recognise, together

_STACKS: Mapping[str, Stacks] = {
    nifti.READER.name: nifti.nifti_stacks,
    npy.READER.name: npy.npy_stacks,
}
_RAW = ".raw"


def find_relation(slices: Sequence[SliceFacts], told: str) -> Relation:
    """Return how the values of arrays relate to HU.

    Args:
        slices: all that are denoised.
        told: by the user, in the grammar of `pi.readers.units`.

    Raises:
        ScanError: nobody can tell, or the values contradict it; a format that is not written.
    """
    others = {one.format for one in slices if one.inside or one.format not in _STACKS}
    if others:
        raise ScanError(
            "arrays must be NIfTI or .npy to be written as they came but got "
            f"{', '.join(sorted(others))} with arrays inside."
        )
    seen = together(one.seen for one in slices if one.seen)
    unit = recognise(seen) if told.strip().lower() == AUTO else told.strip().lower()
    relation = parse_unit(unit) if unit else None
    if relation is None:
        guess = likely(seen, slices[0].frame.rows, slices[0].frame.columns)
        raise ScanError(
            "`values` must say how the values of arrays relate to HU, because nothing tells it of "
            f"values between {seen.lowest:g} and {seen.highest:g}"
            f"{f': {guess} if that is what they are' if guess else ''}."
        )
    if wrong := contradiction(unit, seen):
        raise ScanError(f"`values` must be what the values of arrays are but {wrong}.")
    return relation


def waiting_arrays(
    source: Path, slices: Sequence[SliceFacts], relation: Relation, destination: Path
) -> Iterator[Waiting]:
    """Read the slices of arrays, one when it is asked for.

    Args:
        source: folder of the arrays.
        slices: those of one file behind one another.
        relation: from values to HU.
        destination: folder into which files of the same names are written.
    """
    for name, of_file in groupby(slices, key=lambda one: one.file):
        indices = [one.index for one in of_file]
        volume = _open_volume(source, PurePath(name), slices[0].format, destination)
        pending = _Pending(len(indices), volume)
        for index in indices:
            stored = volume.read(index)
            grid = grid_of_type(stored.dtype, _joined(volume.stack().rescale, relation))
            start = given(stored, grid)
            yield Waiting(start, partial(pending.write, index, stored, start, grid))


@dataclass(frozen=True)
class _Volume:
    """A file of an array, and the one beside it that is written.

    Attributes:
        stack: opens the source's array; opened for each slice, so that memory is given back.
        raw: the new file, unpacked.
        file: the new file.
        prefix: bytes before the array.
    """

    stack: Callable[[], Stack]
    raw: Path
    file: Path
    prefix: int

    def read(self, index: int) -> NDArray[Any]:
        return np.array(self.stack().view(index))

    def write(self, index: int, stored: NDArray[Any]) -> None:
        """Store a slice where the source has it, in whatever order its axes lie."""
        stack = self.stack()
        theirs = np.asarray(stack.stored)
        low, high = byte_bounds(theirs)
        content = np.memmap(self.raw, np.uint8, "r+", self.prefix, (high - low,))
        at = theirs.__array_interface__["data"][0] - low
        ours = np.ndarray(theirs.shape, theirs.dtype, content, at, theirs.strides)
        replace(stack, stored=ours).view(index)[...] = stored
        content.flush()

    def finish(self) -> None:
        """Pack the new file if the source was packed."""
        if self.raw == self.file:
            return
        with (
            self.raw.open("rb") as content,
            self.file.open("xb") as packed,
            gzip.GzipFile("", "wb", 6, packed, mtime=0) as out,
        ):
            shutil.copyfileobj(content, out, 2**20)
        self.raw.unlink()


@dataclass
class _Pending:
    """How many slices of a file are still to be written."""

    left: int
    volume: _Volume

    def write(
        self,
        index: int,
        stored: NDArray[Any],
        start: DenoiserInput,
        grid: Grid,
        denoised: NDArray[np.floating],
    ) -> Settled:
        settled = settle_stored(stored, start, denoised, grid)
        self.volume.write(index, settled.stored)
        self.left -= 1
        if not self.left:
            self.volume.finish()
        return settled


def _open_volume(source: Path, relative: PurePath, kind: str, destination: Path) -> _Volume:
    """Write all of the new file but its slices."""
    file = destination / relative
    file.parent.mkdir(parents=True, exist_ok=True)

    def stack() -> Stack:
        with open_file(source, relative) as content:
            return _STACKS[kind](content, relative)[0]

    with open_file(source, relative) as content:
        prefix, packed = _prefix(content, kind)
    low, high = byte_bounds(np.asarray(stack().stored))
    raw = file.with_name(file.name + _RAW) if packed else file
    with raw.open("xb") as out:
        out.write(prefix)
        out.truncate(len(prefix) + high - low)
    return _Volume(stack, raw, file, len(prefix))


def _prefix(file: BinaryIO, kind: str) -> tuple[bytes, bool]:
    """Return the bytes before the array, and whether the file is packed."""
    if kind == npy.READER.name:
        npy.read_head(file)
        length = file.tell()
        file.seek(0)
        return file.read(length), False
    packed = file.read(2) == nifti.GZIP
    file.seek(0)
    length = nifti.read_header(file, packed=packed).get_data_offset()
    file.seek(0)
    return (gzip.GzipFile(fileobj=file) if packed else file).read(length), packed


def _joined(first: Rescale, then: Relation) -> Rescale:
    """Return stored values -> values -> HU as one."""
    return Rescale(first.slope * then.slope, first.intercept * then.slope + then.intercept)
