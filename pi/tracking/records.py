"""What earlier runs hold, read back."""

import hashlib
import json
import math
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
from pyarrow import ArrowInvalid

from pi.database import sqlite_file
from pi.denoisers import as_written_now
from pi.errors import quoted
from pi.evaluation.table import read_table
from pi.places import file_digest
from pi.tracking.address import TrackingError, probe, told, tracking_uri
from pi.tracking.backend import MlflowClient, MlflowException, StoredRun, ViewType, begin
from pi.tracking.run import DIGEST

_Read = TypeVar("_Read")

IDENTITY = "identity"
"""What an evaluation calls the run that it evaluates where nothing was denoised."""

SUBJECT = "pi.subject"
"""Tag of an evaluation: what it is of, as it was asked for; older ones have none."""

DENOISER = "denoiser"
"""Folder of artifacts in which a run keeps the weights of its denoiser."""

SCORES = "scores.json"
"""Table of an evaluation with every number of it; its metrics are the few that matter most."""

SCRATCH = "pi-artifact-"
"""Beginning of the names of temporary folders that hold copies of artifacts."""

BEST = "best.json"
"""Artifact in which the run of a search names its best trial."""


class FilterError(TrackingError):
    """A filter of runs that MLflow does not understand, in its words."""


@dataclass(frozen=True)
class Record:
    """What an earlier run holds.

    Attributes:
        params: as they were logged; `mlflow run` quotes them for a shell.
        metrics: the newest value of each.
        tags: of the run.
    """

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]

    def typed(self, name: str, default: str = "") -> str:
        """Return a parameter as it was typed: `mlflow run` keeps it quoted for a shell."""
        value = self.params.get(name, default)
        try:
            return " ".join(shlex.split(value))
        except ValueError:  # a quote of the user's own
            return value


def record_of(run: StoredRun) -> Record:
    """Return what a run holds, its parameters as they are written today."""
    return Record(as_written_now(run.data.params), run.data.metrics, run.data.tags)


def fetch_artifact(run_id: str, file: str) -> Path:
    """Return a local copy of an artifact of an earlier run.

    Raises:
        TrackingError: no such run, or it has no such artifact, or that is not what was logged.
    """
    client = connect()
    try:
        logged = client.get_run(run_id).data.tags.get(DIGEST + file)
        found = Path(client.download_artifacts(run_id, file, tempfile.mkdtemp(prefix=SCRATCH)))
    except (MlflowException, OSError) as error:
        raise TrackingError(
            f"run {quoted(run_id)} must hold {file} but it cannot be read."
        ) from error
    if logged and file_digest(found) != logged:
        shutil.rmtree(found.parent, ignore_errors=True)
        raise TrackingError(
            f"{file} of run {quoted(run_id)} must be as it was logged but its sha256 is another."
        )
    return found


def read_artifact(run_id: str, file: str, read: Callable[[Path], _Read]) -> _Read:
    """Return what ``read`` makes of a run's artifact, of which no copy stays behind.

    Raises:
        TrackingError: no such run or artifact, or it is damaged.
    """
    path = fetch_artifact(run_id, file)
    try:
        return read(path)
    except (OSError, ArrowInvalid, UnicodeDecodeError) as error:
        raise TrackingError(
            f"{file} of run {quoted(run_id)} must be readable but is not."
        ) from error
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


def read_slices(run_id: str) -> pd.DataFrame:
    """Return the slice table of an evaluation; see `pi.evaluation.table`.

    Raises:
        TrackingError: no such run, or it does not hold one.
        EvaluationError: it is damaged.
    """
    return read_artifact(run_id, "slices.parquet", read_table)


def read_scores(run_id: str) -> dict[str, float]:
    """Return every number of an evaluation, of which its metrics are a few; none of an older run.

    Raises:
        TrackingError: no such run, or its table is damaged.
    """
    if SCORES not in {file.path for file in connect().list_artifacts(run_id)}:
        return {}  # all of its numbers are metrics
    table = json.loads(read_artifact(run_id, SCORES, Path.read_text))
    return {name: math.nan if value is None else float(value) for name, value in table["data"]}


def read_score(run_id: str, name: str) -> float:
    """Return a number of an evaluation from the table of all of them; NaN where it has none.

    Raises:
        TrackingError: no such run, or its table is damaged.
    """
    return read_scores(run_id).get(name, math.nan)


def best_trial(run_id: str) -> str:
    """Return the run of the best trial of a search.

    Raises:
        TrackingError: the search has not come to an end yet.
    """
    return str(json.loads(read_artifact(run_id, BEST, Path.read_text))["run"])


def run_status(run_id: str) -> str:
    """Return FINISHED, FAILED, KILLED or RUNNING; empty where there is no such run."""
    try:
        info = connect().get_run(run_id).info
    except MlflowException:  # deleted for good: its step is simply not done
        return ""
    return str(info.status) if info.lifecycle_stage == "active" else ""


def children_of(run_id: str) -> dict[str, Record]:
    """Return what the runs nested in a run hold, by their ids.

    Raises:
        TrackingError: there is no such run.
    """
    return {run.info.run_id: record_of(run) for run in _nested(run_id)}


def finished_below(run_id: str) -> set[str]:
    """Return the ids of the runs nested in a run that came to their end.

    Raises:
        TrackingError: there is no such run.
    """
    return {run.info.run_id for run in _nested(run_id, " and attributes.status = 'FINISHED'")}


def _nested(run_id: str, more: str = "") -> list[StoredRun]:
    client = connect()
    try:
        experiment = client.get_run(run_id).info.experiment_id
    except MlflowException as error:
        raise no_such_run(run_id) from error
    return search_all(client, experiment, f"tags.mlflow.parentRunId = '{run_id}'{more}")


def read_run(run_id: str) -> Record:
    """Return what an earlier run holds.

    Raises:
        TrackingError: there is no such run, or it was deleted.
    """
    try:
        found = connect().get_run(run_id)
    except MlflowException as error:
        raise no_such_run(run_id) from error
    if found.info.lifecycle_stage != "active":
        raise TrackingError(f"run {quoted(run_id)} must not be deleted but is.")
    return record_of(found)


def trained_by(run_id: str) -> Record | None:
    """Return what the run that made a denoiser holds; None of `IDENTITY` and of nobody's."""
    return None if run_id in ("", IDENTITY) else read_run(run_id)


def no_such_run(run_id: str) -> TrackingError:
    """Return the error of a run that is not there: which it may have been, and the newest."""
    runs = _newest("tags.`pi.stage` LIKE '%' and tags.`pi.stage` != 'calibration'", most=200)
    meant = quoted(run_id, [run.info.run_id for run in runs])
    return TrackingError(f"run {meant} must exist but does not{_told_runs(runs)}.")


def newest_trainings() -> str:
    """Return the newest finished runs of `train` and `pretrain`, as the end of a sentence."""
    query = "tags.`pi.stage` LIKE '%train' and attributes.status = 'FINISHED'"  # and pretrain
    return _told_runs(_newest(query, most=SHOWN))


SHOWN = 3
"""Runs that an error lists: the newest."""


def _newest(query: str, most: int) -> list[StoredRun]:
    try:
        return find_runs(query, most=most)
    except TrackingError:  # an error is being told already
        return []


def _told_runs(runs: Sequence[StoredRun]) -> str:
    told_of = [f"{run.info.run_id} ({run.info.run_name})" for run in runs[:SHOWN]]
    return f"; the newest are {', '.join(told_of)}" if told_of else ""


def newest_run(stage: str) -> tuple[str, str]:
    """Return run id and experiment id of the newest finished run of an entry point.

    Raises:
        TrackingError: there is none.
    """
    query = f"tags.`pi.stage` = '{stage}' and attributes.status = 'FINISHED'"
    runs = find_runs(query, most=1)
    if not runs:
        raise TrackingError(f"the tracking store must hold a finished run of {stage} but has none.")
    return runs[0].info.run_id, runs[0].info.experiment_id


def find_runs(query: str, *, order_by: Sequence[str] = (), most: int = 1000) -> list[StoredRun]:
    """Return the runs of all experiments that an MLflow filter finds, the newest first.

    Args:
        query: the filter.
        order_by: another order.
        most: runs that are returned.

    Raises:
        FilterError: the filter is none, or the store does not answer.
    """
    client = connect()
    try:
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        found = client.search_runs(experiments, query, max_results=most, order_by=[*order_by])
    except MlflowException as error:
        raise FilterError(told(error)) from error
    return list(found)


def search_all(client: MlflowClient, experiment_id: str, query: str) -> list[StoredRun]:
    """Return every run of an experiment that a filter finds, page by page, the newest first."""
    found: list[StoredRun] = []
    token: str | None = None
    while True:
        page = client.search_runs([experiment_id], query, max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def connect() -> MlflowClient:
    """Return the tracking store, after a sign of life.

    Raises:
        TrackingError: it does not answer, or does not open.
    """
    uri = tracking_uri()
    probe(uri)
    try:
        begin(uri)
    except MlflowException as error:
        raise TrackingError(f"the tracking store must open but says: {told(error)}") from error
    return MlflowClient(uri)


def store_identity() -> str:
    """Return what two processes can tell one tracking store by, though each has its own address.

    It is a digest of the oldest experiment: its id, its name and the millisecond of its making.
    Nothing is made where there is no store yet, which has none.

    Raises:
        TrackingError: the store does not answer.
    """
    file = sqlite_file(tracking_uri())
    if file is not None and not file.is_file():
        return ""
    try:
        (first,) = connect().search_experiments(
            ViewType.ALL, max_results=1, order_by=["creation_time ASC", "experiment_id ASC"]
        ) or (None,)
    except MlflowException as error:
        raise TrackingError(f"the tracking store must answer but says: {told(error)}") from error
    facts = first and (first.experiment_id, first.creation_time)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class SharedTags:
    """Tags of a run by which processes agree: each is read and written at once, and never later.

    A store that is away for a while is waited for as long as MLflow itself does.

    Attributes:
        run_id: of the run.
    """

    run_id: str

    def read(self) -> Mapping[str, str]:
        """Return all tags of the run.

        Raises:
            TrackingError: there is no such run, or the store does not answer.
        """
        with self._asking("be read") as client:
            return dict(client.get_run(self.run_id).data.tags)

    def write(self, key: str, value: str) -> None:
        """Set a tag.

        Raises:
            TrackingError: the store does not take it.
        """
        with self._asking("take a tag") as client:
            client.set_tag(self.run_id, key, value)

    def remove(self, key: str) -> None:
        """Take a tag away; another process may have been first.

        Raises:
            TrackingError: the store does not answer.
        """
        if key in self.read():
            with suppress(TrackingError), self._asking("lose a tag") as client:
                client.delete_tag(self.run_id, key)

    def lie_waiting(self) -> None:
        """Say of the run that it waits for somebody to go on with it.

        Raises:
            TrackingError: the store does not answer.
        """
        with self._asking("wait") as client:
            client.update_run(self.run_id, status="SCHEDULED")

    def close_gone(self, run_id: str) -> None:
        """End a run of which nothing more will come, unless it has ended: its process is gone."""
        with suppress(TrackingError), self._asking("be ended") as client:
            if client.get_run(run_id).info.status == "RUNNING":
                client.set_terminated(run_id, "KILLED")

    @contextmanager
    def _asking(self, what: str) -> Iterator[MlflowClient]:
        uri = tracking_uri()
        try:
            begin(uri)
            yield MlflowClient(uri)
        except MlflowException as error:
            raise TrackingError(
                f"the run that these steps are of must {what} but the store says: {told(error)}"
            ) from error
