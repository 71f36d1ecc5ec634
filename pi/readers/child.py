"""A process in which others' codecs work, so that none can stall, fill or end this program."""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, TypeVar

from pi.readers import serving
from pi.readers.refusal import RefusedError
from pi.readers.serving import Failed

T = TypeVar("T")

SECONDS = 10.0
"""Processor time that one slice may take; those of 512 x 512 take .01."""
# Not by multiprocessing: `spawn` would import the main module again, TensorFlow with it.
_START = "import sys; sys.path[:] = sys.argv[2:]; from {0} import serve; serve(int(sys.argv[1]))"
_LEAN = ("-S", "-W", "ignore")  # no site: the paths are given; no warning: nobody would read it
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each holds memory


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    connection: Connection


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
    if isinstance(answer, Failed):
        raise RefusedError("undecodable", "the pixels cannot be decoded")
    result: T = answer
    return result


@atexit.register
def close_child() -> None:
    """End the process of `apart`, if there is one."""
    with _lock:
        _end()


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
        [sys.executable, *_LEAN, "-c", _START.format(serving.__name__), str(connection), *sys.path],
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
