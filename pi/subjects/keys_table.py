"""Which file holds which slice: `keys.csv`, written beside slices that leave and read beside those
that come back.

A key comes back as it was, bit for bit: what is a number is written as Python's `repr` writes it.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from pi.errors import PiError
from pi.identity import SliceKey

KEYS_FILE = "keys.csv"
"""Name of the table in a folder of slices."""

KEY_COLUMNS = ("patient", "thickness", "kernel", "position", "dose")
"""Columns of a key, called as in a slice table and in the order of `SliceKey`."""

COLUMNS = ("file", *KEY_COLUMNS, "index")
"""Columns of the table. Others may stand beside them and are not read."""


class KeysTableError(PiError):
    """A `keys.csv` that does not say which file holds which slice."""


@dataclass(frozen=True, slots=True)
class KeyedFile:
    """Where one slice is.

    Attributes:
        file: its file, below the folder of the table, with ``/`` between folders.
        key: of the slice.
        index: its number in the volume, from 0 at the lowest position; of a file of several slices
            also its place in there.
    """

    file: str
    key: SliceKey
    index: int


def write_keys(rows: Iterable[KeyedFile], file: Path) -> None:
    """Write the table, a row a slice, in the order given."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            words = (word if isinstance(word, str) else repr(word) for word in astuple(row.key))
            writer.writerow((row.file, *words, row.index))


def read_keys(file: Path) -> list[KeyedFile]:
    """Return what a table says, in its order.

    Raises:
        KeysTableError: it is not there or no CSV in UTF-8, lacks a column or has no row; a row is
            malformed or leads out of the folder; a slice, or a place in a file, is in it twice.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            _require_columns(reader.fieldnames or ())
            rows = [_row(number, row) for number, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise KeysTableError(f"{KEYS_FILE} must be a readable CSV in UTF-8 but is not.") from None
    if not rows:
        raise KeysTableError(f"{KEYS_FILE} must have a row for each slice but has none.")
    _require_once(rows)
    return rows


def _require_columns(found: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise KeysTableError(
            f"{KEYS_FILE} must have the columns {', '.join(COLUMNS)} but lacks "
            f"{', '.join(missing)}."
        )


def _row(number: int, row: Mapping[str, str | None]) -> KeyedFile:
    words = {name: row[name] or "" for name in COLUMNS}
    if not (words["patient"] and is_below(words["file"])):
        raise KeysTableError(
            f"line {number} of {KEYS_FILE} must name a patient and a file below its folder but "
            "does not."
        )
    try:
        thickness, position, dose = (
            float(words[name]) for name in ("thickness", "position", "dose")
        )
        index = int(words["index"])
        if not all(map(math.isfinite, (thickness, position, dose))) or index < 0:
            raise ValueError
    except ValueError:
        raise KeysTableError(
            f"line {number} of {KEYS_FILE} must have numbers as thickness, position, dose and "
            "index but has not."
        ) from None
    key = SliceKey(words["patient"], thickness, words["kernel"], position, dose)
    return KeyedFile(words["file"], key, index)


def is_below(file: str) -> bool:
    """Tell whether a file's name stays below the folder that it is relative to."""
    parts = PurePosixPath(file).parts
    outside = PurePosixPath(file).is_absolute() or bool(PureWindowsPath(file).anchor)
    return bool(parts) and not outside and ".." not in parts and "\\" not in file


def _require_once(rows: Sequence[KeyedFile]) -> None:
    keys = len(rows) - len({row.key for row in rows})
    places = len(rows) - len({(row.file, row.index) for row in rows})
    if keys or places:
        what, twice = ("slice", keys) if keys else ("place in a file", places)
        raise KeysTableError(
            f"{KEYS_FILE} must have each {what} once but {twice} of its {len(rows)} rows repeat "
            "one."
        )
