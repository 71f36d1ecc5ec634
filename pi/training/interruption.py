"""Ctrl-C and SIGTERM wait for the end of a step, so that what is saved is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether someone has asked this process to end."""

    def __init__(self) -> None:
        self.asked = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remember the first signal; a second one interrupts at once."""
        if self.asked:
            signal.default_int_handler(number, frame)
        self.asked = True


@contextmanager
def deferred() -> Iterator[Interruption]:
    """While the block runs, a first signal is noted instead of raising KeyboardInterrupt.

    Outside the main thread, where Python delivers no signals, nothing changes.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, interruption.note)
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
