"""What a denoiser does to whole slices of patients that it has not learned from."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pi.command_line import recorded
from pi.evaluation.metrics import require_measured
from pi.evaluation.protocol import find_protocols
from pi.evaluation.table import KEY
from pi.jobs.called import evaluation_name
from pi.jobs.opening import notes_of, open_asked, slices_in
from pi.jobs.result import Kept, Result, joined
from pi.parameters import EvaluateParameters
from pi.progress import counting
from pi.tracking.tracker import UNTRACKED, Tracker

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    from pi.detection.detectability import Detection
    from pi.evaluation.measure import Evaluation


@dataclass(frozen=True, repr=False)
class EvaluationResult(Result):
    """What was measured.

    Attributes:
        run: what was evaluated, as it was asked for.
        evaluation: the slice table, noise power and bias by tissue.
        summary: the tables of it, as text.
        notes: what is to be known of the data.
        kept: where the run is.
        detection: of lesions; None where that was not asked for.
    """

    run: str
    evaluation: "Evaluation" = field(repr=False)
    summary: str
    notes: tuple[str, ...]
    kept: Kept
    detection: "Detection | None" = field(default=None, repr=False)

    @property
    def headline(self) -> str:
        """How many slices of how many patients."""
        table = self.evaluation.slices
        slices = len(table[[*KEY]].drop_duplicates())
        return f"{self.run} on {slices} slices of {table['patient'].nunique()} patients"

    def text(self) -> str:
        """Return the notes, the tables and where the run is."""
        lesions = "" if self.detection is None else self.detection.text()
        said = (self.summary, self.evaluation.remark, lesions)
        return joined(*self.notes, *said, self.kept.text())


def evaluate(parameters: EvaluateParameters, tracker: Tracker = UNTRACKED) -> EvaluationResult:
    """Measure a denoiser, outputs or a table on whole slices, under every protocol asked for.

    Raises:
        PiError: something that was asked for cannot be had.
    """
    p = parameters
    protocols = find_protocols(f"{p.protocols},all" if p.metrics_table else p.protocols)
    require_measured(p.metric, p.metrics)
    store = open_asked(p, p.fold, p.part)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.detection.detectability import detect
    from pi.detection.requirements import DetectionError
    from pi.evaluation.choice import choose_slices, read_choice, require_some_value
    from pi.evaluation.feature_distance import FeatureWitness
    from pi.evaluation.metrics_table import hu_counts, metrics_table, metrics_table_text
    from pi.evaluation.summary import summary_text
    from pi.figures.slice_row import WINDOWS
    from pi.jobs.judges import find_judge
    from pi.subjects import fetch_subject, origin_of, require_images, require_own_data
    from pi.subjects.lesions import lesion_witness, settle_task
    from pi.tracking.logged_evaluation import (
        log_detection,
        log_evaluation,
        log_metrics_table,
        log_setup,
        log_slices,
    )
    from pi.tracking.records import trained_by
    from pi.tracking.saved_view import save_view

    require_some_value(store, p.part, p.metric)
    subject = fetch_subject(p.run, p.denoiser, p.interface)
    require_own_data(subject, store)
    if p.metrics_table:
        require_images(subject, "metrics_table")
    judge = find_judge(p.features, subject, store, p.part, p.seed, tracker.say)
    task = settle_task(p.task, subject, store, p.part)
    together = subject.batch(p.batch_size)
    subject.check(store, p.part, together, protocols)
    origin = origin_of(subject)
    name = evaluation_name(origin, trained_by(origin.run_id), p.part)
    with tracker.open("evaluate", name) as run:
        run.params(recorded(p))
        log_setup(run, recorded(p), origin, store, p.part, protocols)
        features = FeatureWitness(judge.encode) if judge else None
        lesions = lesion_witness(subject, task, p.seed) if task else None
        witnesses = [one for one in (features, lesions) if one is not None]
        with counting("evaluating", "slice", slices_in(store, [p.part])) as bar:
            evaluation = subject.evaluation(
                store, p.part, protocols, together, bar.advance, p.metrics, witnesses
            )
        if judge is not None and features is not None:
            run.tags(judge.tags)
            evaluation = features.added_to(evaluation)
        log_evaluation(run, evaluation, protocols, origin.run_id)
        detection, undetected = None, ""
        if lesions is not None:
            patients = evaluation.slices["patient"].nunique()
            looks = lesions.table()
            try:
                detection = detect(looks, p.seed, patients)
            except DetectionError as error:  # what was measured stays, and so do the looks
                undetected = f"note: no d' is told: {error}"
            log_detection(run, looks, detection)
        summary = summary_text(evaluation.slices)
        if p.metrics_table:
            table = metrics_table(evaluation.slices, protocols, hu_counts(store, p.part))
            log_metrics_table(run, table)
            summary = f"{summary}\n{metrics_table_text(table)}"
        if subject.pictured and (store.simulated or p.log_images):
            denoising = subject.denoising(store)
            choices = choose_slices(evaluation.slices, protocols[0].name, p.metric)
            shown = [read_choice(store, choice, denoising) for choice in choices]
            log_slices(run, shown, p.metric, WINDOWS[p.window])
        kept = Kept.of(run, save_view(run, "evaluate"))
    notes = (*notes_of(store), *subject.notes_on(store), *filter(None, [undetected]))
    return EvaluationResult(p.run, evaluation, summary, notes, kept, detection)
