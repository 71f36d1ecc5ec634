"""What data must have for lesions to be looked for in them, asked before any work."""

import numpy as np

from pi.choices import EvaluatedPart, LesionTask
from pi.detection.inserted import choose_places, region_of_place
from pi.errors import PiError
from pi.evaluation.measure import volumes_of
from pi.slices.store import Store


class DetectionError(PiError):
    """Data, or what is evaluated, of which detection cannot be told."""


def has_lesions(store: Store, part: EvaluatedPart) -> bool:
    """Tell whether any patient of a part has lesions of known place."""
    patients = {lesion.patient for lesion in store.manifest.lesions}
    return any(store.volumes[number].patient in patients for number in volumes_of(store, part))


def require_lesions(store: Store, part: EvaluatedPart, task: LesionTask) -> None:
    """Refuse data in which there is nothing to be detected, before any work.

    Raises:
        DetectionError: no patient of the part has lesions, the pixel spacing is unknown, slices are
            smaller than the surround of a lesion, or none has flat tissue with room for one.
    """
    volumes = [store.volumes[number] for number in volumes_of(store, part)]
    unscaled = sum(volume.pixel_spacing is None for volume in volumes)
    if unscaled:
        raise DetectionError(
            f"`data` must tell the pixel spacing for the task {task}, because a lesion has a size "
            f"in mm, but that of {unscaled} of {len(volumes)} volumes is unknown."
        )
    if task == "inserted_lesions":
        _require_room(_smallest(store, part))
        _require_flat(store, part)
        return
    if not has_lesions(store, part):
        patients = {lesion.patient for lesion in store.manifest.lesions}
        parts = sorted({v.split for v in store.volumes if v.patient in patients})
        have = f"only those of {' and '.join(parts)} have" if parts else "none has"
        raise DetectionError(
            f"`data` must have lesions in patients of the part {part} for the task lesions but "
            f"{have}; simulated:lesions has some in test, and the task inserted_lesions needs none."
        )


def _smallest(store: Store, part: EvaluatedPart) -> tuple[int, int]:
    """Return the fewest rows or columns of a part, and the side of a flat square that is needed."""
    volumes = [store.volumes[number] for number in volumes_of(store, part)]
    room = [
        (min(v.rows, v.columns), region_of_place(v.pixel_spacing))
        for v in volumes
        if v.pixel_spacing is not None
    ]
    return min(room, key=lambda one: one[0] - one[1])


def _require_room(room: tuple[int, int]) -> None:
    if room[0] < room[1]:
        raise DetectionError(
            f"slices must have {room[1]} rows and columns for a lesion and its surround but some "
            f"have {room[0]}."
        )


def _require_flat(store: Store, part: EvaluatedPart) -> None:
    """Refuse a part without a place for a lesion; of most the first slice has one."""
    for number in volumes_of(store, part):
        volume = store.volumes[number]
        for index in range(len(volume.positions)):
            normal, rng = store.pair(number, index)[1], np.random.default_rng(0)
            if choose_places(normal, volume.pixel_spacing or 1.0, 0, rng):
                return
    raise DetectionError(
        f"slices of the part {part} must have flat soft tissue with room for a lesion but none of "
        "them has."
    )
