"""From what the user calls the data to an open store: simulated, prepared, or a folder."""

import hashlib
import hmac
from pathlib import Path

from pi.errors import PiError
from pi.places import (
    account_folder,
    data_folder,
    mapping_file,
    secret,
    simulated_folder,
    store_folder,
)
from pi.simulation.study import PRESETS, simulate
from pi.slices.folds import find_fold
from pi.slices.prepare import prepare
from pi.slices.split import named_splits
from pi.slices.store import Store, StoreError


class DataNameError(PiError):
    """The data asked for do not exist under that name."""


def open_data(
    data: str, *, split: str, split_seed: int, study_seed: int, fold: int = 0, folds: int = 0
) -> Store:
    """Return the store that ``data`` means, made first where it can be.

    Args:
        data: ``simulated:PRESET`` or ``simulated:PRESET:SEED`` (made once, then found again);
            ``folder``, the DICOM folder named by PI_DATA (prepared again only if a file in it
            changed); or the name of a store that `prepare` made.
        split: how patients are divided where the store is made now.
        split_seed: seed of a split that is drawn.
        study_seed: seed of a simulated study that names none.
        fold: which fold of a cross-validation, from 1.
        folds: how many there are, whose parts take the place of the split's; 0 means the split.

    Raises:
        PiError: unknown name, no such folder, nothing usable in it, a damaged store, a fold that
            there is not, or folds that the patients do not allow.
    """
    one = find_fold(fold, folds)
    store = _open(data, split, split_seed, study_seed)
    return store.in_fold(one) if one else store


def _open(data: str, split: str, split_seed: int, study_seed: int) -> Store:
    kind, _, rest = data.partition(":")
    if kind == "simulated":
        preset, seed = _study(data, rest, study_seed)
        folder = simulate(PRESETS[preset], simulated_folder(preset, seed), seed=seed)
        return _managed(f"simulated-{preset}-seed{seed}", folder, split, split_seed)
    if data == "folder":
        folder = data_folder()
        name = f"folder-{_fingerprint(folder)}{_mapped(folder)}"
        return _managed(name, folder, split, split_seed)
    return Store.open(store_folder(data))


def _study(data: str, rest: str, default_seed: int) -> tuple[str, int]:
    preset, _, seed = rest.partition(":")
    if preset not in PRESETS or not (seed.isdecimal() or not seed):
        raise DataNameError(
            f"`data` must be simulated:PRESET or simulated:PRESET:SEED with a preset of "
            f"{', '.join(PRESETS)} but got {data!r}."
        )
    return preset, int(seed) if seed else default_seed


def _managed(name: str, folder: Path, split: str, split_seed: int) -> Store:
    if split != "auto":
        name += f"-{_digest_of(split, split_seed)}"
    destination = store_folder(name)
    if destination.exists():
        store = _opened(destination)
        if store.manifest.split in (f"seeded-{split_seed}", *named_splits(), "custom"):
            return store
        destination = store_folder(f"{name}-split-seed{split_seed}")  # it was drawn by another
    if not destination.exists():
        prepare(
            folder, destination, split=split, seed=split_seed, secret=secret(),
            account=account_folder(destination.name),
        )  # fmt: skip
    return _opened(destination)


def _opened(folder: Path) -> Store:
    try:
        return Store.open(folder)
    except StoreError as error:
        raise StoreError(
            f"{error} Delete {folder.parent.name}/{folder.name} in the cache to have it made anew."
        ) from error


def _digest_of(split: str, seed: int) -> str:
    own = Path(split).expanduser()
    content = own.read_bytes() if split.endswith(".json") and own.is_file() else b""
    return hashlib.sha256(f"{split} {seed}".encode() + content).hexdigest()[:8]


def _mapped(folder: Path) -> str:
    """Return a name for the mapping that lies apart from the folder it means, empty without one."""
    file = mapping_file(folder)
    if file is None:
        return ""
    return "-" + hmac.new(secret(), file.read_bytes(), hashlib.sha256).hexdigest()[:8]


def _fingerprint(folder: Path) -> str:
    """Return a name for what the folder holds now, from which nothing can be read back."""
    seen = hmac.new(secret(), str(folder.resolve()).encode(), hashlib.sha256)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            facts = file.stat()
            seen.update(f"{file.relative_to(folder)} {facts.st_size} {facts.st_mtime_ns}".encode())
    return seen.hexdigest()[:12]
