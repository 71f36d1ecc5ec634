"""Slices through a denoiser, a batch at a time, so that memory does not grow with the scan."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.derived.rounding import DenoiserInput, Settled
from pi.errors import PiError
from pi.readers.units import HU
from pi.readers.values import Seen, contradiction

DenoiseHu = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""(n, rows, columns) in HU to the same."""


class OutputError(PiError):
    """What a denoiser gives back is no stack of slices in HU."""


@dataclass(frozen=True)
class Waiting:
    """A slice that is to be denoised.

    Attributes:
        start: as the denoiser is given it.
        write: stores (rows, columns) denoised HU where the derived slice belongs.
    """

    start: DenoiserInput
    write: Callable[[NDArray[np.floating]], Settled]


@dataclass(frozen=True)
class Done:
    """A slice that was denoised and stored.

    Attributes:
        start: as the denoiser was given it.
        settled: as it is stored.
    """

    start: DenoiserInput
    settled: Settled


def denoise_all(slices: Iterable[Waiting], denoise: DenoiseHu, batch_size: int) -> Iterator[Done]:
    """Denoise and store slices, in their order; yield each when it is stored.

    Args:
        slices: read as they are needed; those of one size are denoised together.
        denoise: from slices in HU to slices in HU.
        batch_size: the most of them at a time.

    Raises:
        OutputError: what the denoiser gives is of another shape, not finite, or in [0, 1].
    """
    done = 0
    for batch in _batches(slices, batch_size):
        stack = np.stack([one.start.hu for one in batch])
        denoised = np.asarray(denoise(stack))
        _require_slices(denoised, stack, done)
        for one, hu in zip(batch, denoised, strict=True):
            yield Done(one.start, one.write(hu))
        done += len(batch)


def _batches(slices: Iterable[Waiting], batch_size: int) -> Iterator[list[Waiting]]:
    batch: list[Waiting] = []
    for one in slices:
        if batch and one.start.hu.shape != batch[0].start.hu.shape:
            yield batch
            batch = []
        batch.append(one)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def _require_slices(denoised: NDArray[np.floating], given: NDArray[np.floating], done: int) -> None:
    if denoised.shape != given.shape:
        raise OutputError(
            f"`run` must be a denoiser that gives slices of {given.shape} back but got "
            f"{denoised.shape}; nothing was written."
        )
    finite = np.isfinite(denoised).all(axis=(1, 2))
    if not finite.all():
        first = done + int(np.argmin(finite)) + 1
        raise OutputError(
            "`run` must be a denoiser that gives finite HU but got NaN or infinity in slice "
            f"{first}; nothing was written."
        )
    problem = _no_hu(denoised)
    if problem and not _no_hu(given):
        raise OutputError(
            f"`run` must be a denoiser that gives HU but {problem}; nothing was written."
        )


def _no_hu(values: NDArray[np.floating]) -> str:
    """Return why values cannot be HU, as those in [0, 1] cannot; an empty text if they can."""
    seen = Seen(float(values.min()), float(values.max()), 0.0, labels=False)
    return contradiction(HU, seen)
