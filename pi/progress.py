"""Progress bars for long work, silent when nobody watches."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(
    items: Iterable[T], description: str, *, total: int | None = None, unit: str = "it"
) -> Iterator[T]:
    """Yield ``items`` behind a bar on stderr; no bar where stderr is not a terminal."""
    yield from tqdm(items, desc=description, total=total, unit=unit, disable=None, leave=False)
