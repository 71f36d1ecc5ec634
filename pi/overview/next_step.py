"""What to do next: one command, by what the tracking store lacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pi.overview.results import DIGEST, stage_of
from pi.tracking.listing import ListedRun
from pi.tracking.logged_comparison import COMPARED
from pi.tracking.records import IDENTITY
from pi.tracking.run import listed_ids

ENTRY = "python -m entrypoints"
COMPARABLE = 4
"""Evaluations that one suggestion puts beside each other at most."""


@dataclass(frozen=True)
class NextStep:
    """A command, and why it is the next.

    Attributes:
        why: a sentence.
        command: for a terminal.
    """

    why: str
    command: str


def next_step(runs: Sequence[ListedRun], holds: Callable[[str], bool]) -> NextStep:
    """Return the first step that is missing, in the order of Algorithm 1.

    Args:
        runs: the newest, the newest first.
        holds: tells whether the store has a run of a stage that came to its end: it has more runs
            than the newest.
    """
    if not runs:
        return NextStep("Nothing was done yet: the whole of it in five minutes.", "make main-quick")
    return _broken_off(runs) or _to_evaluate(runs) or _to_compare(runs) or _missing(runs, holds)


def _broken_off(runs: Sequence[ListedRun]) -> NextStep | None:
    """Return how the newest training or `main` goes on, where it came to no end."""
    newest = next((run for run in runs if stage_of(run) in ("train", "main")), None)
    if newest is None or newest.status not in ("FAILED", "KILLED"):
        return None
    command = f"{ENTRY}.{stage_of(newest)} --resume {newest.run_id}"
    return NextStep("The newest training came to no end: it goes on where it was.", command)


def _to_evaluate(runs: Sequence[ListedRun]) -> NextStep | None:
    evaluated = {run.record.tags.get("pi.evaluated_run") for run in _done(runs, "evaluate")}
    trained = _done(runs, "train")
    if trained and trained[0].run_id not in evaluated:
        command = f"{ENTRY}.evaluate --run {trained[0].run_id}"
        return NextStep("The newest training is not evaluated.", command)
    return None


def _to_compare(runs: Sequence[ListedRun]) -> NextStep | None:
    found = [run for run in _done(runs, "evaluate")
             if run.record.tags.get("pi.evaluated_run", IDENTITY) != IDENTITY]  # fmt: skip
    if not found:
        return None
    data = found[0].record.tags.get(DIGEST)
    alike = [run.run_id for run in found if run.record.tags.get(DIGEST) == data]
    compared = [listed_ids(run.record.tags, COMPARED) for run in _done(runs, "compare")]
    if len(alike) < 2 or any(alike[0] in ids for ids in compared):
        return None
    command = f"{ENTRY}.compare --runs {','.join(alike[:COMPARABLE])}"
    return NextStep("The newest evaluation is not compared with those on the same data.", command)


def _missing(runs: Sequence[ListedRun], holds: Callable[[str], bool]) -> NextStep:
    for stage, why, command in (
        ("calibration", "No calibration tells which λ has the influence asked for.",
         "make calibrate"),
        ("train", "Nothing was trained yet.",
         f"{ENTRY}.train --experiment demo1 --perceptual_weight psi:0.95"),
        ("search", "No search tells how flat the optimum of λ is.", f"{ENTRY}.search"),
    ):  # fmt: skip
        if not _done(runs, stage) and not holds(stage):
            return NextStep(why, command)
    return NextStep("Everything is compared: all of it on one page.", "make report")


def _done(runs: Sequence[ListedRun], stage: str) -> list[ListedRun]:
    return [run for run in runs if stage_of(run) == stage and run.status == "FINISHED"]
