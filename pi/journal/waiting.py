"""What processes that are gone left in their books, delivered by whoever comes next."""

from collections.abc import Callable
from dataclasses import dataclass

from pi.journal.book import Book
from pi.journal.entry import Entry
from pi.journal.outbox import Outbox, Receiver
from pi.journal.pages import read_entries
from pi.journal.shelf import books, books_of, has_some, is_for


@dataclass(frozen=True)
class Outstanding:
    """What one run logged that waits on this machine, or waited.

    Attributes:
        run: its id.
        sent: entries that were delivered now.
        why: others wait; empty: none do.
        refused: what the store said to those that it will never take.
    """

    run: str
    sent: int = 0
    why: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """What became of all books on this machine.

    Attributes:
        runs: of which something waits or waited.
        others: how many books wait for other tracking stores.
        at_work: how many wait that a process writes in, which delivers them itself.
    """

    runs: tuple[Outstanding, ...]
    others: int
    at_work: int


def send_all(server: Receiver, store: str, *, forget_refused: bool = False) -> Sent:
    """Deliver what waits on this machine for a tracking store.

    Args:
        server: the store.
        store: its fingerprint.
        forget_refused: whether what it refused is removed.

    Raises:
        JournalError: a book cannot be read.
    """
    found: list[Outstanding] = []
    others, at_work, gone = 0, 0, ""
    for folder in books():
        run = folder.name.partition(".")[0]
        if not is_for(folder, store):
            others += has_some(folder)
        elif gone:  # each in turn would wait for it as long as the first did
            found += [Outstanding(run, why=gone)] if has_some(folder) else []
        elif (book := Book.left(folder)) is None:
            at_work += has_some(folder)
        else:
            one = _sent(run, book, server, forget_refused=forget_refused)
            found += [one] if one != Outstanding(run) else []
            gone = one.why and server.answers()
    return Sent(tuple(found), others, at_work)


def count_waiting(store: str) -> int:
    """Return how many entries wait on this machine for the tracking store of that fingerprint."""
    return sum(len(read_entries(one)[0]) for one in books() if is_for(one, store))


def send_first(run_id: str, server: Receiver, store: str) -> None:
    """Deliver what a run of an earlier process logged here, so that whoever reads it finds it.

    Raises:
        JournalError: it cannot be read.
    """
    for folder in books_of(run_id):
        book = Book.left(folder) if is_for(folder, store) else None
        if book is not None:
            _sent(run_id, book, server)


def book_of(run_id: str, server: Receiver, store: str, ended: Callable[[Entry], bool]) -> Book:
    """Return the book of a run; what an earlier process left in it is delivered first.

    Args:
        run_id: of the run.
        server: the store.
        store: its fingerprint.
        ended: tells what that process said of its end, which is one no more.

    Raises:
        JournalError: the disk does not take it.
    """
    book = Book.open(run_id, store)
    book.drop(ended)
    _flushed(book, server)
    return book


def _sent(run: str, book: Book, server: Receiver, *, forget_refused: bool = False) -> Outstanding:
    try:
        sent, why = _flushed(book, server)
        refused = tuple(book.refused)
        if forget_refused:
            book.forget_refused()
    finally:
        book.close()
    return Outstanding(run, sent, why, refused)


def _flushed(book: Book, server: Receiver) -> tuple[int, str]:
    """Deliver what can be; return how many entries were, and why others wait."""
    outbox = Outbox(book, server)
    sent = sum(isinstance(outcome, Entry) for outcome in outbox.work())
    return sent, outbox.why
