"""MLflow as a server that takes the entries of a journal.

What is done twice is done once: a metric is one by its key, step, time and value, which is the key
of MLflow's own table; a nested run and a model by the alias that they are tagged with; and all else
is the same the second time.
"""

import math
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from pi.alive import PROGRESS
from pi.journal.entry import Entry, Known
from pi.journal.outbox import AwayError, NeverTakenError
from pi.journal.waiting import Sent, count_waiting, send_all
from pi.tracking.address import TrackingError, probe, store_of, told
from pi.tracking.backend import (
    Dataset,
    DatasetInput,
    LoggedModel,
    LoggedModelOutput,
    Metric,
    MlflowClient,
    MlflowException,
    Model,
    Param,
    RunTag,
    StoredRun,
    get_artifact_repository,
)
from pi.tracking.run import list_tags, listed_ids

ALIAS = "pi.alias"
"""Tag of a nested run, and of a model: what it is called until it has an id."""

BATCH, PARAMS = 1000, 100  # most metrics and parameters that one call may carry

FINAL = (
    "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS",
    "INVALID_STATE", "BAD_REQUEST",
)  # fmt: skip
"""What MLflow says to what it will not take later either."""

LOST = ("InterfaceError", "PendingRollbackError")
"""What it calls a bad request and is a connection to its database that was lost."""


@dataclass(frozen=True)
class MlflowServer:
    """A tracking store that takes entries.

    Attributes:
        client: the store.
        uri: where it is.
    """

    client: MlflowClient = field(repr=False)
    uri: str = field(repr=False)

    def answers(self) -> str:
        """Return why it does not answer; empty where it does."""
        try:
            probe(self.uri)
        except (TrackingError, OSError, SQLAlchemyError, sqlite3.Error) as error:
            return told(error).rstrip(".")
        return ""

    def find(self, alias: str) -> str:
        """Return the id of the run that was opened under an alias; empty where there is none."""
        try:
            return opened_as(self.client, alias)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise AwayError(told(error)) from error

    def deliver(self, entry: Entry, place: Path | None, again: bool) -> str:
        """Do what an entry says; see `pi.journal.outbox.Receiver`."""
        try:
            return self._do(entry, place, again)
        except MlflowException as error:
            if error.error_code in FINAL and not any(word in str(error) for word in LOST):
                raise NeverTakenError(error, told(error)) from error
            raise AwayError(told(error)) from error
        except OSError as error:  # of the artifact store: it is full, or may not be written
            raise AwayError(told(OSError(error.strerror or str(error)))) from error
        except SQLAlchemyError as error:
            raise AwayError(told(error)) from error
        except Exception as error:  # a defect, which the work is told as before
            raise NeverTakenError(error, told(error)) from error

    def _do(self, entry: Entry, place: Path | None, again: bool) -> str:
        client, run, body = self.client, entry.run, entry.body
        match entry.kind:
            case "open":
                return self._open(body, again)
            case "numbers":
                self._numbers(entry)
            case "tags":
                client.log_batch(run, tags=_tags(body["tags"]))
            case "listed":
                known = listed_ids(client.get_run(run).data.tags, body["key"])
                tags = list_tags(body["key"], [*known, body["id"]])
                client.log_batch(run, tags=_tags(tags))
            case "data":
                client.log_inputs(run, [DatasetInput(Dataset(**body))])
            case "experiment":
                client.set_experiment_tag(body["experiment"], body["key"], body["value"])
            case "file":
                client.log_artifact(run, str(place), body["path"].rpartition("/")[0] or None)
            case "model" if place is not None:
                self._model(entry, place, again)
            case "told":
                self._tell(run, body["by"], body["names"])
            case "forget":
                self._forget(run, body["folder"])
            case "close":
                if client.get_run(run).info.status == "RUNNING":
                    client.set_terminated(run, "KILLED")
            case "end":
                # One that was gone on with elsewhere, and came to its end there, stays finished.
                if not again or client.get_run(run).info.status != "FINISHED":
                    client.set_terminated(run, body["status"], body["at"])
                if PROGRESS in client.get_run(run).data.tags:  # it is at nothing any more
                    client.delete_tag(run, PROGRESS)
        return ""

    def _open(self, body: Mapping[str, Any], again: bool) -> str:
        found = opened_as(self.client, body["alias"]) if again else ""
        tags = {**body["tags"], ALIAS: body["alias"]}
        return found or str(
            self.client.create_run(body["experiment"], body["began"], tags).info.run_id
        )

    def _numbers(self, entry: Entry) -> None:
        params = dict(entry.body["params"])
        points = [Metric(key, value, at, step) for key, step, at, value in entry.metrics]
        while params or points:
            some = dict([*params.items()][:PARAMS])
            few, points = points[: BATCH - len(some)], points[BATCH - len(some) :]
            self._batch(entry.run, few, some)
            params = {key: value for key, value in params.items() if key not in some}

    def _batch(self, run: str, points: list[Metric], params: Mapping[str, str]) -> None:
        """Log some of each, but no parameter that is there: `mlflow run` has logged its own."""
        try:
            self.client.log_batch(run, points, [Param(k, v) for k, v in params.items()])
        except MlflowException as error:
            if not params or error.error_code not in FINAL:
                raise
            there = self.client.get_run(run).data.params
            new = [Param(key, value) for key, value in params.items() if key not in there]
            if len(new) == len(params):
                raise
            self.client.log_batch(run, points, new)

    def _model(self, entry: Entry, folder: Path, again: bool) -> None:
        client, run_id, alias = self.client, entry.run, entry.body["alias"]
        run = client.get_run(run_id)
        experiment = run.info.experiment_id
        found = _model_as(client, experiment, alias) if again else None
        model = found or client.create_logged_model(
            experiment, entry.body["name"], run_id, {ALIAS: alias}, dict(run.data.params)
        )
        described = Model.load(str(folder))
        described.run_id = run_id
        described.model_id = described.model_uuid = model.model_id
        described.artifact_path = model.artifact_location
        whole = folder.parent / "MLmodel"
        described.save(str(whole))
        whole.replace(folder / whole.name)  # at once: half a description is no model
        outputs = run.outputs.model_outputs if run.outputs else []
        if model.model_id not in [one.model_id for one in outputs]:
            client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        self._metrics_of_model(run, model)
        client.log_model_artifacts(model.model_id, str(folder))
        client.finalize_logged_model(model.model_id, "READY")

    def _metrics_of_model(self, run: StoredRun, model: LoggedModel) -> None:
        """Log the run's metrics of step 0 as the model's, as MLflow does."""
        run_id, model_id = run.info.run_id, model.model_id
        points = [
            Metric(one.key, one.value, one.timestamp, one.step, model_id, run_id=run_id)
            for key in run.data.metrics
            for one in self.client.get_metric_history(run_id, key)
            if one.step == 0 and one.model_id is None and math.isfinite(one.value)
        ]
        if points and not self.client.get_logged_model(model_id).metrics:
            self.client.log_batch(run_id, points)

    def _tell(self, run: str, made_by: str, names: list[str]) -> None:
        """Have models show what a run measured, unless the registry refuses: the run is kept."""
        from pi.tracking.registry import show_on_models  # which reads what was delivered

        try:
            show_on_models(self.client, run, made_by, names)
        except MlflowException as error:
            if self.answers():
                raise AwayError(told(error)) from error

    def _forget(self, run: str, folder: str) -> None:
        uri = self.client.get_run(run).info.artifact_uri
        with suppress(MlflowException, NotImplementedError, OSError):  # where the store can
            repository: Any = get_artifact_repository(uri, self.uri)
            repository.delete_artifacts(folder)


def send_waiting(uri: str, *, forget_refused: bool = False) -> Sent:
    """Deliver what waits on this machine for a tracking store, which answers.

    Raises:
        JournalError: a book cannot be read.
    """
    server = MlflowServer(MlflowClient(uri), uri)
    return send_all(server, store_of(uri), forget_refused=forget_refused)


def waiting_for(uri: str) -> int:
    """Return how many entries wait on this machine for a tracking store, which is not asked."""
    return count_waiting(store_of(uri))


def opened_as(client: MlflowClient, alias: str) -> str:
    """Return the id of the run that was opened under an alias; empty where there is none."""
    experiments = [one.experiment_id for one in client.search_experiments()]
    found = client.search_runs(experiments, f"tags.`{ALIAS}` = '{alias}'", max_results=1)
    return str(found[0].info.run_id) if found else ""


def found_as(run: StoredRun) -> Known:
    """Return what is known of a run as the store has it."""
    data = run.inputs.dataset_inputs if run.inputs else []
    steps = {one.key: int(one.step) for one in run.data.to_proto().metrics}
    name = str(data[0].dataset.name) if data else ""
    params, metrics = dict(run.data.params), dict(run.data.metrics)
    return Known(params, metrics, steps, dict(run.data.tags), name)


def _tags(values: Mapping[str, str]) -> list[RunTag]:
    return [RunTag(key, value) for key, value in values.items()]


def _model_as(client: MlflowClient, experiment: str, alias: str) -> LoggedModel | None:
    found = client.search_logged_models([experiment], f"tags.`{ALIAS}` = '{alias}'")
    return found[0] if found else None
