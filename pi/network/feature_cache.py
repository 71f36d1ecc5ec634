"""Features of target patches, computed once: they depend on patch and encoder alone.

They are kept as the encoder gave them, in its own number format, so a loss made of them is bit for
bit the one without a cache.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.choices import FeatureCacheName
from pi.network.kept_rows import FileRows, KeptRows, KeptRowsError, MemoryRows

FOLDER = "features"
GIB = 2**30

Say = Callable[[str], object]


class FeatureCache:
    """Features by patch; whatever goes wrong is said once, and the work goes on without.

    Args:
        shapes: of each tap's feature map of one patch.
        formats: of each tap's numbers.
        rows: where they are kept.
        say: told what goes wrong.
    """

    def __init__(
        self,
        shapes: Sequence[tuple[int, ...]],
        formats: Sequence[np.dtype[np.generic]],
        rows: KeptRows,
        say: Say,
    ) -> None:
        self._shapes, self._formats, self._rows, self._say = shapes, formats, rows, say
        self._said: set[str] = set()

    def recall(self, numbers: NDArray[np.int64]) -> list[NDArray[np.generic]] | None:
        """Return each tap's features (n, rows, columns, channels); None where one is missing."""
        try:
            rows = self._rows.read(numbers)
        except KeptRowsError as error:
            self._complain(error)
            return None
        if rows is None:
            return None
        found, start = [], 0
        for shape, number_format in zip(self._shapes, self._formats, strict=True):
            end = start + int(np.prod(shape)) * number_format.itemsize
            part = np.ascontiguousarray(rows[:, start:end])
            found.append(part.view(number_format).reshape(len(rows), *shape))
            start = end
        return found

    def keep(self, numbers: NDArray[np.int64], maps: Sequence[NDArray[np.generic]]) -> None:
        """Keep each tap's features of some patches."""
        parts = [np.ascontiguousarray(x).reshape(len(x), -1).view(np.uint8) for x in maps]
        try:
            self._rows.write(numbers, np.concatenate(parts, axis=1))
        except KeptRowsError as error:
            self._complain(error)

    def _complain(self, error: KeptRowsError) -> None:
        if str(error) not in self._said:
            self._said.add(str(error))
            self._say(f"warning: {error}")


def find_cache(
    asked: FeatureCacheName,
    encoder: keras.Model,
    size: int,
    needed: NDArray[np.int64],
    population: int,
    facts: Mapping[str, str],
    budget: int,
    folder: Path,
    say: Say,
) -> FeatureCache | None:
    """Return where the features of ``needed`` patches are kept; None: they are not.

    All of them are kept or none: a batch is spared its pass of the encoder only where all of it is
    there, and part of a set is next to never a whole batch.

    Args:
        asked: ``auto`` keeps them in memory where they fit into the budget and half of what is
            free, and says nothing where they do not.
        encoder: in the number format that it is to compute in.
        size: side of a patch in pixels.
        needed: (n,) ascending numbers of the patches.
        population: how many patches are numbered.
        facts: what the patches and the encoder's weights are, by name.
        budget: bytes.
        folder: that ``disk`` keeps them in.
        say: told in a sentence where what was asked for cannot be.
    """
    if asked == "off":
        return None
    taps = keras.tree.flatten(encoder(tf.zeros((1, size, size, 1))))
    shapes = [tuple(tap.shape[1:]) for tap in taps]
    formats = [np.dtype(tap.dtype.as_numpy_dtype) for tap in taps]
    width = sum(int(np.prod(s)) * f.itemsize for s, f in zip(shapes, formats, strict=True))
    count = population if asked == "disk" else needed.size
    room = min(budget, _free(folder) if asked == "disk" else _free_memory() // 2)
    if count * width > room:
        if asked != "auto":
            say(
                f"warning: `feature_cache` must have room for {count * width / GIB:.2f} GiB but "
                f"has {room / GIB:.2f}; features of the target are computed in every step."
            )
        return None
    own = {
        **facts,
        "taps": json.dumps([[*s, str(f)] for s, f in zip(shapes, formats, strict=True)]),
    }
    try:
        rows: KeptRows = (
            FileRows(folder / FOLDER / _key(own), own, population, width)
            if asked == "disk"
            else MemoryRows(needed, width)
        )
    except KeptRowsError as error:
        say(f"warning: {error} Features of the target are computed in every step.")
        return None
    return FeatureCache(shapes, formats, rows, say)


def _key(facts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(facts), sort_keys=True).encode()).hexdigest()[:24]


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _free_memory() -> int:
    """Return the bytes that a process can have without swapping; not on Linux, half of all."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if ":" in line}
    return 1024 * kilobytes.get("MemAvailable", 0)
