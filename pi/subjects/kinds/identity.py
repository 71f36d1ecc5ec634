"""The low dose itself: nothing is denoised."""

from dataclasses import dataclass

from pi.evaluation.denoising import SliceDenoiser
from pi.subjects.subject import Requested, Subject, SubjectKind
from pi.tracking.records import IDENTITY


@dataclass(frozen=True)
class Nothing(Subject):
    """Doing nothing."""

    def _open(self) -> SliceDenoiser | None:
        return None


def _fetch(asked: Requested) -> Subject:
    return Nothing(asked.name, {"experiment": IDENTITY}, run_id=IDENTITY)


KIND = SubjectKind(IDENTITY, lambda name: name == IDENTITY, _fetch)
