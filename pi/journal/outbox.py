"""The entries of a book, delivered: in order, each once, whatever the server does meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from pi.journal.book import Book
from pi.journal.entry import Entry, Lane, is_alias


class AwayError(Exception):
    """The server does not answer, or cannot take it now: the same again may be taken later."""


class NeverTakenError(Exception):
    """The server will never take it.

    Attributes:
        cause: what it says; the message is that of it which may be kept and shown.
    """

    def __init__(self, cause: Exception, shown: str) -> None:
        super().__init__(shown)
        self.cause = cause


class Receiver(Protocol):
    """Whatever takes entries."""

    def answers(self) -> str:
        """Return why it does not answer; empty where it does. It takes seconds at most."""

    def deliver(self, entry: Entry, place: Path | None, again: bool) -> str:
        """Do what an entry says.

        Args:
            entry: the entry, with the ids of runs.
            place: what it brings along.
            again: whether it may have been done already, wholly or in part.

        Returns:
            The id of a run that it opens.

        Raises:
            AwayError: it may be tried again later.
            NeverTakenError: it will never be taken.
        """

    def find(self, alias: str) -> str:
        """Return the id of the run that was opened under an alias; empty where there is none.

        Raises:
            AwayError: it does not answer.
        """


class Outbox:
    """What is to be delivered of a book.

    Attributes:
        book: the book.
        server: who takes it.
        ids: of the runs that were opened, by their aliases.
        why: what kept an entry back when all were tried last; empty where nothing did.
    """

    def __init__(self, book: Book, server: Receiver) -> None:
        self.book = book
        self.server = server
        self.ids: dict[str, str] = {}
        self.why = ""

    def work(self) -> Iterator[Entry | NeverTakenError]:
        """Deliver what can be, in order; yield each entry that was, or why it was refused.

        What a lane cannot deliver keeps back that lane and the ends of runs, and nothing else.
        """
        self.why = ""
        stuck: set[Lane] = set()
        for entry in self.book.in_order():
            if entry.lane in stuck or (entry.kind == "end" and stuck):
                continue
            try:
                self._deliver(entry)
                yield entry
            except AwayError as away:
                stuck.add(entry.lane)
                self.why = str(away)
            except NeverTakenError as refused:
                self.book.refuse(entry, str(refused))
                yield refused

    def real(self, run: str) -> str:
        """Return the id of a run by its alias; empty where it has none yet.

        Raises:
            AwayError: a run of an earlier process is to be found, and nobody answers.
        """
        if not is_alias(run):
            return run
        if run not in self.ids and not self._to_be_opened(run):
            found = self.server.find(run)
            if not found:
                lost = "its run was never opened"
                raise NeverTakenError(LookupError(lost), lost)
            self.ids[run] = found
        return self.ids.get(run, "")

    def _to_be_opened(self, alias: str) -> bool:
        return any(
            one.kind == "open" and one.body["alias"] == alias for one in self.book.in_order()
        )

    def _deliver(self, entry: Entry) -> None:
        try:
            named = entry.named(self.real)
        except LookupError:
            raise AwayError("the run in which it is nested could not be opened") from None
        except NeverTakenError:
            if entry.kind != "close":
                raise
            self.book.done(entry)  # a run that another process never came to open
            return
        place = self.book.place(entry) if entry.kind in ("file", "model") else None
        again = entry.number in self.book.tried
        if not self.book.begin(entry):  # another has taken its place
            return
        if place is not None and not place.exists():  # of a machine that lost power as it wrote
            lost = f"{entry.body['path']} is not on this machine's disk any more"
            raise NeverTakenError(FileNotFoundError(lost), lost)
        opened = self.server.deliver(named, place, again)
        if entry.kind == "open":
            self.ids[entry.body["alias"]] = opened
        self.book.done(entry)
