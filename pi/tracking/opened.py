"""How a run is opened: the one that `mlflow run` made, a new one, an earlier one, or none."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import cast
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from pi.alive import HOST, beating, is_gone, signs
from pi.database import sqlite_file
from pi.errors import AGAIN, GO_ON, PiError, quoted
from pi.journal.book import JournalError
from pi.journal.entry import Entry
from pi.journal.sender import Sender
from pi.journal.waiting import book_of
from pi.tracking.address import TrackingError, probe, sends, store_of, told, tracking_uri
from pi.tracking.backend import (
    Experiment,
    MlflowClient,
    MlflowException,
    RunTag,
    begin,
    is_made_up,
    measuring_machine,
)
from pi.tracking.delivery import MlflowServer, found_as
from pi.tracking.records import connect, find_runs
from pi.tracking.run import REASON, Run, ending, forget_reason, provenance
from pi.tracking.saved_view import introduce

EXPERIMENT = "perceptual-influence"
"""MLflow's experiment, unless MLFLOW_EXPERIMENT_NAME or _ID is another."""

PARENT = "mlflow.parentRunId"


@contextmanager
def open_run(
    stage: str,
    name: str,
    resumed: str,
    parent: str,
    opened: Callable[[str], None],
    last: Callable[[], bool],
    say: Callable[[str], object],
) -> Iterator[Run]:
    """Open the run of a job; it ends with the block.

    It ends FINISHED with the block, FAILED if an error leaves it and KILLED on Ctrl-C or SIGTERM.
    The store must be there as it is opened; that it goes away later is said, and the run goes on.

    Args:
        stage: name of the entry point, kept as the tag ``pi.stage``.
        name: the run's name in the UI.
        resumed: id of an earlier run to be continued instead.
        parent: id of the run in which it is nested; empty: of none.
        opened: told the id of the run.
        last: asked at the end whether the run ends with this process, or others are at it.
        say: told when the store goes away and comes back.

    Raises:
        TrackingError: the tracking store cannot be reached or refuses.
        JournalError: the cache does not take what is to be logged.
    """
    uri = tracking_uri()
    probe(uri)
    try:
        begin(uri)
        client = MlflowClient(uri)
        # Taken out of the environment, so that no process we start writes into our run.
        given = os.environ.pop("MLFLOW_RUN_ID", None)
        run_id = resumed or given or _create(client)
        if resumed:
            client.update_run(run_id, "RUNNING")
            forget_reason(client, run_id)
        named = {"pi.stage": stage} | provenance(stage) | signs()
        if run_id != given or is_made_up(client.get_run(run_id).info.run_name):
            named["mlflow.runName"] = name  # else it has one by `mlflow run --run-name`
        named |= {PARENT: parent} if parent else {}
        opened(run_id)
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in named.items()])
        experiment_id = client.get_run(run_id).info.experiment_id
        if given and experiment_id == DEFAULT and not client.get_experiment_by_name(EXPERIMENT):
            _take_default(client)
        introduce(client, experiment_id)
        own = name if "mlflow.runName" in named else ""
        run = replace(_written_to(client, run_id, experiment_id, uri, say), name=own)
    except MlflowException as error:
        raise _refused(error) from error
    try:
        beat = partial(_beat, client, run_id)
        with (
            _delivered(run.journal, run_id, say),
            beating(beat),
            ending(run, last),
            measuring_machine(uri, run_id),
            _told_how(stage, run_id),
        ):
            yield run
    except MlflowException as error:  # which refused something
        raise _refused(error) from error


def _written_to(
    client: MlflowClient, run_id: str, experiment_id: str, uri: str, say: Callable[[str], object]
) -> Run:
    """Return a run of the store with its book; what an earlier process left in it is delivered.

    Raises:
        JournalError: the cache does not take the book; the run has ended then.
    """
    server = MlflowServer(client, uri)
    try:
        book = book_of(run_id, server, store_of(uri), partial(_is_end, run_id))
    except JournalError:
        client.set_terminated(run_id, "FAILED")
        raise
    known = found_as(client.get_run(run_id))
    for entry in book.in_order():
        if entry.run == run_id:
            known.take(entry.kind, entry.body)
    return Run(Sender(book, server, say), run_id, experiment_id, uri, known)


@contextmanager
def _delivered(sender: Sender, run_id: str, say: Callable[[str], object]) -> Iterator[None]:
    """Wait at the end of the block until the store has all, or is away."""
    try:
        yield
    except BaseException:
        if sender.finish():  # else the result says it, see `farewell`
            say(sends(run_id))
        raise
    sender.finish()
    sender.complain()


def _is_end(run_id: str, entry: Entry) -> bool:
    """Tell whether an entry says that an earlier process ended a run, or why."""
    why = entry.kind == "tags" and REASON in entry.body["tags"]
    return entry.run == run_id and (entry.kind == "end" or why)


RESUMED = ("main", "train")
"""Entry points that go on with a run of theirs; any other is started again."""


@contextmanager
def _told_how(stage: str, run_id: str) -> Iterator[None]:
    """Note on whatever ends the block before its time which command goes on.

    What was refused, and has nothing to be continued, would be refused again.
    """
    try:
        yield
    except BaseException as error:
        refused = isinstance(error, PiError) and stage not in RESUMED
        if not refused and not getattr(error, "final", False):
            how = f"python -m entrypoints.{stage} --resume {run_id}"
            error.add_note(f"{GO_ON}{how if stage in RESUMED else AGAIN}")
        raise


def _beat(client: MlflowClient, run_id: str) -> None:
    """Give a sign of life; one that gets lost is followed by another."""
    with suppress(MlflowException, SQLAlchemyError, OSError):
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in signs().items()])


def close_gone(close: bool) -> list[str]:
    """Return the runs that say they are at work and whose process is gone; close them if asked.

    Raises:
        TrackingError: the store does not answer.
    """
    client = connect()
    found = find_runs("attributes.status = 'RUNNING' and tags.`pi.host` LIKE '%'")
    gone = [run.info.run_id for run in found if is_gone(run.data.tags)]
    for run_id in tuple(gone):  # whose nested runs of the same process tell nothing
        query = f"attributes.status = 'RUNNING' and tags.`{PARENT}` = '{run_id}'"
        gone += [run.info.run_id for run in find_runs(query) if HOST not in run.data.tags]
    for run_id in gone if close else ():
        client.set_terminated(run_id, "KILLED")
    return gone


class _Nowhere:
    """Takes whatever a `Run` is told and forgets it."""

    def write(self, *values: object, **named: object) -> None:
        """Forget it."""

    def child(self, experiment_id: str, tags: object) -> str:
        """Return no id."""
        return ""

    def complain(self) -> None:
        """Have nothing to complain of."""


UNKEPT = Run(cast(Sender, _Nowhere()), "", "", "")
"""The run of a job without a tracking store; those nested in it are like it."""


def _refused(error: MlflowException) -> TrackingError:
    return TrackingError(f"the tracking store must take what it is told but says: {told(error)}")


def _create(client: MlflowClient) -> str:
    return str(client.create_run(own_experiment(client)).info.run_id)


def own_experiment(client: MlflowClient) -> str:
    """Return the id of the experiment that runs are opened in, which is made if it is new.

    Artifacts of an SQLite store lie beside its file, wherever a command was started.

    Raises:
        TrackingError: it was deleted.
    """
    experiment_id = os.environ.get("MLFLOW_EXPERIMENT_ID")
    if experiment_id is not None:
        return experiment_id
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    known = client.get_experiment_by_name(name)
    if known is not None:
        return _active(known)
    if name == EXPERIMENT and _take_default(client):
        return DEFAULT
    file = sqlite_file(tracking_uri())
    place = str(file.parent / "mlruns" / quote(name, safe=" ")) if file else None
    try:
        return str(client.create_experiment(name, place))
    except MlflowException:
        known = client.get_experiment_by_name(name)  # by another process, a moment ago
        if known is None:
            raise
        return _active(known)


DEFAULT = "0"
"""Id of the experiment that MLflow makes with every store, and `mlflow run` takes unless told."""


def _active(experiment: Experiment) -> str:
    if experiment.lifecycle_stage != "active":
        raise TrackingError(
            f"experiment {quoted(experiment.name)} must not be deleted but is: `mlflow experiments "
            f"restore --experiment-id {experiment.experiment_id}` brings it back, and "
            "MLFLOW_EXPERIMENT_NAME names another."
        )
    return str(experiment.experiment_id)


def _take_default(client: MlflowClient) -> bool:
    """Give our name to the experiment that MLflow made with the store, if it is nobody's yet.

    It is that of `mlflow run`, whose runs then stand beside those of the plain commands. That of a
    server belongs to all its users.
    """
    file = sqlite_file(tracking_uri())
    if file is None:
        return False
    first = client.get_experiment(DEFAULT)
    beside = str(first.artifact_location).removeprefix("file://").startswith(f"{file.parent}/")
    ours = (one.data.tags for one in client.search_runs([DEFAULT], max_results=50))
    free = (first.name, first.lifecycle_stage, beside) == ("Default", "active", True)
    if free and all("pi.stage" in tags for tags in ours):
        client.rename_experiment(DEFAULT, EXPERIMENT)
        return True
    return False
