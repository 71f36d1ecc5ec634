"""What is evaluated: ours or anybody's network, outputs of one, or a table of metrics.

Every module of `pi.subjects.kinds` is one kind: a file more is a kind more.
"""

from typing import TYPE_CHECKING

from pi.errors import PiError, quoted
from pi.slices.store import Store
from pi.subjects.subject import Requested, Subject, SubjectError, SubjectKind

if TYPE_CHECKING:  # which draws figures, and who lists or exports slices does not wait for it
    from pi.tracking.logged_evaluation import Origin

__all__ = [
    "OtherDataError",
    "Subject",
    "SubjectError",
    "fetch_subject",
    "find_kind",
    "origin_of",
    "require_images",
    "require_own_data",
]


class OtherDataError(PiError):
    """A denoiser is to be evaluated on data that are not its own."""


def find_kind(name: str) -> SubjectKind:
    """Return of which kind a name is.

    Raises:
        SubjectError: of none.
    """
    from pi.subjects.kinds import KINDS

    for kind in KINDS:
        if kind.recognises(name):
            return kind
    raise SubjectError(
        f"`run` must be {', '.join(kind.written for kind in KINDS[:-1])} or {KINDS[-1].written} "
        f"but got {quoted(name)}."
    )


def fetch_subject(name: str, denoiser: str = "", interface: str = "") -> Subject:
    """Return what is to be evaluated.

    Args:
        name: ``identity``, the id of a run that logged a denoiser, or what the kinds in
            `pi.subjects.kinds` are written as.
        denoiser: what the network is, of a run that does not say; empty: as the run says.
        interface: what arrays a model takes and gives, or outputs are, see
            `pi.subjects.interface`; empty: as the model says.

    Raises:
        SubjectError: no kind is written so, or it does not understand what is said beside it.
        PiError: it is not there, or not what it is said to be.
    """
    kind = find_kind(name)
    for parameter, value in (("denoiser", denoiser), ("interface", interface)):
        if value and kind.takes != parameter:
            raise SubjectError(
                f"`{parameter}` must be empty with {kind.written} but got {quoted(value)}."
            )
    return kind.fetch(Requested(name, denoiser, interface))


def origin_of(subject: Subject) -> "Origin":
    """Return what the run of an evaluation says of what it evaluates."""
    from pi.tracking.logged_evaluation import Origin

    model = {"pi.model_sha256": subject.model} if subject.model else {}
    return Origin(subject.name, subject.run_id, subject.params, {**subject.tags, **model})


def require_images(subject: Subject, wanted: str, else_: str = "False") -> None:
    """Refuse what has no slices to a parameter that is about images.

    Args:
        subject: what is evaluated.
        wanted: name of the parameter.
        else_: what it must be without images.

    Raises:
        SubjectError: there are only metrics.
    """
    if not subject.pictured:
        raise SubjectError(
            f"`{wanted}` must be {else_} with {quoted(subject.name)}, which has no images."
        )


def require_own_data(subject: Subject, store: Store) -> None:
    """Refuse to evaluate a denoiser on other data than it was trained on.

    Raises:
        OtherDataError: they are others.
    """
    if subject.digest not in (None, store.digest):
        of = "run " if subject.run_id == subject.name else ""
        raise OtherDataError(
            f"`data` must be those of {of}{quoted(subject.name)}, digest {subject.digest}, but "
            f"got digest {store.digest}."
        )
