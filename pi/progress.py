"""Progress bars for long work, silent when nobody watches."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(
    items: Iterable[T], description: str, *, total: int | None = None, unit: str = "it"
) -> Iterator[T]:
    """Yield ``items`` behind a bar on stderr; no bar where stderr is not a terminal."""
    yield from tqdm(items, desc=description, total=total, unit=unit, disable=None, leave=False)


@dataclass(frozen=True)
class Counter:
    """A bar that is moved by hand.

    Attributes:
        advance: moves it by so many.
        note: writes a short text behind it.
        expect: says how far it goes, as far as is known: then it tells the time left.
    """

    advance: Callable[[int], object]
    note: Callable[[str], object]
    expect: Callable[[int], object]


@contextmanager
def counting(description: str, unit: str, total: int | None = None) -> Iterator[Counter]:
    """Open a bar for work that is moved by hand; it tells the time left if ``total`` is told."""
    with tqdm(desc=description, unit=unit, total=total, disable=None, leave=False) as bar:

        def expect(total: int) -> None:
            bar.total = total
            bar.refresh()

        yield Counter(bar.update, bar.set_postfix_str, expect)
