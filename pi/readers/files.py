"""Which files lie below a folder, and how one is opened: regular files alone, never a stall."""

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import BinaryIO, Literal

from pi.readers.refusal import Refusal, Refused, RefusedError

_Kind = Literal["file", "folder", "other"]
_CLOSED = Refusal("unreadable", "the folder cannot be listed")
_NOT_REGULAR = Refusal("not-a-regular-file", "a pipe, a socket, a device or a link to nowhere")
_READ_ONLY = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a pipe opens at once


def list_files(source: Path, refused: list[Refused]) -> Iterator[PurePath]:
    """Yield every regular file below ``source``, relative to it, in the order of paths.

    Links are followed, each folder once. Folders that cannot be listed and what is no regular
    file are added to ``refused``.
    """
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[str, _Kind]] = [("", "folder")]
    while waiting:
        relative, kind = waiting.pop()
        if kind == "file":
            yield PurePath(relative)
        elif kind == "other":
            refused.append(Refused(relative, _NOT_REGULAR))
        else:
            try:
                waiting += reversed(_entries(str(source), relative, seen))
            except OSError:
                refused.append(Refused(relative or ".", _CLOSED))


def open_file(source: Path, relative: PurePath) -> BinaryIO:
    """Open a file below ``source`` for reading from any place in it; see `open_path`."""
    return open_path(f"{source}/{relative}")


def open_path(path: str) -> BinaryIO:
    """Open the regular file ``path``.

    Raises:
        OSError: it cannot be opened.
        RefusedError: ``not-a-regular-file``; ``empty-file``, also of what says so and yet never
            ends, as some files of /proc and /sys do.
    """
    descriptor = os.open(path, _READ_ONLY)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(_NOT_REGULAR.reason, _NOT_REGULAR.detail)
        if not status.st_size:
            raise RefusedError("empty-file", "the file is empty")
        return io.BufferedReader(io.FileIO(descriptor))
    except BaseException:
        os.close(descriptor)
        raise


def _entries(source: str, folder: str, seen: set[tuple[int, int]]) -> list[tuple[str, _Kind]]:
    """Return what lies in ``folder``, in order; nothing the second time."""
    path = f"{source}/{folder}"
    status = os.stat(path)  # noqa: PTH116 - a Path an entry is what large folders wait for
    if (status.st_dev, status.st_ino) in seen:
        return []
    seen.add((status.st_dev, status.st_ino))
    prefix = f"{folder}/" if folder else ""
    with os.scandir(path) as entries:
        return sorted((prefix + entry.name, _kind(entry)) for entry in entries)


def _kind(entry: os.DirEntry[str]) -> _Kind:
    try:
        if entry.is_file():
            return "file"
        return "folder" if entry.is_dir() else "other"
    except OSError:  # links in a circle
        return "other"
