"""The patches of a split: where they lie, and their pixels."""

import hashlib
import mmap
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from pi.choices import Grid, Part
from pi.errors import PiError
from pi.identity import Reconstruction, SliceKey
from pi.readers.names import Dose
from pi.slices.intensity import normalise
from pi.slices.store import Store


class PatchError(PiError):
    """The patches asked for do not exist."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: the slice it is from and the pixel of its upper left corner."""

    key: SliceKey
    row: int
    column: int


def origins(length: int, size: int, step: int, grid: Grid) -> tuple[int, ...]:
    """Return the first pixels of the patches along an axis of ``length`` pixels.

    ``paper`` steps from 0 while a whole patch fits: 0..384 for 512 pixels, 96 and 96, so the
    last 32 pixels are never seen (the authors' code also drops a patch that ends exactly at the
    edge; this does not). ``covering`` adds a last patch that ends at the edge.

    Raises:
        PatchError: the patch is larger than the slice.
    """
    if size > length:
        raise PatchError(
            f"`patch_size` must be at most the slice's {length} pixels but got {size}."
        )
    starts = list(range(0, length - size + 1, step))
    if grid == "covering" and starts[-1] + size < length:
        starts.append(length - size)
    return tuple(starts)


class PatchPopulation:
    """All patches of one split of a store, numbered; any of them is read by its number.

    Args:
        store: the prepared volumes.
        split: whose patients' patches.
        size: side of a patch in pixels.
        step: distance between patches in pixels.
        grid: see `origins`.

    Raises:
        PatchError: the split has no slices, or the patch is larger than a slice.
    """

    def __init__(self, store: Store, split: Part, size: int, step: int, grid: Grid) -> None:
        self.store = store
        self.size = size
        self._split, self._step, self._grid = split, step, grid
        self._volumes = [n for n, volume in enumerate(store.volumes) if volume.split == split]
        if not self._volumes:
            raise PatchError(f"`data` must have patients in the split `{split}` but has none.")
        self._rows, self._columns, counts = [], [], []
        for volume in (store.volumes[n] for n in self._volumes):
            self._rows.append(origins(volume.rows, size, step, grid))
            self._columns.append(origins(volume.columns, size, step, grid))
            counts.append(len(volume.positions) * len(self._rows[-1]) * len(self._columns[-1]))
        self._ends = list(accumulate(counts))

    def __len__(self) -> int:
        return self._ends[-1]

    @property
    def reconstructions(self) -> tuple[Reconstruction, ...]:
        """The reconstructions there are, sorted."""
        found = {self.store.volumes[n].reconstruction for n in self._volumes}
        return tuple(sorted(found))

    @property
    def digest(self) -> str:
        """What every number means: the data set, whose patches, and how they are cut."""
        grid = f"{self._split} {self.size} {self._step} {self._grid} {self.patients} {len(self)}"
        return hashlib.sha256(f"{self.store.digest} {grid}".encode()).hexdigest()

    @property
    def strata(self) -> NDArray[np.int64]:
        """Of every patch, (patches,), which of the `reconstructions` it is of."""
        places = {reconstruction: k for k, reconstruction in enumerate(self.reconstructions)}
        of_volumes = [places[self.store.volumes[n].reconstruction] for n in self._volumes]
        return np.repeat(of_volumes, np.diff(self._ends, prepend=0))

    @property
    def patients(self) -> tuple[str, ...]:
        """The pseudonyms of the patients, sorted."""
        return tuple(sorted({self.store.volumes[n].patient for n in self._volumes}))

    @property
    def slices(self) -> tuple[tuple[int, int], ...]:
        """(volume, index) of every slice, as `Store.pair` takes them."""
        return tuple(
            (n, index)
            for n in self._volumes
            for index in range(len(self.store.volumes[n].positions))
        )

    @property
    def store_bytes(self) -> int:
        """What all slices of the split would take in memory."""
        return sum(pixels.nbytes for maps in self._maps for pixels in maps.values())

    @property
    def bytes_mapped(self) -> int:
        """What reading one patch maps at most: its whole slice, of both doses, for the checksum."""
        doses = (maps.values() for maps in self._maps)
        return max(sum(pixels.nbytes // len(pixels) for pixels in both) for both in doses)

    def release(self) -> None:
        """Let go of the pages that were read: they count as this process's memory until then.

        They stay in the system's cache, so reading them again costs next to nothing.
        """
        for maps in self._maps:
            for pixels in maps.values():
                _let_go(pixels)

    def of(self, split: Part) -> "PatchPopulation":
        """Return the patches of another part of the same store, cut in the same way.

        Raises:
            PatchError: the split has no slices.
        """
        return PatchPopulation(self.store, split, self.size, self._step, self._grid)

    def describe(self, numbers: Sequence[int] | NDArray[np.integer]) -> list[Patch]:
        """Return key and place of each numbered patch."""
        return [
            Patch(self.store.volumes[volume].key(index), row, column)
            for volume, index, row, column in map(self.address, numbers)
        ]

    def read(
        self, numbers: Sequence[int] | NDArray[np.integer]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return low dose and normal dose, each (n, size, size, 1) float32 in the network's range.

        Raises:
            StoreError: a slice's pixels are not those that were stored.
        """
        low_dose, normal_dose = self.read_hu(numbers)
        return normalise(low_dose), normalise(normal_dose)

    def read_hu(
        self, numbers: Sequence[int] | NDArray[np.integer]
    ) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Return low dose and normal dose, each (n, size, size, 1) int16 HU, as they are stored.

        Raises:
            StoreError: a slice's pixels are not those that were stored.
        """
        pixels = np.empty((2, len(numbers), self.size, self.size), np.int16)
        for k, (volume, index, row, column) in enumerate(map(self.address, numbers)):
            window = np.s_[row : row + self.size, column : column + self.size]
            low_dose, normal_dose = self.store.pair(volume, index)
            pixels[0, k], pixels[1, k] = low_dose[window], normal_dose[window]
        low, normal = pixels[..., np.newaxis]
        return low, normal

    def batches(
        self, size: int, rng: np.random.Generator
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Yield batches of random patches for ever, each like `read`."""
        while True:
            yield self.read(rng.integers(len(self), size=size))

    @property
    def _maps(self) -> list[dict[Dose, NDArray[np.int16]]]:
        return [self.store.maps[n] for n in self._volumes]

    def address(self, number: int | np.integer) -> tuple[int, int, int, int]:
        """Return volume and index of a patch's slice, and its first row and column."""
        k = bisect_right(self._ends, int(number))
        within = int(number) - (self._ends[k - 1] if k else 0)
        rows, columns = self._rows[k], self._columns[k]
        index, place = divmod(within, len(rows) * len(columns))
        row, column = divmod(place, len(columns))
        return self._volumes[k], index, rows[row], columns[column]


def _let_go(pixels: NDArray[np.int16]) -> None:
    """Unmap the pages of a memory-mapped array; an array that is none stays as it is."""
    owner: object = pixels
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)
