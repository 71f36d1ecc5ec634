"""How far long work is: a bar where stderr is a terminal, else a plain line each minute."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pi.alive import beating, doing
from pi.loudness import LOUDNESS

T = TypeVar("T")

EVERY = 60.0
"""Seconds between two plain lines; a sixth of it where a command is verbose."""


@dataclass(frozen=True)
class Counter:
    """A bar that is moved by hand.

    Attributes:
        advance: moves it by so many.
        note: writes a short text behind it.
        expect: says how far it goes, as far as is known: then it tells the time left.
        start_at: says how much was done before, by an earlier process.
    """

    advance: Callable[[int], object]
    note: Callable[[str], object]
    expect: Callable[[int], object]
    start_at: Callable[[int], object]


@dataclass
class PlainLines:
    """What a bar would show, as lines in a log.

    Attributes:
        description: of the work.
        unit: of what is counted.
        total: how far it goes; None where that is not known yet.
        write: takes a line.
        clock: seconds.
        each: whether there is a line after every one that is counted.
        done: how far it is.
        before: how far it was when it began here.
        text: a short text behind it.
    """

    description: str
    unit: str
    total: int | None
    write: Callable[[str], object]
    clock: Callable[[], float] = time.monotonic
    each: bool = False
    done: int = 0
    before: int = 0
    text: str = ""
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def advance(self, count: int) -> None:
        """Count so many more."""
        self.done += count
        if self.each:
            self.tell()

    def note(self, text: str) -> None:
        """Write a short text behind the numbers from now on."""
        self.text = text

    def expect(self, total: int) -> None:
        """Say how far it goes."""
        self.total = total

    def start_at(self, count: int) -> None:
        """Say how much was done before."""
        self.done = self.before = count

    def tell(self) -> None:
        """Write a line."""
        self.write(self.line())

    def line(self) -> str:
        """Return how far it is: done and total, time left or else gone by, and the short text."""
        gone = self.clock() - self.began
        if not self.total:
            parts = [f"{self.done} {plural(self.unit)}", f"{spoken(gone)} so far"]
        else:
            counted = f"{self.done}/{self.total} {plural(self.unit)}"
            parts = [counted, f"{100 * min(self.done / self.total, 1):.0f} %"]
            left = time_left(gone, self.done - self.before, self.total - self.before)
            parts.append(f"{spoken(gone)} so far" if left is None else f"{spoken(left)} left")
        return f"{self.description}: {' · '.join(filter(None, [*parts, self.text]))}"


def time_left(gone: float, done: int, total: int) -> float | None:
    """Return the seconds that are left at the pace so far; None before anything is done.

    Args:
        gone: seconds since the begin.
        done: how much was done in them.
        total: how much there is to be done in all.
    """
    return gone / done * max(total - done, 0) if done > 0 else None


def spoken(seconds: float) -> str:
    """Return a time as one says it: ``40 s``, ``12 min``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def progress(
    items: Iterable[T], description: str, *, total: int | None = None, unit: str = "item"
) -> Iterator[T]:
    """Yield ``items`` and tell on stderr how far they are."""
    with counting(description, unit, total) as counter:
        for item in items:
            yield item
            counter.advance(1)


@contextmanager
def counting(
    description: str, unit: str, total: int | None = None, *, each: bool = False
) -> Iterator[Counter]:
    """Tell on stderr how far work is that is counted by hand.

    Args:
        description: of the work.
        unit: of what is counted, in the singular.
        total: how far it goes, if that is known: then the time left is told.
        each: whether there is a plain line after every one, where there is no terminal.
    """
    lines = PlainLines(description, unit, total, _to_stderr, each=each)
    with doing(lines.line), _shown(lines) as shown:
        yield shown


@contextmanager
def _shown(lines: PlainLines) -> Iterator[Counter]:
    """Show ``lines`` as this command shows progress; they are kept up to date in any case."""
    loudness = LOUDNESS.get()
    if loudness == "quiet":
        lines.each = False
        yield _counter_of(lines)
    elif sys.stderr.isatty():
        with _bar(lines) as counter:
            yield counter
    else:
        with beating(lines.tell, EVERY / 6 if loudness == "verbose" else EVERY):
            yield _counter_of(lines)


def _counter_of(lines: PlainLines) -> Counter:
    return Counter(lines.advance, lines.note, lines.expect, lines.start_at)


@contextmanager
def _bar(lines: PlainLines) -> Iterator[Counter]:
    from tqdm import tqdm  # which whoever has the core alone has not

    lines.each, narrow = False, lines.total and _columns() < WIDE
    with tqdm(
        desc=lines.description, unit=lines.unit, total=lines.total, leave=False,
        dynamic_ncols=True, bar_format=NARROW if narrow else None,
    ) as bar:  # fmt: skip

        def advance(count: int) -> None:
            lines.advance(count)
            bar.update(count)

        def note(text: str) -> None:
            lines.note(text)
            bar.set_postfix_str(text)

        def expect(total: int) -> None:
            lines.expect(total)
            bar.total = total
            bar.refresh()

        def start_at(count: int) -> None:
            lines.start_at(count)
            bar.initial = bar.n = count
            bar.refresh()

        yield Counter(advance, note, expect, start_at)


WIDE = 70
NARROW = "{desc}: {percentage:.0f} % <{remaining} {n_fmt}/{total_fmt}{postfix}"
"""What a narrower terminal shows of a bar: how far, how long still, how much; the rest is cut."""


def _columns() -> int:
    """Return how wide the terminal is; many columns where it does not tell."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or WIDE
    except (OSError, ValueError):
        return WIDE


def plural(unit: str) -> str:
    """Return a regular noun in the plural."""
    return f"{unit}es" if unit.endswith(("ch", "s")) else f"{unit}s"


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
