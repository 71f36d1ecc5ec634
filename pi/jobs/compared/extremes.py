"""The slices of the largest gain and loss, read and denoised again: pixels, so only where allowed.

This module loads TensorFlow; a comparison without pixels does not.
"""

from collections.abc import Mapping, Sequence

from pi.comparison.comparison import Comparison, best_run
from pi.comparison.contrast import Contrast
from pi.comparison.verdict import heading
from pi.evaluation.choice import ShownSlice, read_choice
from pi.figures.denoised_slices import draw_details, draw_slices
from pi.figures.gain_and_loss import Extreme, extremes, rows_of
from pi.figures.paired_differences import pair_label
from pi.figures.slice_row import row_table
from pi.jobs.agreement import require_agreement
from pi.jobs.compared.evaluated import Evaluated
from pi.report.configuration import Configuration
from pi.report.figures import FigureWithData, shown_contrasts
from pi.slices.store import Store
from pi.source import open_data
from pi.subjects import Subject, fetch_subject


def open_compared(evaluated: Evaluated, split: str, study_seed: int) -> Store:
    """Return the data of an evaluation.

    Args:
        evaluated: which.
        split: as `evaluate` was given it.
        study_seed: see `open_data`.

    Raises:
        PiError: the data are not here.
        DisagreementError: they are others.
    """
    record = evaluated.record
    store = open_data(
        record.typed("data"), split=split, split_seed=int(record.typed("seed")),
        study_seed=study_seed, dose=record.typed("dose", "all"),
    )  # fmt: skip
    if not evaluated.fold:
        here, there = {"data digest": store.digest}, {"data digest": evaluated.digest}
        require_agreement(here, there, f"run {evaluated.run_id}")
    return store


def extreme_figures(
    store: Store,
    evaluated: Sequence[Evaluated],
    configurations: Sequence[Configuration],
    comparison: Comparison,
    window: tuple[float, float],
) -> list[FigureWithData]:
    """Return the two slices whole, and their enlarged regions.

    They are of the reference, or the best run, and the run that comes next by mean; there are none
    where one of these is a table of metrics, which has no slices.

    Args:
        store: the data.
        evaluated: the evaluations.
        configurations: what is compared.
        comparison: what was found; its first metric chooses.
        window: HU from black to white.
    """
    metric, paired = next(iter(comparison.paired.items()))
    contrast = _closest(comparison)
    found = extremes(paired, contrast)
    runs = (contrast.reference, contrast.other)
    makers = {run: _members(run, evaluated, configurations) for run in runs}
    subjects = _subjects([one for run in runs for one in makers[run]])
    if not all(subject.pictured for subject in subjects.values()):
        return []
    shown = [{run: _shown(store, one, run, makers[run], subjects) for run in runs} for one in found]
    rows = rows_of(found, shown, metric)
    low, high = window
    said = (
        f"{pair_label(contrast)}: the slices of the largest gain and of the largest loss in "
        f"{heading(metric)}, {low:g} to {high:g} HU from black to white"
    )
    return [
        FigureWithData("extreme_slices", draw_slices(rows, window), f"{said}.", row_table(rows)),
        FigureWithData(
            "extreme_details",
            draw_details(rows, window),
            f"{said}: the framed region, enlarged, with the error inside it.",
            row_table(rows),
        ),
    ]


def _closest(comparison: Comparison) -> Contrast:
    """Return the comparison with the run whose mean comes next."""
    metric, paired = next(iter(comparison.paired.items()))
    better = 1.0 if paired.higher_is_better else -1.0
    means = better * paired.values.mean()
    best = best_run(paired) if comparison.reference is None else comparison.reference.run
    shown = shown_contrasts(comparison, metric)
    return max(shown, key=lambda one: means[one.other if one.reference == best else one.reference])


def _members(
    run: str, evaluated: Sequence[Evaluated], configurations: Sequence[Configuration]
) -> list[Evaluated]:
    (one,) = [one for one in configurations if one.name == run]
    ids = {member.evaluation for member in one.members}
    return [evaluation for evaluation in evaluated if evaluation.run_id in ids]


def _shown(
    store: Store,
    extreme: Extreme,
    run: str,
    members: Sequence[Evaluated],
    subjects: Mapping[str, Subject],
) -> ShownSlice:
    """Return a slice denoised by a run; of folds, by the one that tested its patient."""
    patient = extreme.key.patient
    tested = next(one for one in members if (one.slices["patient"] == patient).any())
    return read_choice(store, extreme.choice(run), subjects[tested.run_id].denoising(store))


def _subjects(evaluated: Sequence[Evaluated]) -> dict[str, Subject]:
    """Return what was evaluated, fetched once, by the id of the evaluation."""
    asked = {one.run_id: (one.subject, one.record.typed("interface")) for one in evaluated}
    fetched = {
        (name, interface): fetch_subject(name, interface=interface)
        for name, interface in set(asked.values())
    }
    return {run_id: fetched[key] for run_id, key in asked.items()}
