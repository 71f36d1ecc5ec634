"""Where things lie on this machine. Places are environment variables, not parameters.

Why they are none is said in `pi.command_line`. In a parameter a word stands for what they name:

- ``PI_DATA``     the user's own folder of scans: ``data=folder``;
- ``PI_SPLIT``    the user's own JSON of who is in which part: ``split=own``;
- ``PI_WEIGHTS``  the user's own weight file: the context ``own``, or ``medical_weights=own``; or a
  folder of them, of which ``own:NAME`` is NAME.h5 or NAME.safetensors;
- ``PI_MODEL``    the user's own network as an ONNX file, or a folder of them: ``onnx:NAME`` is
  NAME.onnx;
- ``PI_OUTPUTS``  the user's own denoised slices: ``outputs:NAME`` is the folder NAME in that
  folder, or itself;
- ``PI_TABLES``   the user's own tables of metrics: ``table:NAME`` is NAME.csv or NAME.parquet in
  that folder, or the file itself;
- ``PI_MAPPING``  a CSV that says what the files of the data folder are, where the folder itself
  holds no ``mapping.csv`` (see `pi.readers.mapping`);
- ``PI_CHECKPOINTS`` where checkpoints are kept, for machines that share it (default: in the cache);
- ``PI_SECRET_FILE`` the key of a lab's pseudonyms (default: this machine's own, in the cache);
- ``PI_EXPORT``   a new folder into which `export` writes;
- ``PI_DENOISED`` a new folder into which `denoise` writes;
- ``PI_CACHE``    where simulated studies and prepared stores are kept
  (default ``~/.cache/perceptual-influence``).
"""

import hashlib
import os
from pathlib import Path

from pi.errors import PiError, is_path, quoted

OWN = "own"
"""What a parameter says for the file that an environment variable names."""

WEIGHT_ENDINGS = (".h5", ".safetensors")
"""Of weight files: Keras's, and those of PyTorch's networks."""


class PlaceError(PiError):
    """A folder that must exist is not named, not there, or not usable."""


def program_folder() -> Path:
    """Return the folder that holds `entrypoints` and `dashboards`.

    Of a clone that is its root. A wheel brings them inside `pi`, because their names are too
    common to be anybody's import: only the command puts them on its own path.
    """
    installed = Path(__file__).parent / "_installed"
    return installed if installed.is_dir() else Path(__file__).parents[1]


def data_folder() -> Path:
    """Return the folder named by ``PI_DATA``.

    Raises:
        PlaceError: the variable is not set or names no folder. The message does not repeat it.
    """
    folder = _data("your folder of scans")
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


def export_folder() -> Path:
    """Return the folder named by ``PI_EXPORT``, which need not be there.

    Raises:
        PlaceError: the variable is not set.
    """
    return _folder_to_be("PI_EXPORT", "the new folder into which slices are exported")


def denoised_folder(source: Path) -> Path:
    """Return the folder named by ``PI_DENOISED``, which need not be there.

    Args:
        source: folder of what is denoised, in which the next scan would find the derived series.

    Raises:
        PlaceError: the variable is not set, or names a folder within ``source``.
    """
    folder = _folder_to_be("PI_DENOISED", "the new folder into which the denoised scan is written")
    if folder.is_relative_to(source.resolve()):
        raise PlaceError("PI_DENOISED must name a folder outside that of PI_DATA but is within it.")
    return folder


def _folder_to_be(variable: str, what: str) -> Path:
    named = named_place(variable, what)
    if named is None:
        raise PlaceError(f"{variable} must name a folder below a home that exists but it does not.")
    return named.resolve()


def split_file() -> Path:
    """Return the file named by ``PI_SPLIT``.

    Raises:
        PlaceError: the variable is not set or names no file. The message does not repeat it.
    """
    file = named_place("PI_SPLIT", "the JSON file that `split` own means")
    if file is None or not file.is_file():
        raise PlaceError("PI_SPLIT must name an existing JSON file but what it names is none.")
    return file


def is_own(name: str) -> bool:
    """Tell whether a name means one of the weight files that ``PI_WEIGHTS`` names."""
    return name.partition(":")[0] == OWN


def weights_file(name: str) -> Path:
    """Return the weight file that ``own`` or ``own:NAME`` means, by ``PI_WEIGHTS``.

    Raises:
        PlaceError: the variable is not set, or names no file, or no folder with NAME.h5 or
            NAME.safetensors in it, or with both. The message does not repeat it.
    """
    place = named_place("PI_WEIGHTS", "a weight file, or a folder of them,")
    _, colon, wanted = name.partition(":")
    if not colon:
        if place is None or not place.is_file():
            raise PlaceError(f"PI_WEIGHTS must name an existing file for `{OWN}` but does not.")
        return place
    usable = place is not None and not is_path(wanted)
    files = [place / f"{wanted}{ending}" for ending in WEIGHT_ENDINGS] if place and usable else []
    found = [file for file in files if file.is_file()]
    if len(found) != 1:
        held = "both" if found else "none"
        raise PlaceError(
            f"PI_WEIGHTS must name a folder that holds NAME.h5 or NAME.safetensors for "
            f"`{OWN}:NAME` but it holds {held} for {quoted(name)}."
        )
    return found[0]


def model_file(name: str) -> Path:
    """Return the file that ``onnx:NAME`` means, by ``PI_MODEL``.

    Raises:
        PlaceError: the variable is not set, or names neither NAME.onnx nor a folder that holds it.
            The message does not repeat it.
    """
    return _file_called("PI_MODEL", name, (".onnx",), "onnx")


def table_file(name: str) -> Path:
    """Return the file that ``table:NAME`` means, by ``PI_TABLES``.

    Raises:
        PlaceError: see `model_file`; of NAME.csv and NAME.parquet.
    """
    return _file_called("PI_TABLES", name, (".csv", ".parquet"), "table")


def outputs_folder(name: str) -> Path:
    """Return the folder that ``outputs:NAME`` means, by ``PI_OUTPUTS``.

    Raises:
        PlaceError: the variable is not set, or names neither a folder NAME nor one that holds it.
            The message does not repeat it.
    """
    place = named_place("PI_OUTPUTS", "your folder of denoised slices")
    for folder in _called(place, name, ("",)):
        if folder.is_dir():
            return folder
    raise PlaceError(
        "PI_OUTPUTS must name a folder NAME, or one that holds it, for `outputs:NAME` but it does "
        f"not for {quoted(name)}."
    )


def _file_called(variable: str, name: str, endings: tuple[str, ...], kind: str) -> Path:
    what = " or ".join(f"NAME{ending}" for ending in endings)
    for file in _called(named_place(variable, f"{what}, or its folder,"), name, endings):
        if file.is_file():
            return file
    raise PlaceError(
        f"{variable} must name {what}, or the folder that holds it, for `{kind}:NAME` but it does "
        f"not for {quoted(name)}."
    )


def _called(place: Path | None, name: str, endings: tuple[str, ...]) -> list[Path]:
    """Return where a place may hold what is called ``name``: in it, or it is that itself."""
    if place is None or not name or is_path(name) or name in (".", ".."):
        return []
    names = [f"{name}{ending}" for ending in endings]
    return [*(place / one for one in names), *([place] if place.name in names else [])]


def _data(what: str) -> Path | None:
    return named_place("PI_DATA", what)


def named_place(variable: str, what: str) -> Path | None:
    """Return what ``variable`` names, which may not be there; ``what`` it is to name is told."""
    named = os.environ.get(variable, "")
    if not named:
        raise PlaceError(f"{variable} must name {what} but is not set.")
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


def checkpoints_folder() -> Path:
    """Return the folder of checkpoints: the one named by ``PI_CHECKPOINTS``, or one in the cache.

    Raises:
        PlaceError: what is named is no folder, which a shared one is before anybody writes to it.
    """
    if not os.environ.get("PI_CHECKPOINTS", ""):
        return cache_folder() / "checkpoints"
    folder = named_place("PI_CHECKPOINTS", "a folder that several machines share")
    if folder is None or not folder.is_dir():
        raise PlaceError(
            "PI_CHECKPOINTS must name an existing folder but what it names is none: is it mounted "
            "on this machine?"
        )
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


def sync_folder(folder: Path) -> None:
    """Make what appeared in ``folder``, or was renamed there, survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _expanded(named: str) -> Path | None:
    try:
        return Path(named).expanduser()
    except RuntimeError:  # ~nobody
        return None
