"""A folder of the user's that appears whole or not at all, and takes the place of nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pi.places import PlaceError, sync_folder


@contextmanager
def new_folder(destination: Path, variable: str) -> Iterator[Path]:
    """Give a hidden folder beside ``destination`` that gets its name if the block ends well.

    It and what is in it are readable by their owner only. Whatever goes wrong, it is removed.

    Args:
        destination: new, or an empty folder; see `require_new`.
        variable: that named it, for what is said of the disk.

    Raises:
        PlaceError: it is neither new nor empty; the disk is full or fails.
    """
    require_new(destination, variable)
    partial = None
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{destination.name}."
        partial = Path(tempfile.mkdtemp(prefix=prefix, suffix=".partial", dir=destination.parent))
        yield partial
        _settle(partial)
        partial.rename(destination)  # over an empty folder alone: the system refuses all others
        sync_folder(destination.parent)
    except OSError as error:
        raise PlaceError(
            f"{variable} must name a folder that can be made and written but: "
            f"{error.strerror or type(error).__name__}; nothing was written."
        ) from None
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def require_new(destination: Path, variable: str) -> None:
    """Let pass a folder that is not there yet, or empty.

    Raises:
        PlaceError: it is there and holds something; it is not repeated.
    """
    try:
        taken = os.path.lexists(destination) and (
            not destination.is_dir() or any(destination.iterdir())
        )
    except OSError:
        taken = True
    if taken:
        raise PlaceError(
            f"{variable} must name a folder that is new or empty, because nothing is overwritten, "
            "but what it names holds something."
        )


def _settle(folder: Path) -> None:
    """Bring all files below ``folder`` onto the disk, readable by their owner only."""
    for path, _, names in os.walk(folder):
        below = Path(path)
        below.chmod(0o700)
        for name in names:
            with (below / name).open("rb") as file:
                os.fchmod(file.fileno(), 0o600)
                os.fsync(file.fileno())
        sync_folder(below)
