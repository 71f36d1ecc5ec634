"""Arrays as people of the field write them, for tests to store in every format."""

from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from pi.readers.facts import SliceFacts
from pi.readers.reading import read_facts, read_hounsfield
from pi.readers.refusal import Refusal


def body(seed: int, sd: float = 10, size: int = 24) -> NDArray[np.int16]:
    """(size, size) int16 HU: air around soft tissue with noise."""
    hu = np.random.default_rng(seed).normal(0, sd, (size, size))
    hu += np.where(np.hypot(*(np.indices(hu.shape) - size / 2)) < size / 3, 40, -1000)
    return np.rint(np.clip(hu, -1024, 3072)).astype(np.int16)


def volume(slices: int = 5, seed: int = 0, sd: float = 10, size: int = 24) -> NDArray[np.int16]:
    """(slices, size, size) int16 HU."""
    return np.stack([body(100 * seed + index, sd, size) for index in range(slices)])


def facts_of(path: Path) -> tuple[SliceFacts, ...]:
    """Read the facts of a file that must be readable."""
    found = read_facts(path.parent, PurePath(path.name))
    assert not isinstance(found, Refusal), found
    return found


def refusal_of(path: Path) -> Refusal:
    """Read a file that must be refused."""
    found = read_facts(path.parent, PurePath(path.name))
    assert isinstance(found, Refusal), found
    return found


def hu_of(path: Path, unit: str = "hu", inside: str | None = None) -> NDArray[np.int16]:
    """(slices, rows, columns) int16 HU of all slices of a file, or of those of one array in it."""
    facts = [one for one in facts_of(path) if inside in (None, one.inside)]
    return np.stack([read_hounsfield(path.parent, replace(one, unit=unit)).hu for one in facts])
