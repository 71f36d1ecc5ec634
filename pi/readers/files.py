"""Which files lie below a folder, and how one is opened."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import BinaryIO

from pi.readers.refusal import Refusal, Refused


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


def open_file(source: Path, relative: PurePath) -> BinaryIO:
    """Open a file below ``source`` for reading from any place in it.

    Raises:
        OSError: it cannot be opened.
    """
    return (source / relative).open("rb")
