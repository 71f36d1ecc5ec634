"""All books on this machine: which there are, for which store, and whether something waits."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pi.journal.pages import ENTRIES, STORE, read_entries
from pi.places import cache_folder

FOLDER = "journal"


def fingerprint(shown: str) -> str:
    """Return which tracking store a book is for: no address, by which a password might be guessed.

    Args:
        shown: its address without a login.
    """
    return hashlib.sha256(shown.encode()).hexdigest()


def books_folder() -> Path:
    """Return the folder of all books, which need not be there."""
    return cache_folder() / FOLDER


def books() -> Iterator[Path]:
    """Yield the folders of the books on this machine, the oldest first."""
    found = []
    with suppress(FileNotFoundError):  # none was ever made
        for place in books_folder().glob("[!.]*"):
            with suppress(FileNotFoundError):  # its process has just removed it
                found.append((place.stat().st_mtime, place))
    yield from (place for _, place in sorted(found) if place.is_dir())


def books_of(run_id: str) -> list[Path]:
    """Return the folders of the books of a run: of several processes at it each has one."""
    if not run_id.isalnum():
        return []
    folder = books_folder()
    found = folder / run_id, *sorted(folder.glob(f"{run_id}.*"))
    return [place for place in found if place.is_dir()]


def waits_on_disk(run_id: str) -> bool:
    """Tell whether something that a run logged is not delivered yet."""
    return any(has_some(place) for place in books_of(run_id))


def is_for(folder: Path, store: str) -> bool:
    """Tell whether a book is for the tracking store of that fingerprint."""
    with suppress(OSError):
        return (folder / STORE).read_text() == store
    return False


def has_some(folder: Path) -> bool:
    """Tell whether entries of a book wait."""
    with suppress(OSError):
        return (folder / ENTRIES).stat().st_size > 0 and bool(read_entries(folder)[0])
    return False
