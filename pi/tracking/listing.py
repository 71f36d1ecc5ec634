"""What the tracking store holds, listed and read back for looking at.

A store is looked at while others write to it: a run may be half-logged, or gone a moment after it
was listed. Whatever is missing is a `TrackingError` that says what, and no reason to stop looking.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pi.alive import HOST
from pi.database import sqlite_file
from pi.errors import quoted
from pi.influence.measured import MeasuredLosses, losses_of, reconstructions_of
from pi.losses.architecture import EncoderError, EncoderSpec
from pi.losses.experiments import NAMED, Experiment
from pi.tracking.address import TrackingError, tracking_uri
from pi.tracking.backend import MlflowException, StoredRun
from pi.tracking.records import (
    FilterError,
    Record,
    connect,
    find_runs,
    no_such_run,
    read_artifact,
    read_run,
    record_of,
    search_all,
)

MOST = 1000
"""Runs of one stage that are listed: the newest."""


@dataclass(frozen=True)
class ListedRun:
    """A run as it is listed.

    Attributes:
        run_id: of the run.
        name: in the UI; whatever its owner called it.
        begun: when, UTC.
        status: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED.
        parent: id of the run that it is nested in; empty where there is none.
        experiment_id: of its experiment.
        record: what it holds.
        data: what was logged of each of its data sets.
    """

    run_id: str
    name: str
    begun: datetime
    status: str
    parent: str
    experiment_id: str
    record: Record
    data: tuple[Mapping[str, Any], ...] = ()


def list_runs(stage: str) -> list[ListedRun]:
    """Return the runs of a stage that are not deleted, the newest first.

    Args:
        stage: an entry point, or ``calibration`` or ``trial``, which are nested.

    Raises:
        TrackingError: the store does not answer.
    """
    return _list(f"tags.`pi.stage` = '{stage}'", MOST, f"runs of {stage}")


def list_running() -> list[ListedRun]:
    """Return the runs that say they are at work, the newest first, but for nested ones.

    Raises:
        TrackingError: the store does not answer.
    """
    asked = f"attributes.status = 'RUNNING' and tags.`{HOST}` LIKE '%'"
    return _list(asked, MOST, "running runs")


def list_newest(most: int) -> list[ListedRun]:
    """Return the newest runs of all stages but trials, the newest first.

    Raises:
        TrackingError: the store does not answer.
    """
    return _list("tags.`pi.stage` LIKE '%' and tags.`pi.stage` != 'trial'", most, "runs")


def holds_finished(stage: str) -> bool:
    """Return whether there is a run of a stage that came to its end.

    Raises:
        TrackingError: the store does not answer.
    """
    asked = f"tags.`pi.stage` = '{stage}' and attributes.status = 'FINISHED'"
    return bool(_list(asked, 1, f"runs of {stage}"))


def _list(query: str, most: int, told: str) -> list[ListedRun]:
    _require_store()
    try:
        found = find_runs(query, most=most)
    except FilterError as error:
        raise TrackingError(f"the tracking store must list its {told} but cannot.") from error
    return [listed(run) for run in found]


def listed(run: StoredRun) -> ListedRun:
    """Return a run of the store as it is listed."""
    return ListedRun(
        run.info.run_id,
        str(run.info.run_name),
        datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        str(run.info.status),
        run.data.tags.get("mlflow.parentRunId", ""),
        str(run.info.experiment_id),
        record_of(run),
        tuple(_data_of(run)),
    )


def list_experiment(experiment_id: str, *, but: str, most: int) -> tuple[str, list[ListedRun]]:
    """Return the name of an experiment and those of its runs that have a stage, the newest first.

    Args:
        experiment_id: of it.
        but: the stage whose runs are left out.
        most: runs that are returned.

    Raises:
        TrackingError: the store does not answer.
    """
    query = f"tags.`pi.stage` LIKE '%' and tags.`pi.stage` != '{but}'"
    try:
        client = connect()
        name = str(client.get_experiment(experiment_id).name)
        found = client.search_runs([experiment_id], query, max_results=most)
    except MlflowException as error:
        raise TrackingError("the tracking store must list its runs but cannot.") from error
    return name, [listed(run) for run in found]


def find_listed(run_id: str) -> ListedRun | None:
    """Return a run; None where there is none of that id, or it is deleted."""
    try:
        run = connect().get_run(run_id)
    except MlflowException:
        return None
    return listed(run) if run.info.lifecycle_stage == "active" else None


def list_nested(run: ListedRun) -> list[str]:
    """Return the ids of the runs nested in a run, the newest first, however many.

    Raises:
        TrackingError: the store does not answer.
    """
    query = f"tags.mlflow.parentRunId = '{run.run_id}'"
    try:
        found = search_all(connect(), run.experiment_id, query)
    except MlflowException as error:
        raise TrackingError("the tracking store must list its runs but cannot.") from error
    return [child.info.run_id for child in found]


def _data_of(run: StoredRun) -> Iterator[Mapping[str, Any]]:
    """Yield what was logged of each data set of a run; nothing of those of another program."""
    for logged in run.inputs.dataset_inputs if run.inputs else []:
        try:
            facts = json.loads(logged.dataset.profile or "{}")
        except ValueError:
            continue
        if isinstance(facts, dict):
            yield facts


def _require_store() -> None:
    """Raise where the store is a file that is not there: looking for it would make it."""
    file = sqlite_file(tracking_uri())
    if file is not None and not file.exists():
        raise TrackingError(
            "there must be a tracking store but there is none yet: MLFLOW_TRACKING_URI (default: "
            "mlflow.db in this folder) names a file that does not exist."
        )


def read_measured(run_id: str) -> MeasuredLosses:
    """Return the losses that a calibration rests on.

    Raises:
        TrackingError: no such run, or it does not hold them yet.
    """
    record = read_run(run_id)
    experiment = _experiment(run_id, record)
    table = read_artifact(run_id, "patches.parquet", pd.read_parquet)
    population = record.metrics.get("patches_in_training_set", len(table))
    mean_of_ratios = record.params.get("estimator") == "mean_of_ratios"
    try:
        losses, places = losses_of(table, experiment.encoder.layers), reconstructions_of(table)
    except KeyError as error:
        raise TrackingError(
            f"patches.parquet of run {quoted(run_id)} must tell of each patch where it is from but "
            "lacks a column, as of another version."
        ) from error
    return MeasuredLosses(
        experiment,
        record.params.get("state", "unknown"),
        losses,
        places,
        int(population),
        "mean_of_ratios" if mean_of_ratios else "ratio_of_sums",
    )


def read_series(run_id: str, metrics: Sequence[str]) -> pd.DataFrame:
    """Return metrics by step: one row per step, one column per metric that the run has.

    Raises:
        TrackingError: no such run.
    """
    columns = {}
    try:
        client = connect()
        for metric in metrics:
            points = client.get_metric_history(run_id, metric)
            if points:
                columns[metric] = pd.Series({point.step: point.value for point in points})
    except MlflowException as error:
        raise no_such_run(run_id) from error
    return pd.DataFrame(columns).sort_index().rename_axis("epoch")


def list_artifacts(run_id: str) -> list[str]:
    """Return the files at the top of a run's artifacts, sorted.

    Raises:
        TrackingError: they cannot be listed.
    """
    try:
        return sorted(file.path for file in connect().list_artifacts(run_id) if not file.is_dir)
    except (MlflowException, OSError) as error:
        raise TrackingError(
            f"the artifacts of run {quoted(run_id)} must be readable but are not."
        ) from error


def read_logged_table(file: Path) -> pd.DataFrame | None:
    """Return a table that `Run.table` logged; None of a JSON file that is no table.

    Raises:
        TrackingError: its rows are not those of its columns, as of another version or a hand.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        return None
    if not isinstance(content, dict) or set(content) != {"columns", "data"}:
        return None
    try:
        return pd.DataFrame(content["data"], columns=content["columns"])
    except (ValueError, TypeError) as error:
        raise TrackingError(
            "a table that a run logged must have as many columns as it names but has not."
        ) from error


def _experiment(run_id: str, record: Record) -> Experiment:
    """Return the configuration of a calibration, with the lambda in print for its name."""
    name = record.params.get("experiment", "")
    try:
        encoder = EncoderSpec(
            record.params.get("architecture", ""),
            record.params.get("context", ""),
            tuple(record.params.get("layers", "").split("+")),
        )
    except EncoderError as error:
        raise TrackingError(
            f"run {quoted(run_id)} must name its encoder but does not yet."
        ) from error
    published = NAMED[name].published if name in NAMED else None
    return Experiment(name, encoder, published)
