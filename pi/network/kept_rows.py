"""Rows of bytes by number, in memory or in a file that survives the process.

A file is written by one process at a time, the first to open it; others read what it has finished.
Every row has a checksum, which is written after it: what a kill leaves half-written, or a disk
changes, is no row.
"""

import fcntl
import json
import os
import weakref
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError

FACTS, MARKS, ROWS = "facts.json", "marks.bin", "rows.bin"
MARK = 5
"""Bytes of a mark: 1 where the row is finished, then its crc32."""

Rows = NDArray[np.uint8]


class KeptRowsError(PiError):
    """Rows that cannot be kept, or were not what they should be; whoever asked can do without."""


class KeptRows(Protocol):
    """What keeps rows, each of the same number of bytes."""

    def read(self, numbers: NDArray[np.int64]) -> Rows | None:
        """Return the rows (n, bytes), or None where one is not there.

        Raises:
            KeptRowsError: one is damaged, or cannot be read.
        """

    def write(self, numbers: NDArray[np.int64], rows: Rows) -> None:
        """Keep the rows (n, bytes).

        Raises:
            KeptRowsError: they cannot be written.
        """


class MemoryRows:
    """Rows in memory, for some numbers only.

    Args:
        numbers: (n,) ascending.
        width: bytes of a row.

    Raises:
        KeptRowsError: there is not enough memory.
    """

    def __init__(self, numbers: NDArray[np.int64], width: int) -> None:
        self._numbers = numbers
        try:
            self._rows = np.empty((numbers.size, width), np.uint8)
        except MemoryError as error:
            raise KeptRowsError(
                f"`feature_cache` must find {numbers.size * width} bytes of memory but cannot."
            ) from error
        self._there = np.zeros(numbers.size, bool)

    def read(self, numbers: NDArray[np.int64]) -> Rows | None:
        """See `KeptRows.read`."""
        places = self._places(numbers)
        return self._rows[places] if self._there[places].all() else None

    def write(self, numbers: NDArray[np.int64], rows: Rows) -> None:
        """See `KeptRows.write`."""
        places = self._places(numbers)
        self._rows[places] = rows
        self._there[places] = True

    def _places(self, numbers: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.searchsorted(self._numbers, numbers)


class FileRows:
    """Rows in a folder.

    Args:
        folder: of these rows alone; made if it is not there.
        facts: what they are of, which must be what the folder says.
        count: how many rows there may be.
        width: bytes of a row.

    Raises:
        KeptRowsError: the folder is of other facts, or cannot be made as large as that.
    """

    def __init__(self, folder: Path, facts: Mapping[str, str], count: int, width: int) -> None:
        self._width = width
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._rows, self._marks = (_opened(folder / name) for name in (ROWS, MARKS))
            self.writes = _locked(self._rows)
            if self.writes:
                _write_facts(folder / FACTS, facts)
                # Now, not row by row: a disk that is full says so before there is work to lose.
                _made_as_long(self._marks, count * MARK)
                _made_as_long(self._rows, count * width)
            found = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its facts cannot be read"
            raise KeptRowsError(
                f"`feature_cache` disk must find {count * width} bytes below PI_CACHE but: "
                f"{reason}."
            ) from error
        if found != dict(facts):
            raise KeptRowsError(
                "the kept features must be of this encoder and these patches but are of others: "
                "delete `features` below PI_CACHE."
            )
        self._checked: set[int] = set()
        self._closing = weakref.finalize(self, _close, self._rows, self._marks)

    def read(self, numbers: NDArray[np.int64]) -> Rows | None:
        """See `KeptRows.read`."""
        rows = np.empty((numbers.size, self._width), np.uint8)
        try:
            for row, number in zip(rows, numbers.tolist(), strict=True):
                mark = os.pread(self._marks, MARK, number * MARK)
                if len(mark) < MARK or mark[0] != 1:
                    return None
                got = os.preadv(self._rows, [row.data], number * self._width)
                self._check(number, got, row, int.from_bytes(mark[1:], "little"))
        except OSError as error:
            raise KeptRowsError(
                f"the kept features must be readable but: {error.strerror}."
            ) from error
        return rows

    def write(self, numbers: NDArray[np.int64], rows: Rows) -> None:
        """See `KeptRows.write`; without the right to write, nothing happens."""
        if not self.writes:
            return
        try:
            for row, number in zip(rows, numbers.tolist(), strict=True):
                os.pwrite(self._rows, row.data, number * self._width)
                mark = b"\x01" + zlib.crc32(row.data).to_bytes(4, "little")
                os.pwrite(self._marks, mark, number * MARK)
                self._checked.discard(number)
        except OSError as error:
            raise KeptRowsError(
                f"the features must be kept below PI_CACHE but: {error.strerror}."
            ) from error

    def close(self) -> None:
        """Let go of the files, and of the right to write them."""
        self._closing()

    def _check(self, number: int, got: int, row: Rows, wanted: int) -> None:
        """Refuse a row that is not what was written, when it is first read in this process."""
        if number in self._checked:
            return
        if got < self._width or zlib.crc32(row.data) != wanted:
            if self.writes:
                os.pwrite(self._marks, b"\0", number * MARK)
            raise KeptRowsError(
                "the kept features must be what was written but a checksum differs: those are "
                "computed again."
            )
        self._checked.add(number)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)


def _locked(descriptor: int) -> bool:
    """Tell whether this process is the one that writes."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_facts(file: Path, facts: Mapping[str, str]) -> None:
    if file.exists():
        return
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(dict(facts)), encoding="utf-8")
    scratch.replace(file)


def _made_as_long(descriptor: int, length: int) -> None:
    if os.fstat(descriptor).st_size < length:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, length)
        else:
            os.ftruncate(descriptor, length)
