"""Volumes written slice by slice beside the store's place, and moved there when whole."""

import csv
import errno
import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from pi.places import sync_folder
from pi.readers.names import Dose
from pi.slices.manifest import DOSES, Manifest, StoreError, to_json
from pi.slices.store import MANIFEST, PRIVATE, volume_file


class ArrayFile:
    """An ``.npy`` file of (slices, rows, columns) int16 that grows by one slice at a time.

    Attributes:
        checksums: crc32 of each slice so far.
    """

    def __init__(self, path: Path, rows: int, columns: int) -> None:
        self.checksums: list[int] = []
        self._digest = hashlib.sha256()
        self._shape = (rows, columns)
        self._file = path.open("xb")
        self._write_header()

    @property
    def digest(self) -> str:
        """Sha256 of the pixels so far."""
        return self._digest.hexdigest()

    def append(self, hu: NDArray[np.int16]) -> None:
        """Write one slice, (rows, columns) int16 HU."""
        content = np.ascontiguousarray(hu, dtype="<i2").tobytes()
        self._file.write(content)
        self.checksums.append(zlib.crc32(content))
        self._digest.update(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Put the number of slices into the header and the file onto the disk."""
        with self._file:
            if kind is None:
                self._file.seek(0)
                self._write_header()
                sync(self._file)

    def _write_header(self) -> None:
        # numpy leaves room for the first axis to grow, so the header keeps its length.
        shape = (len(self.checksums), *self._shape)
        np.lib.format.write_array_header_1_0(
            self._file, {"descr": "<i2", "fortran_order": False, "shape": shape}
        )


@contextmanager
def replacing(destination: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of ``destination`` if the block ends well.

    It lies beside its destination until then. Whatever goes wrong, the new folder is removed
    and what was at ``destination`` stays as it is.

    Raises:
        StoreError: the disk is full or fails; ``destination`` holds something else than a store.
    """
    require_replaceable(destination)
    beside, partial = destination.parent, None
    try:
        beside.mkdir(parents=True, exist_ok=True)
        prefix = f".{destination.name}."
        partial = Path(tempfile.mkdtemp(prefix=prefix, suffix=".partial", dir=beside))
        (partial / "volumes").mkdir()
        yield partial
        _move(partial, destination)
    except OSError as error:
        raise StoreError(_disk_sentence(error)) from None
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def require_replaceable(destination: Path) -> None:
    """Raise `StoreError` if something else than a store is at ``destination``."""
    if not destination.exists() or _is_store(destination):
        return
    if not destination.is_dir() or any(destination.iterdir()):
        raise StoreError(
            f"`name` must be new or name a store but {destination.name!r} holds other files."
        )


def number_volumes(folder: Path, order: Sequence[int]) -> None:
    """Rename volumes, numbered as they were written, to their numbers in the manifest."""
    for number, written in enumerate(order):
        for dose in DOSES:
            written_file(folder, written, dose).rename(volume_file(folder, number, dose))


def written_file(folder: Path, written: int, dose: Dose) -> Path:
    """Return the file of a volume whose number in the manifest is not known yet."""
    return folder / "volumes" / f"written_{written}_{dose}.npy"


def write_private(
    folder: Path, tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[object]]]]
) -> None:
    """Write the tables that say who is who, readable by their owner only."""
    private = folder / PRIVATE
    private.mkdir(mode=0o700)
    for name, (header, rows) in tables.items():
        write_private_table(private / name, header, rows)


def write_private_table(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write one table that only its owner can read; it must not be there yet."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
        sync(file)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, the last file of a store: without it there is no store."""
    with (folder / MANIFEST).open("x", encoding="utf-8") as file:
        file.write(to_json(manifest))
        sync(file)


def sync(file: IO[Any]) -> None:
    """Bring a file onto the disk."""
    file.flush()
    os.fsync(file.fileno())


def _move(partial: Path, destination: Path) -> None:
    for folder in (*(entry for entry in partial.iterdir() if entry.is_dir()), partial):
        sync_folder(folder)
    former = partial.with_suffix(".former")
    if destination.exists():
        destination.rename(former)
    try:
        partial.rename(destination)
    except OSError:
        if former.exists():
            former.rename(destination)
        raise
    sync_folder(destination.parent)
    shutil.rmtree(former, ignore_errors=True)


def _is_store(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() and (folder / "volumes").is_dir()


def _disk_sentence(error: OSError) -> str:
    kept = "nothing was changed, an earlier store is as it was."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the cache must have room for the store but the disk is full; {kept}"
    what = errno.errorcode.get(error.errno or 0, "unknown error")
    return f"the cache must be a folder that can be written but writing failed ({what}); {kept}"
