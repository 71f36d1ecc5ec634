"""What the tracking store holds of an evaluation, and which denoiser it is of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from pi.denoisers import DenoiserSpec, said
from pi.errors import PiError, quoted
from pi.evaluation.choice import ShownSlice
from pi.evaluation.denoise import SliceDenoiser, slice_denoiser
from pi.evaluation.measure import Evaluation, Part, volumes_of
from pi.evaluation.protocol import Protocol
from pi.evaluation.scores import scores
from pi.evaluation.summary import error_table, note, paper_table, summarise
from pi.evaluation.table import RECONSTRUCTION, wide
from pi.figures.denoised_slices import draw_details, draw_slices, slice_rows, to_uint8
from pi.figures.noise_power import draw_noise_power, noise_spectra, spectrum_table
from pi.figures.slice_row import row_table
from pi.figures.tissue_bias import draw_tissue_bias, tissue_biases
from pi.network.denoiser_file import DenoiserFileError, SavedDenoiser, has_facts
from pi.slices.store import Store
from pi.tracking.data import log_data
from pi.tracking.earlier import IDENTITY, read_run
from pi.tracking.model import fetch_denoiser
from pi.tracking.run import Run

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


def log_setup(
    run: Run,
    parameters: Mapping[str, str],
    subject: Subject,
    store: Store,
    part: Part,
    protocols: Sequence[Protocol],
) -> None:
    """Log what is about to be evaluated, by which protocols, on which data.

    Raises:
        OtherDataError: the denoiser was trained on other data.
        EvaluationError: the part has no patients.
    """
    if subject.digest not in (None, store.digest):
        raise OtherDataError(
            f"`data` must be those of run {quoted(subject.run_id)}, digest {subject.digest}, but "
            f"got digest {store.digest}."
        )
    volumes = [store.volumes[number] for number in volumes_of(store, part)]
    facts = {
        "part": part,
        "patients": len({volume.patient for volume in volumes}),
        "slices": sum(len(volume.positions) for volume in volumes),
        "reconstructions": sorted({str(volume.reconstruction) for volume in volumes}),
    }
    known = log_data(run, store, facts)
    names = ",".join(protocol.name for protocol in protocols)
    run.tags({"pi.evaluated_run": subject.run_id, "pi.protocols": names})
    run.params(subject.params)
    if subject.run_id != IDENTITY:
        run.tags_of(subject.run_id, {f"pi.evaluated_by.{part}": run.run_id})
    described = {protocol.name: asdict(protocol) for protocol in protocols}
    run.json({"parameters": parameters, "data": known, "protocols": described}, "config.json")


def log_evaluation(run: Run, evaluation: Evaluation, protocols: Sequence[Protocol]) -> None:
    """Log tables, metrics, figures without pixels, and the note."""
    slices = evaluation.slices
    run.metrics(scores(evaluation))
    run.parquet(slices, "slices.parquet")
    run.table(wide(slices), "slices.json")
    run.table(paper_table(slices), "summary.json")
    run.table(error_table(slices), "errors.json")
    run.table(summarise(slices, RECONSTRUCTION), "by_reconstruction.json")
    run.table(summarise(slices, ["patient"]), "by_patient.json")
    run.parquet(evaluation.noise_power, "noise_power.parquet")
    run.table(evaluation.noise, "noise.json")
    run.parquet(evaluation.tissues, "tissues.parquet")
    run.table(evaluation.tissues.replace(np.inf, np.nan), "tissues.json")
    spectra = noise_spectra(evaluation.noise_power, evaluation.noise)
    run.figure(draw_noise_power(spectra), "noise_power", spectrum_table(spectra))
    tissues = tissue_biases(evaluation.tissues)
    run.figure(draw_tissue_bias(tissues), "tissue_bias", evaluation.tissues)
    run.note("\n\n".join(filter(None, [note(slices, protocols), evaluation.remark])))


def log_slices(
    run: Run, shown: Sequence[ShownSlice], metric: str, window: tuple[float, float]
) -> None:
    """Log slices as figures, and as images of fixed keys for the UI's grid.

    These are pixels: of a patient only where the user asked for it.

    Args:
        run: the evaluation.
        shown: the slices.
        metric: name of the metric by which they were chosen, as captions spell it.
        window: HU from black to white.
    """
    rows = slice_rows(shown, metric)
    run.figure(draw_slices(rows, window), "slices", row_table(rows))
    run.figure(draw_details(rows, window), "details", row_table(rows))
    for row in rows:
        for panel in row.panels:
            run.image(to_uint8(panel, window), f"{row.rank}/{panel.name}")
