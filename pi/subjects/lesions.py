"""What is evaluated before lesions: those of the data, or those that are put into them."""

from pi.choices import EvaluatedPart, EvaluationTask, LesionTask
from pi.detection.requirements import has_lesions, require_lesions
from pi.detection.sightings import InsertedLesions, OwnLesions
from pi.errors import quoted
from pi.slices.store import Store
from pi.subjects.subject import Subject, SubjectError


def settle_task(
    asked: EvaluationTask, subject: Subject, store: Store, part: EvaluatedPart
) -> LesionTask | None:
    """Return which lesions are looked for; None where none are.

    Raises:
        PiError: see `require_detection`.
    """
    if asked == "slices":
        return None
    if asked == "auto" and not (subject.pictured and has_lesions(store, part)):
        return None
    task: LesionTask = "lesions" if asked == "auto" else asked
    require_detection(subject, store, part, task)
    return task


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


def lesion_witness(subject: Subject, task: LesionTask, seed: int) -> OwnLesions | InsertedLesions:
    """Return what looks at the lesions of a part while it is evaluated, see `pi.detection`."""
    return OwnLesions() if task == "lesions" else InsertedLesions(subject.load(), seed)
