"""The batches of an epoch: ordered by seed and epoch alone, read before they are asked for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, islice, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError
from pi.slices.patches import PatchPopulation

TOGETHER = 2
"""Batches that the reading thread hands over at once; each hand-over makes both threads wait."""

AHEAD = 1
"""How often it has read before it is asked: with `TOGETHER`, what bounds the feed's memory."""

MAPPED_AT_MOST = 512 * 2**20
"""Bytes of the store that may count as this process's memory while it trains."""

T = TypeVar("T")
R = TypeVar("R")
Batch = tuple[NDArray[np.int16], NDArray[np.int16]]
"""Low and normal dose, each (n, rows, columns, 1) int16 HU: half of what float32 would move."""


class FeedError(PiError):
    """A batch that cannot be filled."""


def steps_per_epoch(patches: int, batch_size: int) -> int:
    """Return the batches of an epoch; patches left over wait for the next epoch's order.

    Raises:
        FeedError: there are fewer patches than a batch holds.
    """
    if batch_size > patches:
        raise FeedError(
            f"`batch_size` must be at most the {patches} training patches but got {batch_size}."
        )
    return patches // batch_size


def epoch_order(seed: int, epoch: int, patches: int) -> NDArray[np.int64]:
    """Return the order of all patches in an epoch, (patches,).

    A generator is made anew of (seed, epoch), so a resumed run needs no generator's state.
    """
    return np.random.default_rng([seed, epoch]).permutation(patches)


def training_batches(
    population: PatchPopulation, batch_size: int, seed: int, epoch: int, first: int
) -> Iterator[Batch]:
    """Yield the batches of an epoch from its step ``first`` on.

    Raises:
        FeedError: see `steps_per_epoch`.
        StoreError: a slice's pixels are not those that were stored.
    """
    return read_ahead(population, batch_numbers(len(population), batch_size, seed, epoch, first))


def batch_numbers(
    patches: int, batch_size: int, seed: int, epoch: int, first: int = 0
) -> Iterator[NDArray[np.int64]]:
    """Yield the numbers of the patches of each batch of an epoch, from its step ``first`` on.

    Raises:
        FeedError: see `steps_per_epoch`.
    """
    steps = steps_per_epoch(patches, batch_size)
    order = epoch_order(seed, epoch, patches)
    return (order[k * batch_size : (k + 1) * batch_size] for k in range(first, steps))


def read_ahead(
    population: PatchPopulation,
    numbers: Iterable[NDArray[np.int64]],
    mapped_at_most: int = MAPPED_AT_MOST,
) -> Iterator[Batch]:
    """Yield the patches of each group of ``numbers``, read by a thread of its own.

    A store of up to ``mapped_at_most`` bytes stays mapped: mapping a page anew costs as much as
    reading from it. Of a larger one the pages are let go of whenever so many may be mapped.
    """
    mapped, of_a_patch = 0, population.bytes_mapped
    too_large = population.store_bytes > mapped_at_most

    def read(groups: Sequence[NDArray[np.int64]]) -> list[Batch]:
        nonlocal mapped
        low_dose, normal_dose = population.read_hu(np.concatenate(groups))
        mapped += len(low_dose) * of_a_patch
        if too_large and mapped > mapped_at_most:
            population.release()
            mapped = 0
        ends = list(accumulate(map(len, groups), initial=0))
        return [(low_dose[a:b], normal_dose[a:b]) for a, b in pairwise(ends)]

    waiting = iter(numbers)
    for batches in _ahead(read, iter(lambda: list(islice(waiting, TOGETHER)), [])):
        yield from batches


def _ahead(read: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(1, "patches") as reader:
        try:
            for item in items:
                waiting.append(reader.submit(read, item))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
