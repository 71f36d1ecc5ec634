"""Which runs a report is of: a whole MLflow experiment, or some runs and all they rest on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pi.errors import quoted
from pi.report.stages.found import SHORT
from pi.tracking.address import TrackingError
from pi.tracking.asked import asked_runs
from pi.tracking.backend import MlflowException, StoredRun
from pi.tracking.earlier import connect, run_status
from pi.tracking.steps import TAG as STEP

EVERYTHING = "all"
"""What stands for every run of the experiment that the report itself is in."""

STAGE = "pi.stage"
OWN = "report"
"""The stage of reports, which are not reported."""

MOST = 5000
"""Runs of an experiment that are read: the newest."""

LINKS = ("pi.evaluated_run", "pi.calibration_run", "pi.compared_runs")
LINKED_FROM = ("pi.evaluated_by.", STEP)
"""Tags, and beginnings of tags, that name the runs which a run rests on or consists of."""


@dataclass(frozen=True)
class Scope:
    """The runs of a report.

    Attributes:
        title: what they are, in words.
        runs: the newest first.
        lost: what of them is out of reach, a sentence each.
    """

    title: str
    runs: tuple[StoredRun, ...]
    lost: tuple[str, ...]


def find_scope(runs: str, experiment_id: str) -> Scope:
    """Return the runs that the parameter `runs` of a report means.

    Args:
        runs: ``all``, the runs of the experiment; or see `asked_runs`: each with those nested in
            it and those it rests on.
        experiment_id: of the experiment.

    Raises:
        TrackingError: a run that was asked for is not there; see `asked_runs`.
    """
    try:
        if runs.strip() == EVERYTHING:
            return _experiment(experiment_id)
        return _family(runs)
    except MlflowException as error:
        raise TrackingError("the tracking store must list its runs but cannot.") from error


def _experiment(experiment_id: str) -> Scope:
    client = connect()
    name = client.get_experiment(experiment_id).name
    query = f"tags.`{STAGE}` LIKE '%' and tags.`{STAGE}` != '{OWN}'"
    found = list(client.search_runs([experiment_id], query, max_results=MOST))
    lost = [_deleted(linked) for linked in _gone(found)]
    if len(found) == MOST:
        lost.append(f"Of more than {MOST:,} runs the newest are read.")
    return Scope(f"Experiment {name}", tuple(found), tuple(lost))


def _family(runs: str) -> Scope:
    asked = asked_runs(runs, finished=False)
    found: dict[str, StoredRun] = {}
    gone: dict[str, None] = {}
    waiting = list(asked)
    while waiting:
        run_id = waiting.pop()
        if run_id in found or run_id in gone:
            continue
        try:
            run = connect().get_run(run_id)
            alive = run.info.lifecycle_stage == "active"
        except MlflowException:
            alive = False
        if not alive and run_id in asked:
            raise TrackingError(f"run {quoted(run_id)} must exist but does not.")
        if not alive:
            gone[run_id] = None
            continue
        found[run_id] = run
        waiting += [*_nested(run), *_linked(run)]
    reported = [run for run in found.values() if run.data.tags.get(STAGE) not in (None, OWN)]
    newest = sorted(reported, key=lambda run: run.info.start_time, reverse=True)
    names = ", ".join(f"{found[run_id].info.run_name} ({run_id[:SHORT]})" for run_id in asked)
    return Scope(names, tuple(newest), tuple(_deleted(run_id) for run_id in gone))


def _nested(run: StoredRun) -> Iterator[str]:
    query = f"tags.mlflow.parentRunId = '{run.info.run_id}'"
    for child in connect().search_runs([run.info.experiment_id], query, max_results=MOST):
        yield child.info.run_id


def _linked(run: StoredRun) -> Iterator[str]:
    for key, value in run.data.tags.items():
        if key in LINKS or key.startswith(LINKED_FROM):
            yield from (word for word in value.split() if word != "identity")


def _gone(runs: Sequence[StoredRun]) -> list[str]:
    """Return the runs that others name and that are not there."""
    there = {run.info.run_id for run in runs}
    named = dict.fromkeys(linked for run in runs for linked in _linked(run))
    return [run_id for run_id in named if run_id not in there and not run_status(run_id)]


def _deleted(run_id: str) -> str:
    return f"Run {run_id[:SHORT]}, which another run names, is deleted."
