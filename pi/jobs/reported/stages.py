"""Runs of each stage read back as the records that a report is made of.

A run may be half-logged: what it does not say yet is NaN or empty, and only what makes the whole
record meaningless is an error.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pi.digits import percent
from pi.errors import PiError
from pi.evaluation.metrics import METRICS, ranked_metrics
from pi.figures.training_curves import SERIES
from pi.figures.training_panels import GRADIENT, PSI
from pi.identity import place_named
from pi.jobs.compared.read_influence import calibrated_influence
from pi.losses.experiments import NAMED
from pi.report.beyond import LOGGED
from pi.report.png import embedded_png
from pi.report.stages.found import Calibrated, EvaluatedRun, RunFacts, Searched, Texture, Trained
from pi.run_names import configuration_of
from pi.search.objective import Objective
from pi.search.record import TrialRecord
from pi.search.watching import objective_of
from pi.tracking.listing import read_logged_table, read_series
from pi.tracking.logged_data import FOLD, FOLDS
from pi.tracking.loss_facts import CONTEXT, DIGEST, PARTS, encoder_name
from pi.tracking.records import IDENTITY, SUBJECT, Record, read_artifact

WITHIN = "psi_in/"
"""Beginning of the metrics of a calibration that are of one reconstruction."""


def calibrated_of(run: RunFacts, record: Record) -> Calibrated:
    """Return what a nested run of `calibrate` holds.

    Raises:
        TrackingError: it does not hold its result.
    """
    influence = calibrated_influence(run.run_id, record)
    metrics = record.metrics
    known = NAMED[influence.experiment].published if influence.experiment in NAMED else None
    places = [name.removeprefix(WITHIN) for name in metrics if name.startswith(WITHIN)]
    return Calibrated(
        run,
        influence,
        f"{known.source}, {known.value:g}" if known else "",
        float(influence.psi_at(known.value)) if known else math.nan,
        _whole(metrics.get("patches")),
        _whole(metrics.get("patches_in_training_set")),
        metrics.get("heavy_tailed", 0.0) > 0,
        record.tags.get(CONTEXT, ""),
        record.tags.get(DIGEST, ""),
        {
            place_named(place): (
                metrics[f"{WITHIN}{place}"],
                metrics.get(f"lambda_in/{place}", math.nan),
            )
            for place in sorted(places)
        },
    )


def trained_of(run: RunFacts, record: Record, *, with_series: bool) -> Trained:
    """Return what a run of `train` holds.

    Args:
        run: what it says of itself.
        record: what it holds.
        with_series: whether its epochs are read, too.

    Raises:
        TrackingError: they cannot be read.
    """
    metrics = record.metrics
    encoded = all(part in record.params for part in PARTS)
    return Trained(
        run,
        label_of(record, run),
        configuration_of(run.name, record.params),
        encoder_name({part: record.typed(part) for part in PARTS}) if encoded else "",
        number_of(record.typed("target_psi")),
        metrics.get("lambda", math.nan),
        metrics.get(PSI, math.nan),
        metrics.get(GRADIENT, math.nan),
        metrics.get("psi_drift", math.nan),
        _whole(metrics.get("kept_epoch")),
        metrics.get("kept/ssim", math.nan),
        read_series(run.run_id, SERIES) if with_series else pd.DataFrame(),
    )


def evaluated_of(
    run: RunFacts, record: Record, trained: Record | None, scores: Mapping[str, float]
) -> EvaluatedRun:
    """Return what a run of `evaluate` holds.

    Args:
        run: what it says of itself.
        record: what it holds.
        trained: what the run that it evaluated holds; None where that is not at hand.
        scores: every number of it, of which its metrics are a few; none where they are all.
    """
    protocol = record.tags.get("pi.protocols", "").split(",")[0]
    metrics = record.metrics
    every = {**scores, **metrics}
    names = {metric: METRICS[metric].logged(protocol) for metric in ranked_metrics()}
    ends = ("", "_sd", "_low_dose")
    number, folds = (record.tags.get(name, "") for name in (FOLD, FOLDS))
    return EvaluatedRun(
        run,
        label_of(trained or record, run),
        record.tags.get(SUBJECT, record.tags.get("pi.evaluated_run", IDENTITY)) != IDENTITY,
        record.typed("part"),
        f"{number} of {folds}" if number else "",
        protocol,
        _whole(metrics.get("slices")),
        _whole(metrics.get("patients")),
        {
            metric: tuple(metrics.get(name + end, math.nan) for end in ends)  # type: ignore[misc]
            for metric, name in names.items()
        }
        if names["ssim"] in metrics  # somebody's table tells nothing of doing nothing
        else {},
        {
            name: (every[name], every.get(f"{name}_low_dose", math.nan))
            for name in LOGGED if not math.isnan(every.get(name, math.nan))
        },
    )  # fmt: skip


def texture_of(evaluated: EvaluatedRun, *, simulated: bool) -> Texture:
    """Return what an evaluation logged beside similarity; pixels only of simulated slices.

    Raises:
        TrackingError: an artifact is missing or damaged.
    """
    run_id = evaluated.run.run_id
    noise = read_artifact(run_id, "noise.json", read_logged_table)
    picture = read_artifact(run_id, "slices.png", Path.read_bytes) if simulated else b""
    return Texture(
        evaluated.label,
        read_artifact(run_id, "noise_power.parquet", pd.read_parquet),
        pd.DataFrame() if noise is None else noise,
        read_artifact(run_id, "tissues.parquet", pd.read_parquet),
        embedded_png(picture, f"slices of {evaluated.label}") if simulated else None,
    )


def searched_of(run: RunFacts, record: Record, trials: Sequence[TrialRecord]) -> Searched:
    """Return what a run of `search` holds, and the trials of its study."""
    note = record.tags.get("mlflow.note.content", "")
    ends = ("flat/psi_low", "flat/psi_high")
    low, high = (record.metrics.get(name, math.nan) for name in ends)
    return Searched(
        run,
        _whole(number_of(record.typed("trials"))),
        tuple(line.removeprefix("- ") for line in note.splitlines() if line.startswith("- ")),
        _objective(record),
        (low, high),
        tuple(trials),
    )


def label_of(record: Record, run: RunFacts) -> str:
    """Return what tells a training from most others; the run's name where nothing does."""
    if "experiment" not in record.params:
        return run.name
    schedule, target = record.typed("schedule", "fixed"), number_of(record.typed("target_psi"))
    parts = [record.typed("experiment")]
    parts += [schedule] if schedule != "fixed" else []
    parts += [] if math.isnan(target) else [f"Ψ = {percent(target)}"]
    return ", ".join(parts)


def number_of(text: str) -> float:
    """Return the number that a parameter is; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _whole(value: float | None) -> int:
    return 0 if value is None or not math.isfinite(value) else int(value)


def _objective(record: Record) -> Objective | None:
    try:
        return objective_of({name: record.typed(name) for name in record.params})
    except PiError:
        return None
