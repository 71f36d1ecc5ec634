"""A folder to slice headers and refusals, in an order that the file system does not decide."""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import cast

from pi.dicom.geometry import Frame
from pi.dicom.header import SliceHeader, read_header
from pi.dicom.identification import Identification
from pi.dicom.layout import disagreements, path_claims
from pi.dicom.refusal import Refusal, Refused
from pi.errors import PiError
from pi.progress import progress


class SourceError(PiError):
    """The folder given as ``source`` cannot be made into a store."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder holds.

    Attributes:
        files: how many files were looked at.
        headers: CT slices whose patient, dose and reconstruction are known.
        refused: every other file.
        disagreements: "folder 1 says low but folder 4 says normal" -> number of files, where
            the levels of a path contradict each other and the nearest was believed.
    """

    files: int
    headers: tuple[SliceHeader, ...]
    refused: tuple[Refused, ...]
    disagreements: Counter[str]


def scan(source: Path) -> Scan:
    """Read the header of every file below ``source``.

    Raises:
        SourceError: not a folder, empty, or without a single usable CT slice.
    """
    if not source.is_dir():
        raise SourceError("`source` must be a folder of DICOM files but is not a folder.")
    closed: list[Refused] = []
    files = sorted(list_files(source, closed))
    if not files and not closed:
        raise SourceError("`source` must be a folder of DICOM files but got an empty folder.")
    headers: list[SliceHeader] = []
    refused: list[Refused] = []
    differing: Counter[str] = Counter()
    shared: dict[object, object] = {}
    for relative in progress(files, "reading headers", total=len(files), unit="file"):
        found = read_header(source, relative)
        if isinstance(found, Refusal):
            refused.append(Refused(str(relative), found))
        else:
            headers.append(_sharing(found, shared))
            differing.update(_differing(relative))
    looked_at = len(files) + len(closed)
    kept, mixed = settle_patients(headers)
    refused += closed + mixed
    if not kept:
        raise SourceError(_nothing_usable(looked_at, refused))
    return Scan(looked_at, tuple(kept), tuple(refused), differing)


def list_files(source: Path, closed: list[Refused]) -> Iterator[PurePath]:
    """Yield every file below ``source``, relative to it; follows links, each folder once.

    Folders that cannot be listed are added to ``closed``.
    """

    def note(error: OSError) -> None:
        folder = os.path.relpath(error.filename, source)
        closed.append(Refused(folder, Refusal("unreadable", "the folder cannot be listed")))

    seen: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(source, followlinks=True, onerror=note):
        status = os.stat(folder)  # noqa: PTH116 - os.walk gives text
        if (status.st_dev, status.st_ino) in seen:
            subfolders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        subfolders.sort()
        yield from (Path(folder, name).relative_to(source) for name in names)


def settle_patients(headers: list[SliceHeader]) -> tuple[list[SliceHeader], list[Refused]]:
    """Refuse slices that a name gives to one patient and PatientID to several.

    Within one dose only: full and low dose may have been made anonymous separately.
    """
    registered: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for header in headers:
        if header.what.registered:
            registered[header.patient, header.dose].add(header.what.registered)
    kept, refused = [], []
    for header in headers:
        ids = registered[header.patient, header.dose]
        if len(ids) <= 1:
            kept.append(header)
            continue
        detail = f"one name, but {len(ids)} different PatientIDs"
        values = (header.patient, header.what.registered)
        refused.append(Refused(header.file, Refusal("conflicting-patient", detail, values)))
    return kept, refused


def _sharing(header: SliceHeader, shared: dict[object, object]) -> SliceHeader:
    """Return ``header`` with what all slices of a series have in common held once."""
    what = cast(Identification, shared.setdefault(header.what, header.what))
    frame = cast(Frame, shared.setdefault(header.frame, header.frame))
    return replace(header, what=what, frame=frame, series=sys.intern(header.series))


def _differing(relative: PurePath) -> Iterator[str]:
    for near, far in disagreements(path_claims(relative)):
        if near.fact == "patient":
            yield f"{near.source} and {far.source} name different patients"
        else:
            yield f"{near.source} says {near.value} but {far.source} says {far.value}"


def _nothing_usable(files: int, refused: list[Refused]) -> str:
    counts = Counter(item.refusal.reason for item in refused)
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    return (
        f"`source` must hold CT images in DICOM but none of its {files} files is a usable one "
        f"({reasons})."
    )
