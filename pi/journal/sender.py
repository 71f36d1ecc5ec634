"""Delivers in the background what is logged, so that no work waits for a server that is away."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext, suppress
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

from pi.journal.book import Book, JournalError
from pi.journal.entry import Kind, new_alias
from pi.journal.outbox import NeverTakenError, Outbox, Receiver

PATIENCE = 1.0
"""Seconds for which work waits for a delivery, while the server takes what it gets."""

BACK_OFF = (0.5, 30.0)
"""Seconds until the next try: at first, and at most; each is twice the one before."""

GRACE = 10.0
"""Seconds without progress after which the end of a run asks whether the server is there."""

LONGEST = 600.0
"""Seconds for which the end of a run waits for a server that answers and takes nothing."""


class Sender:
    """A book that is written in, and a thread that delivers it.

    While the server takes what it gets, an entry was delivered when `write` comes back: whoever
    reads the store finds it. Once it does not, nobody waits until it does again.

    Attributes:
        book: the entries.
    """

    def __init__(self, book: Book, server: Receiver, say: Callable[[str], object]) -> None:
        self.book = book
        self._outbox = Outbox(book, server)
        self._server = server
        self._say = say
        self._changed = threading.Condition()
        self._away = self._slow = self._over = self._nudged = False
        self._refused: deque[Exception] = deque()
        self._delivered = 0
        # In the caller's context, which says how much is said.
        work = partial(copy_context().run, self._work)
        self._thread = threading.Thread(target=work, name="journal", daemon=True)
        self._thread.start()

    def write(
        self,
        run: str,
        kind: Kind,
        body: dict[str, Any],
        bring: Callable[[Path], object] | None = None,
        *,
        even_unwritten: bool = False,
    ) -> None:
        """Log something: on disk at once, and at the server as soon as it takes it.

        Afterwards the server has it, or this machine's disk does, whatever happens to either.

        Args:
            run: see `Book.write`, as for the others.
            kind: what is done.
            body: with what.
            bring: writes a file.
            even_unwritten: whether it need not be on the disk.

        Raises:
            JournalError: the disk does not take it.
            Exception: what the server said as it refused this entry, or one before it.
        """
        entry = self.book.write(run, kind, body, bring, even_unwritten=even_unwritten)
        with self._changed:
            self._changed.notify_all()
            self._await()
        if entry.number in self.book.pending:
            with suppress(JournalError) if even_unwritten else nullcontext():
                self.book.settle()
        self.complain()

    def child(self, experiment_id: str, tags: dict[str, str]) -> str:
        """Open a run nested in another; return its id, or its alias while the server is away."""
        alias = new_alias()
        self.write("", "open", {"alias": alias, "experiment": experiment_id, "tags": tags,
                                "began": int(time.time() * 1000)})  # fmt: skip
        return self._outbox.ids.get(alias, alias)

    def complain(self) -> None:
        """Raise what the server said as it refused something, once.

        Raises:
            Exception: it did.
        """
        with self._changed:
            refused = self._refused.popleft() if self._refused else None
        if refused is not None:
            raise refused

    def caught_up(self) -> bool:
        """Wait a little until the server has all; tell whether it has, and answers."""
        with self._changed:
            self._changed.wait_for(lambda: not self.book.pending or self._away, GRACE)
        return not self.book.pending and not self._server.answers()

    def finish(self) -> str:
        """Wait until all is delivered, or the server is away; return why something waits.

        While something is delivered now and then, or the server says that it is there, it is
        waited for.
        """
        began = time.monotonic()
        with self._changed:
            self._nudged = True
            self._changed.notify_all()
            before = -1
            while self.book.pending and self._thread.is_alive() and not self._given_up():
                if before == self._delivered and self._is_gone(began):
                    break
                before = self._delivered
                self._changed.wait_for(self._settled, GRACE)
            self._over = True
            self._changed.notify_all()
            why = self._outbox.why or "it does not answer" if self.book.pending else ""
        self._thread.join(timeout=1)  # it may be in the middle of something
        return why

    def _settled(self) -> bool:
        return not self.book.pending or self._given_up()

    def _given_up(self) -> bool:
        return self._away and not self._nudged

    def _is_gone(self, began: float) -> bool:
        return time.monotonic() - began > LONGEST or bool(self._server.answers())

    def _await(self) -> None:
        if not (self._away or self._slow):
            taken = self._changed.wait_for(lambda: not self.book.pending or self._away, PATIENCE)
            self._slow = not taken

    def _work(self) -> None:
        try:
            pause = BACK_OFF[0]
            while self._awaited():
                if self._deliver_all():
                    pause = BACK_OFF[0]
                    continue
                with self._changed:
                    self._changed.wait_for(lambda: self._nudged or self._over, pause)
                pause = min(2 * pause, BACK_OFF[1])
        finally:
            self.book.close()

    def _awaited(self) -> bool:
        """Wait until there is something to be delivered; tell whether there is."""
        with self._changed:
            self._changed.wait_for(lambda: self.book.pending or self._over)
            return not self._over

    def _deliver_all(self) -> bool:
        """Deliver what can be; tell whether nothing was kept back."""
        nudged = self._nudged
        why = self._server.answers() if self._away else ""
        if not why:
            for outcome in self._outbox.work():
                with self._changed:
                    self._delivered += 1
                    if isinstance(outcome, NeverTakenError):
                        self._refused.append(outcome.cause)
            why = self._outbox.why
        with self._changed:
            changed, self._away = self._away != bool(why), bool(why)
            self._slow = self._slow and bool(self.book.pending)
            self._nudged = self._nudged and not nudged
            self._changed.notify_all()
        if changed and why:
            self._say(
                f"the tracking store does not take what is logged ({why}): it waits on this "
                "machine's disk, and the work goes on"
            )
        elif changed:
            self._say("the tracking store takes what is logged again: it has all that waited")
        return not why
