"""The data that an entry point is asked for: opened, and checked for what it needs of them."""

from collections.abc import Collection

from pi.parameters.making import SimulateParameters
from pi.parameters.shared import DataParameters
from pi.slices.dose_levels import dose_notes
from pi.slices.parts import require_parts
from pi.slices.store import Store
from pi.source import open_data


def open_asked(parameters: DataParameters, fold: int, *needed: str) -> Store:
    """Return the store that ``data``, ``split``, ``seed``, ``dose`` and ``folds`` mean.

    Args:
        parameters: of an entry point.
        fold: which of its folds; 0 where there are none.
        needed: parts that must have patients, which is asked before any work on them.

    Raises:
        PiError: see `pi.source.open_data` and `pi.slices.parts.require_parts`.
    """
    p = parameters
    store = open_data(
        p.data, split=p.split, split_seed=p.seed, study_seed=SimulateParameters.seed,
        dose=p.dose, fold=fold, folds=p.folds,
    )  # fmt: skip
    require_members(store, needed)
    return store


def require_members(store: Store, needed: Collection[str]) -> None:
    """Refuse a store without patients in a part that is needed.

    Raises:
        PiError: see `pi.slices.parts.require_parts`.
    """
    members = {volume.patient: volume.split for volume in store.volumes}
    require_parts(members, store.manifest.split, tuple(needed))


def slices_in(store: Store, parts: Collection[str]) -> int:
    """Return how many slices the patients of some parts have."""
    return sum(len(volume.positions) for volume in store.volumes if volume.split in parts)


def notes_of(store: Store) -> tuple[str, ...]:
    """Return what is to be known of the data before any result on them: warnings, a line each."""
    return (*store.notes, *dose_notes(store.volumes))
