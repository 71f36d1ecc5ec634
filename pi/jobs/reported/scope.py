"""Which runs a report is of: a whole MLflow experiment, or some runs and all they rest on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pi.jobs.compared.asked_runs import asked_runs
from pi.jobs.planned.steps import TAG as STEP
from pi.report.stages.found import SHORT
from pi.tracking.listing import ListedRun, find_listed, list_experiment, list_nested
from pi.tracking.records import no_such_run, run_status

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
    runs: tuple[ListedRun, ...]
    lost: tuple[str, ...]


def find_scope(runs: str, experiment_id: str) -> Scope:
    """Return the runs that the parameter `runs` of a report means.

    Args:
        runs: ``all``, the runs of the experiment; or see `asked_runs`: each with those nested in
            it and those it rests on.
        experiment_id: of the experiment, where all its runs are meant.

    Raises:
        TrackingError: a run that was asked for is not there; see `asked_runs`.
    """
    if runs.strip() == EVERYTHING:
        return _experiment(experiment_id)
    return _family(runs)


def _experiment(experiment_id: str) -> Scope:
    name, found = list_experiment(experiment_id, but=OWN, most=MOST)
    lost = [_deleted(linked) for linked in _gone(found)]
    if len(found) == MOST:
        lost.append(f"Of more than {MOST:,} runs the newest are read.")
    return Scope(f"Experiment {name}", tuple(found), tuple(lost))


def _family(runs: str) -> Scope:
    asked = asked_runs(runs, finished=False)
    found: dict[str, ListedRun] = {}
    gone: dict[str, None] = {}
    waiting = list(asked)
    while waiting:
        run_id = waiting.pop()
        if run_id in found or run_id in gone:
            continue
        run = find_listed(run_id)
        if run is None and run_id in asked:
            raise no_such_run(run_id)
        if run is None:
            gone[run_id] = None
            continue
        found[run_id] = run
        waiting += [*list_nested(run), *_linked(run)]
    reported = [run for run in found.values() if run.record.tags.get(STAGE) not in (None, OWN)]
    newest = sorted(reported, key=lambda run: run.begun, reverse=True)
    names = ", ".join(f"{found[run_id].name} ({run_id[:SHORT]})" for run_id in asked)
    return Scope(names, tuple(newest), tuple(_deleted(run_id) for run_id in gone))


def _linked(run: ListedRun) -> Iterator[str]:
    for key, value in run.record.tags.items():
        if re.sub(r"\.\d+$", "", key) in LINKS or key.startswith(LINKED_FROM):
            yield from (word for word in value.split() if word != "identity")


def _gone(runs: Sequence[ListedRun]) -> list[str]:
    """Return the runs that others name and that are not there."""
    there = {run.run_id for run in runs}
    named = dict.fromkeys(linked for run in runs for linked in _linked(run))
    return [run_id for run_id in named if run_id not in there and not run_status(run_id)]


def _deleted(run_id: str) -> str:
    return f"Run {run_id[:SHORT]}, which another run names, is deleted."
