"""A process in which others' codecs work, so that none can stall, fill or end this program."""

import atexit
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, TypeVar

from pi.readers.dicom.dataset import PARSE_ERRORS, quiet
from pi.readers.refusal import RefusedError

T = TypeVar("T")

SECONDS = 10.0
"""Processor time that one slice may take; those of 512 x 512 take .01."""
MEMORY = 2**30
"""Bytes that the process may hold."""
# Not by multiprocessing: `spawn` would import the main module again, TensorFlow with it.
_START = "import sys; sys.path[:] = sys.argv[2:]; from {0} import serve; serve(int(sys.argv[1]))"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each holds memory


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    connection: Connection


class _Failed:
    """The answer where the function raised what damaged files raise."""


_children: list[_Child] = []
_lock = threading.Lock()


def apart(function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
    """Return what ``function`` returns in a process that is kept for the next call.

    Raises:
        RefusedError: ``undecodable``, when it raises or the process dies of it;
            ``takes-too-long``; ``missing-codec``, when there can be no such process.
    """
    with _lock:
        child = _children[0] if _children else _start()
        try:
            child.connection.send((SECONDS, function, arguments))
            answer = child.connection.recv()
        except (EOFError, OSError):
            raise _death(_end()) from None
    if isinstance(answer, _Failed):
        raise RefusedError("undecodable", "the pixels cannot be decoded")
    result: T = answer
    return result


@atexit.register
def close_child() -> None:
    """End the process of `apart`, if there is one."""
    with _lock:
        _end()


def serve(descriptor: int) -> None:
    """Answer calls until nobody is there to ask; what the process of `apart` does."""
    _, allowed = resource.getrlimit(resource.RLIMIT_DATA)
    memory = MEMORY if allowed == resource.RLIM_INFINITY else min(MEMORY, allowed)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(descriptor) as connection, quiet():
        connection.send("ready")
        while True:
            try:
                seconds, function, arguments = connection.recv()
            except EOFError:
                return
            connection.send(_within(seconds, function, *arguments))


def _within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
    signal.setitimer(signal.ITIMER_PROF, seconds)  # whose signal ends the process
    try:
        return function(*arguments)
    except PARSE_ERRORS:
        return _Failed()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _start() -> _Child:
    ours, theirs = Pipe()
    try:
        with theirs:
            _children.append(_Child(_process(theirs.fileno()), ours))
        ours.recv()
    except (EOFError, OSError):
        ours.close()
        _end()
        detail = "the process that decodes compressed pixels cannot be started"
        raise RefusedError("missing-codec", detail) from None
    return _children[0]


def _process(connection: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _START.format(__name__), str(connection), *sys.path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[connection],
        env=os.environ | _ONE_THREAD,
    )


def _end() -> int:
    """End the process; return its exit status, negative a signal's."""
    status = 0
    while _children:
        child = _children.pop()
        child.connection.close()
        child.process.kill()  # which changes nothing if it is dead
        status = child.process.wait()
    return status


def _death(status: int) -> RefusedError:
    if status == -signal.SIGPROF:
        return RefusedError("takes-too-long", f"the pixels take over {SECONDS:g} s to decode")
    return RefusedError("undecodable", "the pixels are damaged beyond decoding")
