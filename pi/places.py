"""Where things lie on this machine. Places are environment variables, not parameters.

`mlflow run` writes every parameter into the tracking store before our code starts, and a path
may name a patient. So a folder is never a parameter of an MLproject entry point:

- ``PI_DATA``   the user's own folder of DICOM files;
- ``PI_MAPPING`` a CSV that says what the files of the data folder are, where the folder itself
  holds no ``mapping.csv`` (see `pi.readers.mapping`);
- ``PI_CACHE``  where simulated studies and prepared stores are kept
  (default ``~/.cache/perceptual-influence``).
"""

import hashlib
import os
import secrets
from pathlib import Path

from pi.errors import PiError


class PlaceError(PiError):
    """A folder that must exist is not named, not there, or not usable."""


def data_folder() -> Path:
    """Return the folder named by ``PI_DATA``.

    Raises:
        PlaceError: the variable is not set or names no folder. The message does not repeat it.
    """
    folder = _data("your folder of DICOM files")
    if folder is None or not folder.is_dir():
        raise PlaceError("PI_DATA must name an existing folder but what it names is none.")
    return folder


def data_place() -> Path:
    """Return the folder or file named by ``PI_DATA``.

    Raises:
        PlaceError: the variable is not set or names nothing. The message does not repeat it.
    """
    place = _data("your folder of images, or an .npz,")
    if place is None or not place.exists():
        raise PlaceError("PI_DATA must name a folder or a file that exists but it does not.")
    return place


def _data(what: str) -> Path | None:
    """Return what ``PI_DATA`` names, which may not be there; ``what`` it is to name is told."""
    named = os.environ.get("PI_DATA", "")
    if not named:
        raise PlaceError(f"PI_DATA must name {what} but is not set.")
    return _expanded(named)


def cache_folder() -> Path:
    """Return the cache folder, made if it is not there.

    Raises:
        PlaceError: it cannot be made.
    """
    folder = _expanded(os.environ.get("PI_CACHE", "") or "~/.cache/perceptual-influence")
    if folder is None:
        raise PlaceError("PI_CACHE must name a folder below a home that exists but it does not.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlaceError(
            f"PI_CACHE must name a folder that can be made and written, but: {error.strerror}."
        ) from error
    return folder.resolve()


def simulated_folder(preset: str, seed: int) -> Path:
    """Return where the simulated study of ``preset`` and ``seed`` is kept."""
    return cache_folder() / "simulated" / f"{preset}-seed{seed}"


def store_folder(name: str) -> Path:
    """Return where the prepared store called ``name`` is kept.

    Raises:
        PlaceError: ``name`` is empty or is a path instead of a name.
    """
    if not name or name != Path(name).name or name.startswith("."):
        raise PlaceError("A store's name must be a plain name such as `mayo`, not empty or a path.")
    return cache_folder() / "stores" / name


def account_folder(name: str) -> Path:
    """Return the private folder that says of the store ``name`` why there is none."""
    return cache_folder() / "private" / store_folder(name).name


def template_file() -> Path:
    """Return the private file into which the template of a mapping is written."""
    return cache_folder() / "private" / "mapping.csv"


def mapping_file(source: Path) -> Path | None:
    """Return the file named by ``PI_MAPPING``, or None where it is not set.

    Studies that lie in the cache were simulated there, and no mapping of the user's means them.

    Raises:
        PlaceError: what it names is no file. The message does not repeat it.
    """
    named = os.environ.get("PI_MAPPING", "")
    if not named or source.resolve().is_relative_to(cache_folder()):
        return None
    file = _expanded(named)
    if file is None or not file.is_file():
        raise PlaceError("PI_MAPPING must name an existing CSV file but what it names is none.")
    return file


def file_digest(file: Path) -> str:
    """Return the sha256 of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def secret() -> bytes:
    """Return this machine's secret for pseudonyms, made once, readable by its owner only."""
    file = cache_folder() / "secret"
    if not file.exists():
        scratch = file.with_name(f"secret.{os.getpid()}")
        scratch.touch(mode=0o600)
        scratch.write_bytes(secrets.token_bytes(32))
        scratch.rename(file)
    return file.read_bytes()


def _expanded(named: str) -> Path | None:
    try:
        return Path(named).expanduser()
    except RuntimeError:  # ~nobody
        return None
