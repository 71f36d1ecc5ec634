"""From what the user calls the data to an open store: simulated, prepared, or a folder."""

import hashlib
import hmac
import os
from pathlib import Path

from pi.errors import PiError, quoted
from pi.identity import find_dose
from pi.places import (
    OWN,
    account_folder,
    data_folder,
    file_digest,
    mapping_file,
    simulated_folder,
    split_file,
    store_folder,
)
from pi.readers.files import list_files
from pi.secret import secret
from pi.simulation.dataset import SIZES, simulate
from pi.slices.folds import find_fold
from pi.slices.preparing import RECIPE, prepare
from pi.slices.split import DRAWN, PARTS, named_splits
from pi.slices.store import MANIFEST, Store, StoreError


class NotMadeError(PiError):
    """The data can be made, but are not there yet, and are not to be made now."""


class DataNameError(PiError):
    """The data asked for do not exist under that name."""


def open_data(
    data: str,
    *,
    split: str,
    split_seed: int,
    study_seed: int,
    dose: str = "all",
    fold: int = 0,
    folds: int = 0,
    made_only: bool = False,
) -> Store:
    """Return the store that ``data`` means, made first where it can be.

    Args:
        data: ``simulated:SIZE`` or ``simulated:SIZE:SEED`` (made once, then found again);
            ``folder``, the DICOM folder named by PI_DATA (prepared again only if a file in it
            changed); or the name of a store that `prepare` made.
        split: how patients are divided where the store is made now.
        split_seed: seed of a split that is drawn.
        study_seed: seed of a simulated study that names none.
        dose: which low dose, see `pi.identity.find_dose`; folds are those of its patients.
        fold: which fold of a cross-validation, from 1.
        folds: how many there are, whose parts take the place of the split's; 0 means the split.
        made_only: whether nothing is to be made or written.

    Raises:
        PiError: unknown name, no such folder, nothing usable in it, a damaged store, a dose or a
            fold that there is not, or folds that the patients do not allow.
        NotMadeError: ``made_only``, and it would have to be made.
    """
    one, fraction = find_fold(fold, folds), find_dose(dose)
    store = _open(data, split, split_seed, study_seed, made_only=made_only)
    store = store if fraction is None else store.at_dose(fraction)
    return store.in_fold(one) if one else store


def _open(data: str, split: str, split_seed: int, study_seed: int, *, made_only: bool) -> Store:
    study = find_study(data, study_seed)
    if study is not None:
        size, seed = study
        folder = simulated_folder(size, seed)
        if not made_only:
            folder = simulate(SIZES[size], folder, seed=seed)
        name = f"simulated-{size}-seed{seed}"
        return _managed(name, folder, split, split_seed, made_only=made_only)
    if data == "folder":
        folder = data_folder()
        name = f"folder-{_fingerprint(folder)}{_mapped(folder)}"
        return _managed(name, folder, split, split_seed, made_only=made_only)
    return _prepared(data)


def _prepared(name: str) -> Store:
    folder = store_folder(name)
    if folder.exists():
        return Store.open(folder)
    there = _store_names(folder.parent)
    studies = [f"simulated:{size}" for size in SIZES]
    raise StoreError(
        f"store {quoted(name, [*there, *studies, 'folder'])} must exist but does not; make it with "
        f"`prepare`, or take {', '.join([*there, *studies])} or folder."
    )


def _store_names(folder: Path) -> list[str]:
    """Return the names that stores were given; those that `_managed` made are left out."""
    names = (file.parent.name for file in folder.glob(f"*/{MANIFEST}"))
    return sorted(name for name in names if "-recipe" not in name and "." not in name)


def find_study(data: str, default_seed: int) -> tuple[str, int] | None:
    """Return size and seed of the simulated study that ``data`` means; None where it means none.

    Raises:
        DataNameError: there is no such size, or the seed is no number.
    """
    kind, _, rest = data.partition(":")
    if kind != "simulated":
        return None
    size, _, seed = rest.partition(":")
    if size not in SIZES or not (seed.isdecimal() or not seed):
        raise DataNameError(
            f"`data` must be simulated:SIZE or simulated:SIZE:SEED with a size of "
            f"{', '.join(SIZES)} but got {quoted(data, [f'simulated:{one}' for one in SIZES])}."
        )
    return size, int(seed) if seed else default_seed


def _managed(
    name: str, folder: Path, split: str, split_seed: int, *, made_only: bool = False
) -> Store:
    name += f"-recipe{RECIPE}"
    if split != "auto":
        name += f"-{_digest_of(split, split_seed)}"
    destination = store_folder(name)
    if destination.exists():
        store = _opened(destination)
        if split != "auto" or _is_automatic(store, split_seed):
            return store
        destination = store_folder(f"{name}-split-seed{split_seed}")  # it was drawn by another
    if not destination.exists():
        if made_only:
            raise NotMadeError("`data` must be made already but are not.")
        prepare(
            folder, destination, split=split, seed=split_seed, secret=secret(),
            account=account_folder(destination.name),
        )  # fmt: skip
    return _opened(destination)


def _is_automatic(store: Store, seed: int) -> bool:
    """Tell whether the split ``auto`` of this seed would divide a store as it is divided."""
    if store.manifest.split in named_splits():
        return {volume.split for volume in store.volumes} >= set(PARTS)
    return store.manifest.split == f"{DRAWN}{seed}"


def _opened(folder: Path) -> Store:
    try:
        return Store.open(folder)
    except StoreError as error:
        raise StoreError(
            f"{error} Delete {folder.parent.name}/{folder.name} in the cache to have it made anew."
        ) from error


def _digest_of(split: str, seed: int) -> str:
    content = file_digest(split_file()) if split == OWN else ""
    return hashlib.sha256(f"{split} {seed}".encode() + content.encode()).hexdigest()[:8]


def _mapped(folder: Path) -> str:
    """Return a name for the mapping that lies apart from the folder it means, empty without one."""
    file = mapping_file(folder)
    if file is None:
        return ""
    return "-" + hmac.new(secret(), file.read_bytes(), hashlib.sha256).hexdigest()[:8]


def _fingerprint(folder: Path) -> str:
    """Return a name for what a scan of the folder would see now; nothing can be read back of it.

    Links are followed, as a scan does: the facts are those of the file that is meant. Another
    inode or time of change tells a file that was replaced by one of equal size and date.
    """
    seen = hmac.new(secret(), os.fsencode(folder.resolve()), hashlib.sha256)
    for name in sorted(list_files(folder, []), key=os.fsencode):
        seen.update(os.fsencode(name) + b"\0" + _facts(folder / name) + b"\0")
    return seen.hexdigest()[:12]


def _facts(file: Path) -> bytes:
    """Return what changes when a file does, without opening it: it may be a pipe."""
    try:
        found = file.stat()
    except OSError as error:  # a link to nothing, or a loop
        return str(error.errno).encode()
    facts = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode)
    return " ".join(map(str, facts)).encode()
