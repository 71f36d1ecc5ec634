"""The pairs of a store in a folder: `PART/low_dose` and `PART/normal_dose`, each with keys.csv.

Files of the two doses have the same names and so the same keys. Who puts his outputs under these
names into a folder, and keys.csv beside them, has a folder that `evaluate` reads.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pi.choices import ArrayFormat, ExportedPart, Part
from pi.jobs.exported.volume_files import ENDINGS, OPENED
from pi.readers.names import Dose
from pi.slices.manifest import DOSES, Volume
from pi.slices.parts import PARTS
from pi.slices.store import Store
from pi.subjects.keys_table import KEYS_FILE, KeyedFile, write_keys

FOLDERS: Mapping[Dose, str] = {"low": "low_dose", "normal": "normal_dose"}


@dataclass(frozen=True, slots=True)
class ExportedFolder:
    """What was written of one part.

    Attributes:
        part: which.
        patients: how many.
        volumes: how many.
        slices: how many pairs.
    """

    part: Part
    patients: int
    volumes: int
    slices: int


def needed_parts(asked: ExportedPart) -> tuple[Part, ...]:
    """Return the parts that must have patients for what is asked for."""
    return () if asked == "all" else (asked,)


def parts_of(store: Store, asked: ExportedPart) -> tuple[Part, ...]:
    """Return the parts that are written: the one asked for, or all that have patients."""
    found = {volume.split for volume in store.volumes}
    return needed_parts(asked) or tuple(part for part in PARTS if part in found)


def export_part(
    store: Store, part: Part, kind: ArrayFormat, folder: Path, advance: Callable[[int], object]
) -> ExportedFolder:
    """Write the pairs of a part below ``folder``.

    Args:
        store: of which.
        part: whose patients.
        kind: how volumes are written.
        folder: that is filled.
        advance: told how many pairs have just been written.

    Raises:
        StoreError: a slice's pixels are not those that were stored.
    """
    numbers = [number for number, volume in enumerate(store.volumes) if volume.split == part]
    numbers.sort(key=lambda number: store.volumes[number].key(0))
    volumes = [store.volumes[number] for number in numbers]
    names = file_names(volumes, ENDINGS[kind])
    for dose in DOSES:
        (folder / part / FOLDERS[dose]).mkdir(parents=True)
    rows: list[KeyedFile] = []
    for number, volume, name in zip(numbers, volumes, names, strict=True):
        with ExitStack() as opened:
            files = [
                opened.enter_context(OPENED[kind](folder / part / FOLDERS[dose] / name, volume))
                for dose in DOSES
            ]
            for index in range(len(volume.positions)):
                for file, hu in zip(files, store.pair(number, index), strict=True):
                    file.append(hu)
                rows.append(KeyedFile(name, volume.key(index), index))
                advance(1)
    for dose in DOSES:
        write_keys(rows, folder / part / FOLDERS[dose] / KEYS_FILE)
    return ExportedFolder(part, len({v.patient for v in volumes}), len(volumes), len(rows))


def file_names(volumes: Sequence[Volume], ending: str) -> list[str]:
    """Return a file's name for each volume, unlike all others: ``P-0123456789_3mm_B30_25pct.npy``.

    What a kernel is called may have any letter in it.
    """
    names: list[str] = []
    for volume in volumes:
        stem = re.sub(r"[^\w.+-]", "-", f"{volume.patient}_{volume.reconstruction.spelt}")
        while f"{stem}{ending}" in names:
            stem += "_"
        names.append(f"{stem}{ending}")
    return names
