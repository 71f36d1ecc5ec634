"""Whether whoever began something is still at it: a host, a process and a sign of life."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HOST, PROCESS, SIGN = "pi.host", "pi.process", "pi.heartbeat"
"""Tags of a run: the machine, the process on it, and when that gave its newest sign of life."""

PROGRESS = "pi.progress"
"""Tag of a run: how far its process was at that sign, as its terminal tells it."""

EVERY = 60.0
"""Seconds between two signs of life."""

LEFT_AFTER = 3 * EVERY
"""Seconds after which nobody else is at a run whose newest sign is of a process that ended."""

GONE_AFTER = 15 * 60
"""Seconds without one after which a process of another machine is taken for gone."""


_DOING: list[Callable[[], str]] = []
"""What tells how far this process is, the outermost work first: it is of the whole process."""


@contextmanager
def doing(line: Callable[[], str]) -> Iterator[None]:
    """Have every sign of life tell ``line()`` while the block runs."""
    _DOING.append(line)
    try:
        yield
    finally:
        _DOING.remove(line)


def signs() -> dict[str, str]:
    """Return what says who is at work, when (seconds since 1970), and how far it is."""
    process = f"{os.getpid()}:{_started(os.getpid())}"
    found = {HOST: socket.gethostname(), PROCESS: process, SIGN: str(int(time.time()))}
    lines = [line() for line in tuple(_DOING)]
    return found | ({PROGRESS: "; ".join(lines)} if lines else {})


def is_gone(tags: Mapping[str, str], patience: float = LEFT_AFTER) -> bool:
    """Tell whether the process that `signs` told of is gone; of one that told nothing, not.

    On this machine that is known, once another one that may be at the same run has had time for
    its own sign; of another machine a process is gone that has been silent for long.

    Args:
        tags: what it told.
        patience: that time in seconds; 0 of signs that no other process gives.
    """
    try:
        pid, _, started = tags[PROCESS].partition(":")
        silent = time.time() - int(tags[SIGN])
        here = tags[HOST] == socket.gethostname()
        if here:
            return silent >= patience and _started(int(pid)) != started
        return silent > GONE_AFTER
    except (KeyError, ValueError):
        return False


@contextmanager
def beating(beat: Callable[[], object], every: float = EVERY) -> Iterator[None]:
    """Call ``beat`` every so many seconds while the block runs; what it raises ends it quietly."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(every):
            beat()

    thread = threading.Thread(target=work, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


def _started(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; empty where it is not there.

    Numbers of processes come again. Where the system does not tell, a process is told by its
    number alone.
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
        return "there" if _is_there(pid) else ""
    return told.rpartition(")")[2].split()[19]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
