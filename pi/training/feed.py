"""The batches of an epoch: ordered by seed and epoch alone, read before they are asked for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError
from pi.slices.patches import PatchPopulation

AHEAD = 4
"""Batches read before they are asked for: what the memory of the feed is bounded by."""

RELEASE_EVERY = 64
"""Batches after which the pages of the store that were read are let go of."""

T = TypeVar("T")
Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


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
    """Yield the batches of an epoch from its step ``first`` on, each like `PatchPopulation.read`.

    Raises:
        FeedError: see `steps_per_epoch`.
        StoreError: a slice's pixels are not those that were stored.
    """
    steps = steps_per_epoch(len(population), batch_size)
    order = epoch_order(seed, epoch, len(population))
    numbers = (order[k * batch_size : (k + 1) * batch_size] for k in range(first, steps))
    return read_ahead(population, numbers)


def read_ahead(
    population: PatchPopulation, numbers: Iterable[NDArray[np.int64]]
) -> Iterator[Batch]:
    """Yield the patches of each group of ``numbers``, read by a thread of its own."""

    def read(group: tuple[int, NDArray[np.int64]]) -> Batch:
        count, patches = group
        batch = population.read(patches)
        if count % RELEASE_EVERY == RELEASE_EVERY - 1:
            population.release()
        return batch

    return _ahead(read, enumerate(numbers))


def _ahead(read: Callable[[T], Batch], items: Iterable[T]) -> Iterator[Batch]:
    waiting: deque[Future[Batch]] = deque()
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
