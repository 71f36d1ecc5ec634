"""The batches of an epoch: ordered by seed and epoch alone, read before they are asked for."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError
from pi.slices.patches import PatchMemory, PatchPopulation

AHEAD = 4
"""Batches read before they are asked for: what the memory of the feed is bounded by."""

RELEASE_EVERY = 64
"""Batches after which the pages of the store that were read are let go of."""

READERS = 2
"""Threads that read. Copies release Python's lock, so a second one adds most of its own speed."""

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
    """Yield the patches of each group of ``numbers``, read by threads of their own.

    A batch is valid until the next one is asked for; its memory is then used again. The groups
    are of one size; only the last may be smaller.
    """
    waiting: deque[tuple[PatchMemory, Future[Batch]]] = deque()
    spare: list[PatchMemory] = []

    def submit(count: int, group: NDArray[np.int64]) -> None:
        memory = spare.pop() if spare else PatchMemory.of(group.size, population.size)
        waiting.append((memory, readers.submit(population.read, group, memory)))
        if count % RELEASE_EVERY == RELEASE_EVERY - 1:
            readers.submit(population.release)

    def take() -> Iterator[Batch]:
        memory, future = waiting.popleft()
        yield future.result()
        spare.append(memory)

    with ThreadPoolExecutor(READERS, "patches") as readers:
        try:
            for count, group in enumerate(numbers):
                submit(count, group)
                if len(waiting) > AHEAD:
                    yield from take()
            while waiting:
                yield from take()
        finally:
            for _, future in waiting:
                future.cancel()
