"""What is evaluated before lesions: those of the data, or those that are put into them."""

from collections.abc import Callable

import pandas as pd

from pi.choices import EvaluatedPart, LesionTask
from pi.detection.requirements import require_lesions
from pi.detection.sightings import inserted_sightings, own_sightings
from pi.errors import quoted
from pi.slices.store import Store
from pi.subjects.subject import Subject, SubjectError


def require_detection(
    subject: Subject, store: Store, part: EvaluatedPart, task: LesionTask
) -> None:
    """Refuse a task that cannot be asked of what is evaluated, or of these data.

    Raises:
        SubjectError: it has no images, or none of other slices than its own.
        DetectionError: see `pi.detection.requirements.require_lesions`.
    """
    if not subject.pictured:
        raise SubjectError(
            f"`task` must be slices with {quoted(subject.name)}, which has no images."
        )
    if task == "inserted_lesions" and subject.looked_up:
        raise SubjectError(
            f"`task` must be slices or lesions with {quoted(subject.name)}, which is no network "
            "and denoises no slices with lesions put into them."
        )
    require_lesions(store, part, task)


def sightings_of(
    subject: Subject,
    store: Store,
    part: EvaluatedPart,
    task: LesionTask,
    batch_size: int,
    seed: int,
    advance: Callable[[int], object],
) -> pd.DataFrame:
    """Return every look at the lesions of a part, see `pi.detection.sightings`.

    Raises:
        DetectionError: there is no room for a lesion.
    """
    if task == "lesions":
        return own_sightings(store, part, subject.denoising(store), batch_size, advance)
    return inserted_sightings(store, part, subject.load(), batch_size, seed, advance)
