"""What runs logged that waits on this machine: delivered by whoever comes next, or by `sync`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pi.database import shown, sqlite_file
from pi.journal.book import Book
from pi.journal.entry import Entry
from pi.journal.outbox import Outbox
from pi.journal.sender import flushed
from pi.journal.shelf import books, books_folder, fingerprint, has_some, is_for
from pi.tracking.address import without_login
from pi.tracking.backend import MlflowClient
from pi.tracking.delivery import MlflowServer


def store_of(uri: str) -> str:
    """Return the fingerprint of a tracking store, whoever logs in to it."""
    file = sqlite_file(uri) if not uri.startswith("http") else None
    return fingerprint(without_login(uri) if uri.startswith("http") else str(file or shown(uri)))


@dataclass(frozen=True)
class Outstanding:
    """What one run logged that waits on this machine, or waited.

    Attributes:
        run: its id, or what stands for it.
        sent: entries that were delivered now.
        why: others wait; empty: none do.
        refused: what the store said to those that it will never take.
    """

    run: str
    sent: int
    why: str
    refused: tuple[str, ...]


def send_waiting(uri: str, *, forget_refused: bool = False) -> tuple[list[Outstanding], int]:
    """Deliver what waits on this machine for a tracking store.

    Args:
        uri: of the store, which answers.
        forget_refused: whether what it refused is removed.

    Returns:
        What became of each book that nobody writes in, and how many are for other stores.
    """
    server, store = MlflowServer(MlflowClient(uri), uri), store_of(uri)
    found, others = [], 0
    for folder in books():
        if not is_for(folder, store):
            others += has_some(folder)
        elif waiting := _sent(folder, server, forget_refused=forget_refused):
            found.append(waiting)
    return found, others


def _sent(
    folder: Path, server: MlflowServer, *, forget_refused: bool = False
) -> Outstanding | None:
    book = Book.left(folder)
    if book is None:  # a process is at work with it
        return None
    outbox = Outbox(book, server)
    sent, why = flushed(outbox)
    refused = tuple(book.refused)
    if forget_refused:
        book.forget_refused()
    book.close()
    run = folder.name.partition(".")[0]
    return Outstanding(run, sent, why, refused) if sent or why or refused else None


def sent_first(run_id: str, uri: str) -> None:
    """Deliver what a run of an earlier process logged here, so that whoever reads it finds it."""
    folder = books_folder() / run_id
    if run_id.isalnum() and folder.is_dir() and is_for(folder, store_of(uri)):
        _sent(folder, MlflowServer(MlflowClient(uri), uri))


def book_of(run_id: str, server: MlflowServer, ended: Callable[[Entry], bool]) -> Book:
    """Return the book of a run; what an earlier process left in it is delivered first.

    Args:
        run_id: of the run.
        server: the store.
        ended: tells what that process said of its end, which is one no more.

    Raises:
        JournalError: the disk does not take it.
    """
    book = Book.open(run_id, store_of(server.uri))
    book.drop(ended)
    if book.pending:
        flushed(Outbox(book, server))
    return book
