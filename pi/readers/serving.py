"""What the process of `pi.readers.child` does; it imports next to nothing, to start at once."""

import resource
import signal
import struct
import zlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

MEMORY = 2**30
"""Bytes that the process may hold."""

DAMAGE_ERRORS = (
    ArithmeticError,  # with OverflowError
    AttributeError,
    EOFError,
    LookupError,  # with IndexError
    MemoryError,
    OSError,
    RuntimeError,  # with NotImplementedError and RecursionError
    TypeError,
    ValueError,  # with UnicodeError
    struct.error,
    zlib.error,
)
"""What codecs raise on damaged input; each of them means this file only."""


class Failed:
    """The answer where the function raised what damaged files raise."""


def serve(descriptor: int) -> None:
    """Answer calls until nobody is there to ask.

    Args:
        descriptor: of the connection; what comes is (seconds, function, arguments).
    """
    _, allowed = resource.getrlimit(resource.RLIMIT_DATA)
    memory = MEMORY if allowed == resource.RLIM_INFINITY else min(MEMORY, allowed)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(descriptor) as connection:
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
    except DAMAGE_ERRORS:
        return Failed()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
