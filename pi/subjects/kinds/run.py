"""The denoiser that a run of ours logged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pi.choices import Part
from pi.denoisers import DenoiserSpec, said
from pi.evaluation.denoising import SliceDenoiser
from pi.evaluation.protocol import Protocol
from pi.network.denoiser_file import DenoiserFileError, SavedDenoiser, has_facts
from pi.places import file_digest
from pi.slices.store import Store
from pi.subjects.subject import FEW, Requested, Subject, SubjectKind
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.records import IDENTITY, Record, read_run

PASSED_ON = ("experiment", "schedule", "target_psi", "lambda")
"""Parameters of the evaluated run that the evaluation shows beside its metrics."""


@dataclass(frozen=True, kw_only=True)
class TrainedHere(Subject):
    """A run's denoiser.

    Attributes:
        saved: a local copy of it.
    """

    saved: SavedDenoiser

    @cached_property
    def model(self) -> str | None:
        """Sha256 of the weights."""
        return file_digest(self.saved.weights)

    def _open(self) -> SliceDenoiser | None:
        """Return it as a function of slices in HU.

        Raises:
            DenoiserFileError: the weights are of another denoiser.
        """
        from pi.evaluation.whole_slices import slice_denoiser

        return slice_denoiser(self.saved.load(), self.saved.spec.design.sizes)

    def batch(self, asked: int) -> int:
        """Return how many slices it is given at once; see `pi.evaluation.in_parts`."""
        from pi.evaluation.in_parts import together

        return together(asked, FEW)

    def check(
        self, store: Store, part: Part, batch_size: int, protocols: Sequence[Protocol] = ()
    ) -> None:
        """Let it pass: whoever trained it has seen its outputs in HU."""


def _fetch(asked: Requested) -> Subject:
    """Return the denoiser of a run.

    Raises:
        TrackingError: no such run, or it holds no denoiser.
        DenoiserError: ``asked.denoiser`` is misspelt.
        DenoiserFileError: the run's denoiser is another, or not the one that it logged.
    """
    run_id = asked.name
    record, saved = read_run(run_id), fetch_denoiser(run_id)
    if asked.denoiser and (wanted := DenoiserSpec.parse(asked.denoiser)) != saved.spec:
        if has_facts(saved.weights) or said(record.params):
            raise DenoiserFileError(
                f"`denoiser` must be {saved.spec}, as run {run_id!r} has it, but got "
                f"{asked.denoiser}."
            )
        saved = replace(saved, spec=wanted)
    digest = record.tags.get("pi.data_digest")
    return TrainedHere(run_id, passed_on(record), digest, run_id, saved=saved)


def passed_on(record: Record) -> dict[str, str]:
    """Return what an evaluation shows of the run whose denoiser it evaluates."""
    return {name: record.typed(name) for name in PASSED_ON if name in record.params}


def _recognises(name: str) -> bool:
    return ":" not in name and name not in ("", IDENTITY)


KIND = SubjectKind("the id of a run", _recognises, _fetch, "denoiser")
