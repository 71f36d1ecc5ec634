"""Algorithm 1 carried out: its steps, what one tells the next, and what is left of them all."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd

from pi.algorithm1 import EntryPoint, Plan, Step
from pi.evaluation.metrics import ranked_metrics
from pi.evaluation.table import joined
from pi.text_table import markdown
from pi.tracking.address import TrackingError
from pi.tracking.data import FOLDS
from pi.tracking.earlier import children_of, read_slices
from pi.tracking.run import Run
from pi.tracking.steps import Steps

Take = Callable[[EntryPoint, list[str], str], None]
"""Runs an entry point on a command line; given the id of a run to resume, or ""."""


def carry_out(plan: Plan, steps: Steps, take: Take) -> dict[str, list[str]]:
    """Take every step that is not done; return the evaluations of each experiment, one a round.

    Args:
        plan: of the steps.
        steps: those of the run of the whole job, which is tagged with the folds if there are any.
        take: takes a step.

    Raises:
        TrackingError: see `calibrated_runs`.
    """

    def do(step: Step, **outcome: str) -> str:
        taken = partial(take, step.entry_point, step.told(**outcome))
        return steps.do(step.name, taken, resumable=step.entry_point == "train")

    if plan.folds:
        steps.parent.tags({FOLDS: str(plan.folds)})
    evaluated: dict[str, list[str]] = {}
    for one in plan.rounds:
        calibrated = calibrated_runs(do(one.calibrate), plan.state)
        for arm in one.arms:
            trained = do(arm.train, perceptual_weight=arm.weight(calibrated))
            evaluated.setdefault(arm.experiment, []).append(do(arm.evaluate, run=trained))
    return evaluated


def compare_all(
    plan: Plan, steps: Steps, take: Take, evaluated: Mapping[str, Sequence[str]]
) -> None:
    """Take the last step of the plan, if there are experiments to compare.

    Args:
        plan: of the steps.
        steps: those of the run of the whole job.
        take: takes a step.
        evaluated: see `carry_out`.
    """
    if len(evaluated) > 1:
        runs = ",".join(run_id for run_ids in evaluated.values() for run_id in run_ids)
        steps.do(plan.compare.name, partial(take, "compare", plan.compare.told(runs=runs)))


def calibrated_runs(calibration: str, state: str) -> dict[str, str]:
    """Return the nested run of each experiment in one state of the denoiser, by its name.

    Raises:
        TrackingError: the calibration has none in that state.
    """
    children = children_of(calibration)
    found = {
        record.params["experiment"]: run_id
        for run_id, record in children.items()
        if record.params.get("state") == state
    }
    if not found:
        raise TrackingError(f"calibration {calibration!r} must have the state {state} but has not.")
    return found


def slice_table(run_ids: Sequence[str]) -> pd.DataFrame:
    """Return the slice table of an evaluation, or that of the evaluations of all folds.

    Raises:
        TrackingError: a run has none.
        EvaluationError: a table is damaged, or two hold the same slice.
    """
    return joined([read_slices(run_id) for run_id in run_ids])


def log_board(
    run: Run, board: pd.DataFrame, switches: Sequence[Mapping[str, str]], judged: str
) -> None:
    """Log Table 3 as metrics, table and note, and the board of switches.

    Args:
        run: of the whole job.
        board: see `pi.evaluation.ranking.rank_runs`.
        switches: see `pi.switches.switch_rows`.
        judged: in words, whose slices the table is of.
    """
    run.table(board, "table3.json")
    run.text(board.to_csv(index=False), "table3.csv")
    run.table(pd.DataFrame(switches), "switches.json")
    run.metrics(
        {
            f"{metric}_of/{row['experiment']}": float(row[metric])
            for _, row in board.iterrows()
            for metric in ranked_metrics()
        }
    )
    head = ["experiment", *(metric.upper() for metric in ranked_metrics()), "mean rank"]
    rows = [
        [
            row["experiment"],
            *(f"{row[metric]:.4g}" for metric in ranked_metrics()),
            f"{row['mean_rank']:.2f}",
        ]
        for _, row in board.iterrows()
    ]
    run.note(f"Table 3, on {judged}\n\n{markdown([head, *rows])}")
