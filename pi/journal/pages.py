"""The files of a book: how they are opened, read, and brought onto the disk."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from pi.journal.entry import Entry
from pi.places import sync_folder

ENTRIES, SENT, FILES, REFUSED, STORE = "entries", "sent", "files", "refused", "store"


def read_entries(folder: Path) -> tuple[list[Entry], set[int], int]:
    """Return the entries that are not done, the numbers of those that were tried, and the next."""
    entries = []
    with suppress(FileNotFoundError):
        for line in (folder / ENTRIES).read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):  # half a line, of a process that was killed as it wrote
                entries.append(Entry.of(line))
    done: set[int] = set()
    tried: set[int] = set()
    with suppress(FileNotFoundError):
        for line in (folder / SENT).read_text().splitlines():
            what, _, number = line.partition(" ")
            if number.isdecimal():
                (done if what == "done" else tried).add(int(number))
    numbers = {entry.number for entry in entries} | done | tried | _with_files(folder)
    pending = [entry for entry in entries if entry.number not in done]
    return pending, tried - done, max(numbers, default=0) + 1


def _with_files(folder: Path) -> set[int]:
    """Return the numbers of which there are files: those of a process that was killed, too."""
    with suppress(FileNotFoundError):
        return {int(place.name) for place in (folder / FILES).iterdir()}
    return set()


def locked(folder: Path) -> int | None:
    """Return the lock of a book; None where another process has it, or removes it just now."""
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
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


def opened(file: Path) -> int:
    """Return a file that is added to, without the half line at its end that a kill may leave."""
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    content = file.read_bytes()
    if not content.endswith(b"\n"):
        os.ftruncate(descriptor, content.rfind(b"\n") + 1)
    return descriptor


def write_new(file: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)
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
