"""The entries of a run on disk: written before they are delivered, gone when all of them were.

A folder below PI_CACHE, of its owner alone: ``entries``, a line each, only ever added to; ``sent``,
which of them are done; ``files``, what an entry brings along, in a folder by its number;
``refused``, what the server will never take. It holds what the tracking store is told and nothing
else: no address, no password, no value of a patient that was not to be logged.
"""

import json
import os
import shutil
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pi.errors import PiError
from pi.journal.entry import Entry, Kind
from pi.journal.pages import (
    ENTRIES,
    FILES,
    REFUSED,
    SENT,
    STORE,
    added_to,
    bring_onto_disk,
    close_to_others,
    locked,
    read_entries,
    write_new,
    write_whole,
)
from pi.journal.shelf import books_folder, has_some, is_for
from pi.places import sync_folder


class JournalError(PiError):
    """What is to be logged cannot be kept on this machine's disk."""


def full(error: OSError, *, brought: bool = False) -> JournalError:
    """Return the error of a disk that takes nothing more.

    Args:
        error: what the system says.
        brought: whether a file was being made, for which there are temporary ones, too.
    """
    where = "PI_CACHE and the folder for temporary files" if brought else "PI_CACHE"
    return JournalError(
        f"{where} must take what a run logs until the tracking store has it but: "
        f"{error.strerror or type(error).__name__}."
    )


class Book:
    """The entries of one run and of those nested in it, for one process at a time.

    Attributes:
        folder: where it is.
        pending: entries that are not done, by their numbers and in order.
        tried: numbers of those that may have been delivered, although nobody heard so: all that an
            earlier process left.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._guard = threading.RLock()  # one thread writes, another delivers
        self._entries = added_to(folder / ENTRIES)
        self._sent = added_to(folder / SENT)
        self._open = [lock, self._entries, self._sent]
        self.pending, self._next = read_entries(folder)
        self.tried = set(self.pending)
        self._unsettled: dict[int, Entry] = {}  # that a loss of power would take away
        self._settled = False  # whether it would leave some

    @classmethod
    def open(cls, run_id: str, store: str) -> "Book":
        """Return the book of a run, with what an earlier process left in it.

        Where another process writes in it, as several do that work at one study, it is a second.

        Args:
            run_id: of the run.
            store: fingerprint of the tracking store.

        Raises:
            JournalError: the disk does not take it.
        """
        try:
            books_folder().mkdir(mode=0o700, exist_ok=True)
            number = 1
            while True:
                folder = books_folder() / (run_id if number == 1 else f"{run_id}.{number}")
                folder.mkdir(mode=0o700, exist_ok=True)
                lock = locked(folder)
                if lock is not None and _is_made_for(folder, store):
                    return cls(folder, lock)
                if lock is not None:
                    os.close(lock)
                number += 1
        except OSError as error:
            raise full(error) from error

    @classmethod
    def left(cls, folder: Path) -> "Book | None":
        """Return a book that a process left behind; None where one writes in it, or none is there.

        Raises:
            JournalError: it cannot be read.
        """
        try:
            lock = locked(folder)
            return None if lock is None else cls(folder, lock)
        except OSError as error:
            raise full(error) from error

    def write(
        self,
        run: str,
        kind: Kind,
        body: dict[str, Any],
        bring: Callable[[Path], object] | None = None,
        *,
        even_unwritten: bool = False,
    ) -> Entry:
        """Add an entry, which the end of this process does not take away any more.

        Args:
            run: id of the run, or its alias.
            kind: what is done to it.
            body: with what; of a file its ``path`` in the run.
            bring: writes the file at the path that it is given.
            even_unwritten: whether it is better delivered without being on the disk than not.

        Raises:
            JournalError: the disk does not take it; the entries before it stay.
        """
        with self._guard:
            entry = Entry(self._next, run, kind, body)
            self._next += 1
        try:
            if bring is not None:
                self._bring(entry, bring)
            with self._guard:
                # A line begins with its end of a line: half of one that is there spoils no other.
                write_whole(self._entries, f"\n{entry.line()}".encode())
                self.pending[entry.number] = self._unsettled[entry.number] = entry
                self._supersede(entry)
        except BaseException as error:
            shutil.rmtree(self.folder / FILES / str(entry.number), ignore_errors=True)
            if not isinstance(error, OSError):
                raise
            if not even_unwritten:
                raise full(error, brought=bring is not None) from error
            with self._guard:
                self.pending[entry.number] = entry
        return entry

    def settle(self) -> None:
        """Have what is pending outlive a loss of power, too; what is delivered need not.

        Raises:
            JournalError: the disk does not take it.
        """
        with self._guard:
            new, self._unsettled = self._unsettled, {}
            self._settled = self._settled or bool(new)
        try:
            for entry in new.values():
                if entry.kind in ("file", "model"):
                    with suppress(FileNotFoundError):  # delivered meanwhile
                        bring_onto_disk(self.place(entry).parent)
            if new:
                os.fsync(self._entries)
        except OSError as error:
            raise full(error) from error

    def _bring(self, entry: Entry, bring: Callable[[Path], object]) -> None:
        place = self.place(entry)
        (self.folder / FILES).mkdir(mode=0o700, exist_ok=True)
        place.parent.mkdir(mode=0o700)
        bring(place)
        close_to_others(place.parent)

    def _supersede(self, entry: Entry) -> None:
        """Drop what the server would be told for nothing: a file that another takes the place of.

        Of a checkpoint that is kept every epoch there is one then, however long a server is away.
        """
        if entry.kind != "file":
            return
        for one in reversed(self.pending.values()):
            if one.kind == "forget":
                return
            same = (one.kind, one.run, one.body.get("path")) == ("file", entry.run,
                                                                  entry.body["path"])  # fmt: skip
            if same and one is not entry and one.number not in self.tried:
                self.done(one)
                return

    def place(self, entry: Entry) -> Path:
        """Return where what an entry brings along is."""
        name = entry.body["path"].rpartition("/")[2]
        return self.folder / FILES / str(entry.number) / str(name)

    def waiting(self, run: str, path: str) -> Path | None:
        """Return the newest file of that path in a run that is not delivered yet."""
        for entry in reversed(self.in_order()):
            if entry.kind == "file" and (entry.run, entry.body["path"]) == (run, path):
                return self.place(entry)
        return None

    def in_order(self) -> tuple[Entry, ...]:
        """Return the entries that are pending just now."""
        with self._guard:
            return tuple(self.pending.values())

    def begin(self, entry: Entry) -> bool:
        """Remember that an entry is being delivered; tell whether it still is to be."""
        with self._guard:
            if entry.number not in self.pending:
                return False
            self.tried.add(entry.number)
            return True

    def done(self, entry: Entry) -> None:
        """Remember that an entry was delivered; when all were, the book is empty again."""
        with self._guard:
            self.pending.pop(entry.number, None)
            self._unsettled.pop(entry.number, None)
            self.tried.discard(entry.number)
            with suppress(OSError):  # what is not known to be done is delivered again, and is one
                os.write(self._sent, f"\n{entry.number}.".encode())
            if not self.pending:
                self._empty()
        if entry.kind in ("file", "model"):
            shutil.rmtree(self.folder / FILES / str(entry.number), ignore_errors=True)

    def _empty(self) -> None:
        with suppress(OSError):  # what stays is known to be done
            os.ftruncate(self._entries, 0)
            if self._settled:  # else a loss of power could bring back what was once brought there
                os.fsync(self._entries)
                self._settled = False
            os.ftruncate(self._sent, 0)

    def drop(self, unwanted: Callable[[Entry], bool]) -> None:
        """Forget entries that are no longer to be delivered."""
        for entry in self.in_order():
            if unwanted(entry):
                self.done(entry)

    def refuse(self, entry: Entry, why: str) -> None:
        """Lay aside an entry that the server will never take; its file stays."""
        with suppress(OSError), (self.folder / REFUSED).open("a") as file:
            file.write(f"{json.dumps([why, entry.line()])}\n")
        files = self.folder / FILES / str(entry.number)
        with suppress(OSError):
            files.rename(self.folder / f"{REFUSED}-{entry.number}")
        self.done(entry)

    def forget_refused(self) -> None:
        """Remove what the server refused."""
        for place in self.folder.glob(f"{REFUSED}*"):
            shutil.rmtree(place) if place.is_dir() else place.unlink()

    @property
    def refused(self) -> list[str]:
        """Why entries were refused."""
        with suppress(OSError):
            return [json.loads(line)[0] for line in (self.folder / REFUSED).read_text().split("\n")
                    if line]  # fmt: skip
        return []

    def close(self) -> None:
        """Let go of it; an empty one is removed."""
        if not self.pending and not (self.folder / REFUSED).exists():
            # Under another name first, which `tidy` knows: the next process at the run may make its
            # own meanwhile.
            gone = self.folder.with_name(f".{uuid.uuid4().hex}.new")
            with suppress(OSError):
                shutil.rmtree(self.folder.rename(gone))
        while self._open:
            os.close(self._open.pop())
        self._entries = self._sent = -1  # whose numbers other files may have by now


def _is_made_for(folder: Path, store: str) -> bool:
    """Tell whether a book is for a tracking store; an empty one is made so."""
    if is_for(folder, store):
        return True
    if has_some(folder):  # of a copy of that store, which has the same runs
        return False
    write_new(folder / STORE, store)
    sync_folder(folder)
    sync_folder(folder.parent)
    return True
