"""The files of a book: how they are opened, read, and brought onto the disk."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from pi.journal.entry import Entry
from pi.places import sync_folder

ENTRIES, SENT, FILES, REFUSED, STORE = "entries", "sent", "files", "refused", "store"


def read_entries(folder: Path) -> tuple[dict[int, Entry], int]:
    """Return the entries that are not done, by their numbers, and the number of the next.

    Half a line, of a process that was killed as it wrote or of a full disk, is none.
    """
    entries = {}
    for line in _lines(folder / ENTRIES):
        with suppress(ValueError, TypeError):
            entry = Entry.of(line)
            entries[entry.number] = entry
    ends = {line[:-1] for line in _lines(folder / SENT) if line.endswith(b".")}
    done = {int(number) for number in ends if number.isdigit()}
    last = max(entries.keys() | done | _with_files(folder), default=0)
    return {number: one for number, one in entries.items() if number not in done}, last + 1


def _lines(file: Path) -> list[bytes]:
    with suppress(FileNotFoundError):
        return file.read_bytes().split(b"\n")
    return []


def _with_files(folder: Path) -> set[int]:
    """Return the numbers of which there are files: those of a process that was killed, too."""
    with suppress(FileNotFoundError):
        return {int(place.name) for place in (folder / FILES).iterdir()}
    return set()


def locked(folder: Path) -> int | None:
    """Return the lock of a book; None where another process has it, or removes it just now."""
    try:
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_ino == (folder / "lock").stat().st_ino:
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(lock)
        raise
    os.close(lock)
    return None


def added_to(file: Path) -> int:
    """Return a file that its owner alone may read and that is only added to."""
    return os.open(file, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)


def write_new(file: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        write_whole(descriptor, text.encode())
    finally:
        os.close(descriptor)


def write_whole(descriptor: int, content: bytes) -> None:
    """Write all of it, which one call need not do."""
    while content:
        content = content[os.write(descriptor, content) :]


def close_to_others(place: Path) -> None:
    """Let the owner alone read what lies below a folder."""
    for path, _, names in os.walk(place):
        Path(path).chmod(0o700)
        for name in names:
            (Path(path) / name).chmod(0o600)


def bring_onto_disk(place: Path) -> None:
    """Bring all that lies below a folder, and itself, onto the disk."""
    for path, _, names in os.walk(place):
        for name in names:
            with (Path(path) / name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(path))
    sync_folder(place.parent)
