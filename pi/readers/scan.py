"""A folder to what its files say, in an order that the file system does not decide."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pi.errors import PiError
from pi.progress import progress
from pi.readers.archives import list_files
from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.geometry import Frame
from pi.readers.mapping import apply_mapping, find_mapping
from pi.readers.reading import read_facts
from pi.readers.refusal import Refusal, Refused


class SourceError(PiError):
    """The folder given as ``source`` cannot be made into a store."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder holds.

    Attributes:
        files: how many files were looked at.
        slices: what those files that hold CT slices say of them.
        refused: every other file.
    """

    files: int
    slices: tuple[SliceFacts, ...]
    refused: tuple[Refused, ...]


def require_folder(source: Path) -> None:
    """Refuse a source that is no folder.

    Raises:
        SourceError: it is none.
    """
    if not source.is_dir():
        raise SourceError("`source` must be a folder of CT slices but is not a folder.")


def scan(source: Path) -> Scan:
    """Read what every file below ``source`` says of its slices.

    Raises:
        SourceError: not a folder, or an empty one.
        MappingError: the user's mapping cannot be understood, or does not fit the files.
    """
    require_folder(source)
    mapping = find_mapping(source)
    refused: list[Refused] = []
    files = list(list_files(source, refused))
    if not files and not refused:
        raise SourceError("`source` must be a folder of CT slices but got an empty folder.")
    looked_at = len(files) + len(refused)
    slices: list[SliceFacts] = []
    shared: dict[object, object] = {}
    for relative in progress(files, "reading headers", total=len(files), unit="file"):
        found = read_facts(source, relative)
        if isinstance(found, Refusal):
            refused.append(Refused(str(relative), found))
        else:
            slices += (_sharing(one, shared) for one in found)
    told = apply_mapping(mapping, slices, files)
    return Scan(looked_at, told, tuple(refused))


def _sharing(facts: SliceFacts, shared: dict[object, object]) -> SliceFacts:
    """Return ``facts`` with what all slices of a series have in common held once."""
    return replace(
        facts,
        text=cast(HeaderText, shared.setdefault(facts.text, facts.text)),
        frame=cast(Frame, shared.setdefault(facts.frame, facts.frame)),
        series=sys.intern(facts.series),
        study=sys.intern(facts.study),
        frame_of_reference=sys.intern(facts.frame_of_reference),
    )
