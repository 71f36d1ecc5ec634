"""Denoised slices by the slices they are of: from a function of pixels, or from wherever they are.

A network is asked for pixels, and whoever has its outputs alone is asked by key. Both are asked
through a store, which knows pixels and keys. Each slice is asked for once: whoever else wants to
see it beside those who measure it is a `Witness`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.protocol import EvaluationError
from pi.identity import SliceKey
from pi.slices.store import Store

SliceDenoiser = Callable[[NDArray[np.int16] | NDArray[np.floating]], NDArray[np.float32]]
"""(n, rows, columns) in HU to the same."""


class Denoising(Protocol):
    """Gives the denoised slices of a store."""

    def __call__(self, store: Store, volume: int, indices: Sequence[int], /) -> NDArray[np.float32]:
        """Return slices of one volume, denoised: (indices, rows, columns) float32 HU."""


@dataclass(frozen=True)
class DenoisedBatch:
    """Slices of one volume and what was made of them.

    Attributes:
        store: the data.
        volume: number of the volume.
        indices: numbers of the slices in it.
        pairs: low dose and normal dose of each, (rows, columns) int16 HU.
        denoised: (indices, rows, columns) float32 HU; None where nothing was denoised.
    """

    store: Store
    volume: int
    indices: Sequence[int]
    pairs: Sequence[tuple[NDArray[np.int16], NDArray[np.int16]]] = field(repr=False)
    denoised: NDArray[np.float32] | None = field(repr=False)


Witness = Callable[[DenoisedBatch], object]
"""Sees every batch of an evaluation, once and in order, and keeps what it wants of it."""


def batches_of(
    store: Store, volume: int, denoising: Denoising | None, batch_size: int
) -> Iterator[DenoisedBatch]:
    """Yield the slices of a volume in order, ``batch_size`` at a time; None denoises nothing.

    Raises:
        EvaluationError: see `denoised_slices`.
    """
    count = len(store.volumes[volume].positions)
    for start in range(0, count, batch_size):
        indices = range(start, min(start + batch_size, count))
        pairs = [store.pair(volume, index) for index in indices]
        denoised = denoised_slices(denoising, store, volume, indices) if denoising else None
        yield DenoisedBatch(store, volume, indices, pairs, denoised)


def of_pixels(denoise: SliceDenoiser) -> Denoising:
    """Return a function of low-dose pixels as what gives the denoised slices of any store."""

    def denoising(store: Store, volume: int, indices: Sequence[int], /) -> NDArray[np.float32]:
        return denoise(np.stack([store.pair(volume, index)[0] for index in indices]))

    return denoising


def denoised_slices(
    denoising: Denoising, store: Store, volume: int, indices: Sequence[int]
) -> NDArray[np.float32]:
    """Return what `denoising` gives, if it can be slices.

    Raises:
        EvaluationError: it is of another shape than was asked for, or not finite.
    """
    found = denoising(store, volume, indices)
    described = store.volumes[volume]
    shape = (len(indices), described.rows, described.columns)
    if found.shape != shape:
        raise EvaluationError(
            f"a denoiser must give slices of the shape that it is given, {shape}, but gave "
            f"{found.shape}."
        )
    wrong = np.flatnonzero(~np.isfinite(found).all(axis=(1, 2)))
    if wrong.size:
        first = described.key(indices[int(wrong[0])])
        raise EvaluationError(
            f"a denoiser must give finite HU but gave NaN or infinity in {wrong.size} of "
            f"{len(indices)} slices that it was asked for at once, first in {first}."
        )
    return found


def find_slice(store: Store, key: SliceKey) -> tuple[int, int]:
    """Return volume and index of a slice.

    Raises:
        EvaluationError: the store has no such slice.
    """
    for number, volume in enumerate(store.volumes):
        if (volume.patient, volume.reconstruction) == (key.patient, key.reconstruction):
            for index in range(len(volume.positions)):
                if volume.key(index) == key:
                    return number, index
    raise EvaluationError(f"`data` must hold the slice {key} but does not.")
