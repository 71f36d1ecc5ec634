"""Folders and files that nobody will come back for, each with the reason and what it takes."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pi.places import cache_folder, checkpoints_folder
from pi.slices.store import MANIFEST
from pi.tracking.records import SCRATCH, read_run, run_status


@dataclass(frozen=True)
class Left:
    """One of them.

    Attributes:
        what: in words; no path is in it.
        size: bytes that it takes.
        place: where it is.
        back: where it belongs; None: nowhere, so that it is removed.
    """

    what: str
    size: int
    place: Path = field(repr=False)
    back: Path | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The line for it."""
        return f"{self.what}: {'put back' if self.back else f'{self.size / 1e6:.1f} MB'}"

    def clear(self) -> None:
        """Remove it, or put it back; what is gone by then is gone."""
        with suppress(OSError):
            if self.back is not None:
                self.place.rename(self.back)
            elif self.place.is_dir():
                shutil.rmtree(self.place)
            else:
                self.place.unlink()


def in_cache(age: float) -> Iterator[Left]:
    """Yield half stores, scratch files, and whole stores that a crash left under a hidden name.

    Args:
        age: seconds for which nothing of it was written.
    """
    folder = cache_folder()
    for place in sorted(folder.glob("stores/.*.former")):
        name = place.name.removeprefix(".").rsplit(".", 2)[0]
        own = place.with_name(name)
        if (place / MANIFEST).is_file() and not own.exists():
            yield Left(f"store {name}, whole, which a crash left without its name", 0, place, own)
        elif _is_old(place, age):
            yield Left(f"an earlier store {name}", _size(place), place)
    for place in sorted(folder.rglob(".*.partial")):
        if _is_old(place, age):
            yield Left("a store that was never finished", _size(place), place)
    for place in sorted((*folder.rglob("*.new"), *folder.glob("secret.?*"))):
        if _is_old(place, age):
            yield Left("a scratch file", _size(place), place)


def in_scratch(age: float) -> Iterator[Left]:
    """Yield this user's copies of artifacts in the folder for temporary files."""
    for place in sorted(Path(tempfile.gettempdir()).glob(f"{SCRATCH}*")):
        with suppress(OSError):
            if place.stat().st_uid == os.getuid() and _is_old(place, age):
                yield Left("a copy of artifacts", _size(place), place)


def in_checkpoints(age: float) -> Iterator[Left]:
    """Yield checkpoints of runs that are over, and old ones.

    One of a run that this tracking store does not know may be of another store: it must be old.

    Args:
        age: seconds after which nobody is expected to go on with a run.
    """
    for place in sorted(checkpoints_folder().glob("*")):
        status = run_status(place.name)
        if status == "RUNNING":
            continue
        if status == "FINISHED" and read_run(place.name).typed("keep_checkpoints") != "True":
            yield Left(f"checkpoint of run {place.name}, which is over", _size(place), place)
        elif status != "FINISHED" and _is_old(place, age):
            yield Left(f"old checkpoint of run {place.name}", _size(place), place)


def _files(place: Path) -> Iterator[os.stat_result]:
    for one in (place, *(place.rglob("*") if place.is_dir() else ())):
        with suppress(OSError):
            yield one.lstat()


def _size(place: Path) -> int:
    return sum(one.st_size for one in _files(place))


def _is_old(place: Path, age: float) -> bool:
    newest = max((one.st_mtime for one in _files(place)), default=0.0)
    return time.time() - newest >= age
