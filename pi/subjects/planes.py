"""Denoised slices in files of any format that is read here, as they are stored: nothing rounded."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pi.places import file_digest
from pi.readers.archives import list_files, open_file
from pi.readers.dicom.facts import read_facts
from pi.readers.dicom.pixels import read_real
from pi.readers.dicom.reader import DICOM
from pi.readers.geometry import dot
from pi.readers.kernels import stated_kernel
from pi.readers.reader import START, Reader, StackedSlices
from pi.readers.reading import reader_of
from pi.readers.refusal import Refused, RefusedError
from pi.subjects.who import words_of


@dataclass(frozen=True, slots=True)
class Plane:
    """One slice in a file.

    Attributes:
        file: below the folder; private.
        inside: which array of the file; empty where there is one alone.
        index: which slice of the array, from 0.
        of: how many it has.
        rows: pixels down.
        columns: pixels across.
        words: that may name the patient or the reconstruction; private.
        position: along the slice normal in mm; None where the file tells no place.
        thickness: SliceThickness in mm; None where nobody tells.
        kernel: short form of the convolution kernel; empty where nobody tells.
        in_hu: whether the file itself says that its values are HU.
        images: the images that it says it was made of, and itself (SOPInstanceUIDs); private.
    """

    file: str = field(repr=False)
    inside: str
    index: int
    of: int
    rows: int
    columns: int
    words: tuple[str, ...] = field(repr=False)
    position: float | None = None
    thickness: float | None = None
    kernel: str = ""
    in_hu: bool = False
    images: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class FoundPlanes:
    """What a folder holds: its slices in the order of files, and why some files give none."""

    planes: tuple[Plane, ...]
    refused: tuple[Refused, ...]


def find_planes(folder: Path) -> FoundPlanes:
    """Return the slices in the files below ``folder``; files of no format of images are left out.

    No pixels are read. A file is of a format by what it holds or by what it is called: one that is
    called an image and is none is damaged, and an empty one that is called a text is left out.
    """
    planes: list[Plane] = []
    refused: list[Refused] = []
    for relative in list_files(folder, refused):
        try:
            planes += _planes(folder, relative)
        except RefusedError as error:
            if error.refusal.reason != "empty-file" or may_be_image(relative):
                refused.append(Refused(str(relative), error.refusal))
    return FoundPlanes(tuple(planes), tuple(refused))


ENDINGS = re.compile(r"(\.(npy|npz|nii|gz|dcm|ima|h5|hdf5|mat))+$", re.IGNORECASE)
"""Of the formats that are read, at the end of a file's name."""


def may_be_image(relative: PurePath) -> bool:
    """Tell whether a name is that of an image; of DICOM it may have no ending, or any number."""
    ending = relative.suffix[1:]
    return bool(ENDINGS.search(relative.name)) or not ending or ending.isdecimal()


def read_plane(folder: Path, plane: Plane) -> NDArray[np.generic]:
    """Return (rows, columns) values of a slice as its file has them; of DICOM float32 HU.

    Raises:
        RefusedError: the file is damaged, or no longer what it was.
    """
    relative = PurePath(plane.file)
    try:
        with open_file(folder, relative) as file:
            if plane.in_hu:
                return read_real(file)
            reader = reader_of(file.read(START), relative)
            file.seek(0)
            for stack in _stacks_of(reader, file, relative):
                if stack.inside == plane.inside and plane.index < stack.slices:
                    return stack.read(plane.index)
    except OSError:
        pass
    raise RefusedError("unreadable", "the file is no longer what it was")


def digest_of(folder: Path, planes: Sequence[Plane]) -> str:
    """Return what some slices are, whatever their files are called: the sha256 of all contents."""
    files = {PurePath(plane.file) for plane in planes}
    contents = sorted(_digest(folder, file) for file in files)
    return hashlib.sha256("\n".join(contents).encode()).hexdigest()


def _digest(folder: Path, file: PurePath) -> str:
    if (folder / file).is_file():
        return file_digest(folder / file)
    with open_file(folder, file) as member:  # of a zip
        return hashlib.sha256(member.read()).hexdigest()


def _planes(folder: Path, relative: PurePath) -> Iterator[Plane]:
    try:
        with open_file(folder, relative) as file:
            reader = reader_of(file.read(START), relative)
            file.seek(0)
            if reader is DICOM:
                facts = read_facts(file, relative)
                yield Plane(
                    facts.file, "", 0, 1, facts.frame.rows, facts.frame.columns,
                    (facts.text.patient_id, facts.text.patient_name, *words_of(relative)),
                    dot(facts.origin, facts.frame.normal), facts.text.thickness,
                    stated_kernel(facts.text.kernel), in_hu=True,
                    images=(*facts.sources, facts.instance),
                )  # fmt: skip
                return
            for stack in _stacks_of(reader, file, relative):
                yield from _of_stack(stack, relative)
    except OSError:
        raise RefusedError("unreadable", "the file cannot be opened or read") from None


def _of_stack(stack: StackedSlices, relative: PurePath) -> Iterator[Plane]:
    rows, columns = stack.size
    words = words_of(relative / stack.inside)
    for index in range(stack.slices):
        yield Plane(
            str(relative), stack.inside, index, stack.slices, rows, columns, words,
            stack.place(index),
        )  # fmt: skip


def _stacks_of(
    reader: Reader | None, file: BinaryIO, relative: PurePath
) -> Sequence[StackedSlices]:
    """Return the arrays of a file; none of what holds no arrays, as a table or a text does not."""
    if reader is None and ENDINGS.search(relative.name):
        raise RefusedError("unreadable", "the file is not what its name says")
    if reader is None or reader.stacks is None:
        return ()
    return reader.stacks(file, relative)
