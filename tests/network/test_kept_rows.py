"""Rows kept and read back: half-written, damaged, without room, and by two at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pi.network.kept_rows import ROWS, FileRows, KeptRowsError, MemoryRows

FACTS = {"encoder": "vgg16 of some digest"}
NUMBERS = np.array([2, 0])
WRITTEN = np.arange(16, dtype=np.uint8).reshape(2, 8)


@contextmanager
def opened(folder: Path, facts: dict[str, str] = FACTS, count: int = 5) -> Iterator[FileRows]:
    rows = FileRows(folder, facts, count, 8)
    yield rows
    rows.close()


def test_memory_gives_back_what_was_written_and_nothing_else() -> None:
    rows = MemoryRows(np.array([0, 2, 7]), 8)
    assert rows.read(NUMBERS) is None
    rows.write(NUMBERS, WRITTEN)
    assert np.array_equal(rows.read(NUMBERS[::-1]), WRITTEN[::-1])  # type: ignore[arg-type]
    assert rows.read(np.array([2, 7])) is None


def test_more_memory_than_there_is_is_told() -> None:
    with pytest.raises(KeptRowsError, match="bytes of memory but cannot"):
        MemoryRows(np.arange(3), 2**50)


def test_a_file_outlives_the_process_that_wrote_it(tmp_path: Path) -> None:
    with opened(tmp_path) as rows:
        assert rows.read(NUMBERS) is None
        rows.write(NUMBERS, WRITTEN)
    with opened(tmp_path) as rows:
        assert np.array_equal(rows.read(NUMBERS[::-1]), WRITTEN[::-1])  # type: ignore[arg-type]
        assert rows.read(np.array([0, 1])) is None


def test_a_changed_byte_is_found_and_the_row_written_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as rows:
        rows.write(NUMBERS, WRITTEN)
    with (tmp_path / ROWS).open("r+b") as file:
        file.seek(2 * 8 + 3)
        file.write(b"\xff")
    with opened(tmp_path) as rows:
        with pytest.raises(KeptRowsError, match="a checksum differs"):
            rows.read(NUMBERS)
        assert rows.read(NUMBERS) is None
        rows.write(NUMBERS, WRITTEN)
        assert np.array_equal(rows.read(NUMBERS), WRITTEN)  # type: ignore[arg-type]


def test_a_file_cut_short_has_no_rows_beyond_its_end(tmp_path: Path) -> None:
    with opened(tmp_path) as rows:
        rows.write(NUMBERS, WRITTEN)
    os.truncate(tmp_path / ROWS, 8)
    with opened(tmp_path) as rows:
        assert rows.read(np.array([0])) is not None
        with pytest.raises(KeptRowsError, match="a checksum differs"):
            rows.read(np.array([2]))


def test_rows_of_another_encoder_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    with pytest.raises(KeptRowsError, match="of others: delete"):
        FileRows(tmp_path, {"encoder": "another"}, 5, 8)


def test_the_second_of_two_processes_reads_and_does_not_write(tmp_path: Path) -> None:
    with opened(tmp_path) as first, opened(tmp_path) as second:
        assert (first.writes, second.writes) == (True, False)
        second.write(NUMBERS, WRITTEN)
        assert second.read(NUMBERS) is None
        first.write(NUMBERS, WRITTEN)
        assert np.array_equal(second.read(NUMBERS), WRITTEN)  # type: ignore[arg-type]


def test_a_full_disk_is_told_before_there_is_work_to_lose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(KeptRowsError, match=r"must find 40 bytes below PI_CACHE but: No space"):
        FileRows(tmp_path, FACTS, 5, 8)


def test_a_disk_that_refuses_later_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(5, "Input/output error")

    with opened(tmp_path) as rows:
        monkeypatch.setattr(os, "pwrite", refused)
        with pytest.raises(KeptRowsError, match="must be kept below PI_CACHE but: Input"):
            rows.write(NUMBERS, WRITTEN)
        monkeypatch.setattr(os, "pread", refused)
        with pytest.raises(KeptRowsError, match="must be readable but: Input"):
            rows.read(NUMBERS)
