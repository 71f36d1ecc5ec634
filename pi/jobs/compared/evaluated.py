"""Which evaluations are compared, and what the tracking store holds of each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pi.errors import quoted
from pi.jobs.compared.asked_runs import asked_runs, filtered
from pi.tracking.address import TrackingError
from pi.tracking.logged_data import FOLD, FOLDS, PSEUDONYMS, SIMULATED_DOSES
from pi.tracking.logged_evaluation import SIGHTINGS
from pi.tracking.records import (
    IDENTITY,
    SUBJECT,
    Record,
    read_artifact,
    read_run,
    read_slices,
)
from pi.tracking.run import DIGEST

PARTS = ("test", "validation")
"""In which order a training's evaluations stand for it."""


@dataclass(frozen=True)
class Evaluated:
    """One evaluation.

    Attributes:
        run_id: of the evaluation.
        record: what it holds.
        trained_id: id of the run that holds the denoiser; empty where nothing was denoised.
        trained: what that run holds; None likewise.
        slices: see `pi.evaluation.table`.
        simulated: whether its data are.
        simulated_doses: low doses that were not scanned but simulated, as they are labelled.
        sightings: looks at lesions, see `pi.detection.sightings`; None where it did not look.
    """

    run_id: str
    record: Record = field(repr=False)
    trained_id: str
    trained: Record | None = field(repr=False)
    slices: pd.DataFrame = field(repr=False)
    simulated: bool
    simulated_doses: tuple[str, ...] = ()
    sightings: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def maker(self) -> Record:
        """The run that made what is evaluated: the training or, without one, the evaluation."""
        return self.trained or self.record

    @property
    def subject(self) -> str:
        """What was evaluated, as `pi.subjects` fetches it."""
        return self.record.tags.get(SUBJECT) or self.trained_id or IDENTITY

    @property
    def digest(self) -> str:
        """Of the data set."""
        return self.record.tags.get("pi.data_digest", "")

    @property
    def part(self) -> str:
        """Whose patients."""
        return self.record.typed("part")

    @property
    def fold(self) -> str:
        """Which fold of a cross-validation, such as ``2 of 5``; empty without one."""
        number, folds = (self.record.tags.get(name, "") for name in (FOLD, FOLDS))
        return f"{number} of {folds}" if number else ""


def find_evaluated(runs: str) -> list[Evaluated]:
    """Return the evaluations that the parameter `runs` means, each once.

    Args:
        runs: comma-separated ids of runs of `evaluate`, of `train` (each standing for its
            evaluation on test patients or, without one, on validation patients) and of `main`
            (for its evaluations); an MLflow filter, which finds finished runs of these kinds; or
            ``main``, the newest finished run of that.

    Raises:
        TrackingError: no such run, one of another kind, not evaluated, or without a slice table;
            a filter that MLflow does not understand or that finds nothing.
        EvaluationError: a slice table is damaged.
    """
    ids = asked_runs(runs, finished=True)
    found = [evaluation for run_id in ids for evaluation in _evaluations(run_id)]
    evaluated = [_read(run_id) for run_id in dict.fromkeys(found)]
    require_one_secret({one.run_id: one.record.tags for one in evaluated})
    return evaluated


def require_one_secret(tags: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse runs whose patients have pseudonyms of several secrets: no slice of theirs pairs.

    Args:
        tags: of each run, by its id; one of before says nothing of its secret.

    Raises:
        TrackingError: they have.
    """
    made = {run_id: own[PSEUDONYMS] for run_id, own in tags.items() if PSEUDONYMS in own}
    if len(set(made.values())) < 2:
        return
    first, *others = made
    other = next(run_id for run_id in others if made[run_id] != made[first])
    raise TrackingError(
        f"runs that are compared must have pseudonyms of one secret but run {first} has those of "
        f"{made[first]} and run {other} those of {made[other]}: let PI_SECRET_FILE name one secret "
        "on both machines, prepare the data anew on one of them, and evaluate there again."
    )


def _evaluations(run_id: str) -> list[str]:
    """Return the ids of the evaluations that a run of any kind stands for."""
    tags = read_run(run_id).tags
    stage = tags.get("pi.stage", "something else")
    if stage == "evaluate":
        return [run_id]
    if stage == "train":
        done = [
            tags[f"pi.evaluated_by.{part}"] for part in PARTS if f"pi.evaluated_by.{part}" in tags
        ]
        if not done:
            raise TrackingError(
                f"run {quoted(run_id)} must have been evaluated to be compared but has not: "
                f"evaluate --run {run_id} --part test."
            )
        return done[:1]
    if stage == "main":
        inside = f"tags.`mlflow.parentRunId` = '{run_id}' and tags.`pi.stage` = 'evaluate'"
        return filtered(f"{inside} and attributes.status = 'FINISHED'", inside)
    raise TrackingError(
        f"`runs` must be runs of evaluate, train or main but {quoted(run_id)} is one of {stage}."
    )


def _read(run_id: str) -> Evaluated:
    record = read_run(run_id)
    trained_id = record.tags.get("pi.evaluated_run", IDENTITY)
    trained_id = "" if trained_id == IDENTITY else trained_id
    facts = json.loads(read_artifact(run_id, "config.json", Path.read_text))["data"]
    return Evaluated(
        run_id=run_id,
        record=record,
        trained_id=trained_id,
        trained=read_run(trained_id) if trained_id else None,
        slices=read_slices(run_id),
        simulated=bool(facts["simulated"]),
        simulated_doses=tuple(map(str, facts.get(SIMULATED_DOSES, ()))),
        sightings=_sightings(run_id, record),
    )


def _sightings(run_id: str, record: Record) -> pd.DataFrame | None:
    if DIGEST + SIGHTINGS not in record.tags:
        return None
    return read_artifact(run_id, SIGHTINGS, pd.read_parquet)
