"""A store in memory: two simulated test patients, two reconstructions, three slices of 24 x 20."""

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.identity import SliceKey
from pi.slices.manifest import Manifest, Volume
from pi.slices.store import Store
from pi.subjects.keys_table import KEYS_FILE, KeyedFile, write_keys

ROWS, COLUMNS, SLICES = 24, 20, 3
Image = NDArray[np.float32]


def small_store(*, simulated: bool = True, split: str = "test") -> Store:
    """The same pixels whoever asks."""
    rng = np.random.default_rng(7)
    volumes, maps = [], []
    for patient in ("S001", "S002"):
        for thickness, kernel in ((1.0, "B30"), (3.0, "D45")):
            normal = rng.normal(0, 300, (SLICES, ROWS, COLUMNS)).clip(-1000, 1500)
            low = normal + rng.normal(0, 40, normal.shape)
            doses = {"low": low.astype(np.int16), "normal": normal.astype(np.int16)}
            volumes.append(
                Volume(
                    patient, thickness, kernel, split,  # type: ignore[arg-type]
                    tuple(10.0 * thickness + thickness * i + 0.1 for i in range(SLICES)),
                    ROWS, COLUMNS, 0.7,
                    {d: tuple(zlib.crc32(s.tobytes()) for s in p) for d, p in doses.items()},  # type: ignore[misc]
                    f"{patient} {kernel}", sheared=False, simulated=simulated, padded=0, clipped=0,
                    dose=0.25,
                )
            )  # fmt: skip
            maps.append(doses)
    return Store(Manifest(tuple(volumes), {}, "simulated"), tuple(maps))  # type: ignore[arg-type]


def low_doses(store: Store) -> dict[SliceKey, Image]:
    """The low dose of every slice, as float32."""
    return {
        volume.key(i): store.pair(number, i)[0].astype(np.float32)
        for number, volume in enumerate(store.volumes)
        for i in range(SLICES)
    }


def write_slices(
    store: Store, folder: Path, made: Callable[[Image], Image] = lambda image: image
) -> list[KeyedFile]:
    """Write each slice, as somebody's network made it, in an .npy of a name without meaning."""
    folder.mkdir(parents=True)
    rows = []
    for number, (key, image) in enumerate(low_doses(store).items()):
        file = f"x{number:02}.npy"
        np.save(folder / file, made(image))
        rows.append(KeyedFile(file, key, number % SLICES))
    return rows


def write_keyed(
    store: Store, folder: Path, made: Callable[[Image], Image] = lambda image: image
) -> None:
    """Write each slice, and the table of their keys."""
    write_keys(write_slices(store, folder, made), folder / KEYS_FILE)
