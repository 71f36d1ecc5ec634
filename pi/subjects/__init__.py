"""Which denoiser is evaluated: that of a run, or none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pi.denoisers import DenoiserSpec, said
from pi.errors import PiError, quoted
from pi.evaluation.denoise import SliceDenoiser, slice_denoiser
from pi.network.denoiser_file import DenoiserFileError, SavedDenoiser, has_facts
from pi.slices.store import Store
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.records import IDENTITY, read_run

PASSED_ON = ("experiment", "schedule", "target_psi", "lambda")
"""Parameters of the evaluated run that the evaluation shows beside its metrics."""


class OtherDataError(PiError):
    """A run is to be evaluated on data that are not its own."""


@dataclass(frozen=True)
class Subject:
    """The denoiser that is evaluated.

    Attributes:
        run_id: of the run that holds it, or ``identity``.
        saved: a local copy of it; None of ``identity``.
        digest: of the data it was trained on; None where the run does not say.
        params: what is passed on of the run's parameters.
    """

    run_id: str
    saved: SavedDenoiser | None
    digest: str | None
    params: Mapping[str, str]

    def load(self) -> SliceDenoiser | None:
        """Return it as a function of slices in HU; None of ``identity``.

        Raises:
            DenoiserFileError: the weights are of another denoiser.
        """
        if self.saved is None:
            return None
        return slice_denoiser(self.saved.load(), self.saved.spec.design.sizes)


def fetch_subject(run_id: str, asked: str = "") -> Subject:
    """Return the denoiser of a run.

    Args:
        run_id: of a run that logged a denoiser, or ``identity``.
        asked: what the denoiser is, of a run that does not say; empty: as the run says.

    Raises:
        TrackingError: no such run, or it holds no denoiser.
        DenoiserError: ``asked`` is misspelt.
        DenoiserFileError: the run's denoiser is another, or not the one that it logged.
    """
    if run_id == IDENTITY:
        return Subject(IDENTITY, None, None, {"experiment": IDENTITY})
    record, saved = read_run(run_id), fetch_denoiser(run_id)
    if asked and (wanted := DenoiserSpec.parse(asked)) != saved.spec:
        if has_facts(saved.weights) or said(record.params):
            raise DenoiserFileError(
                f"`denoiser` must be {saved.spec}, as run {run_id!r} has it, but got {asked}."
            )
        saved = replace(saved, spec=wanted)
    passed = {name: record.typed(name) for name in PASSED_ON if name in record.params}
    return Subject(run_id, saved, record.tags.get("pi.data_digest"), passed)


def require_own_data(subject: Subject, store: Store) -> None:
    """Refuse to evaluate a denoiser on other data than it was trained on.

    Raises:
        OtherDataError: they are others.
    """
    if subject.digest not in (None, store.digest):
        raise OtherDataError(
            f"`data` must be those of run {quoted(subject.run_id)}, digest {subject.digest}, but "
            f"got digest {store.digest}."
        )
