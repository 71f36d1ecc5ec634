"""Algorithm 1 carried out: its steps, what one tells the next, and what is left of them all."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pi.algorithm1 import Plan, Step
from pi.evaluation.table import joined
from pi.jobs.planned.steps import Steps
from pi.tracking.address import TrackingError
from pi.tracking.logged_data import FOLDS
from pi.tracking.records import children_of, read_run, read_slices


def carry_out(plan: Plan, steps: Steps) -> dict[str, list[str]]:
    """Take every step that is not done; return the evaluations of each experiment, one per round.

    Args:
        plan: of the steps.
        steps: those of the run of the whole job, which is tagged with the folds if there are any.

    Raises:
        TrackingError: see `calibrated_runs`.
    """

    def do(step: Step, **outcome: str) -> str:
        return steps.do(step.name, step.entry_point, step.told(**outcome))

    if plan.folds:
        steps.parent.tags({FOLDS: str(plan.folds)})
    evaluated: dict[str, list[str]] = {}
    for one in plan.rounds:
        calibrated = calibrated_runs(do(one.calibrate), plan.state)
        for arm in one.arms:
            trained = do(arm.train, perceptual_weight=arm.weight(calibrated))
            evaluated.setdefault(arm.experiment, []).append(do(arm.evaluate, run=trained))
    return evaluated


def compare_all(plan: Plan, steps: Steps, evaluated: Mapping[str, Sequence[str]]) -> None:
    """Take the last step of the plan, if there are experiments to compare.

    Args:
        plan: of the steps.
        steps: those of the run of the whole job.
        evaluated: see `carry_out`.
    """
    if len(evaluated) > 1:
        runs = ",".join(run_id for run_ids in evaluated.values() for run_id in run_ids)
        steps.do(plan.compare.name, "compare", plan.compare.told(runs=runs))


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


LEARNED = (
    "lambda", "train/psi", "kept/ssim", "validation/ssim_low_dose", "paper8/ssim",
    "paper8/ssim_low_dose", "paper8/ssim_gain", "paper8/psnr", "rmse_hu",
)  # fmt: skip
"""Metrics of a training and its evaluation by which the run of the whole job is read."""


def learned_of(run_ids: Sequence[str]) -> dict[str, float]:
    """Return what an experiment came to, by `LEARNED`: means over its evaluations, one per fold.

    Raises:
        TrackingError: a run is gone.
    """
    evaluations = [read_run(run_id) for run_id in run_ids]
    trainings = [read_run(one.tags["pi.evaluated_run"]) for one in evaluations]
    pairs = zip(trainings, evaluations, strict=True)
    each = [{**trained.metrics, **judged.metrics} for trained, judged in pairs]
    there = [name for name in LEARNED if all(name in one for one in each)]
    return {name: sum(one[name] for one in each) / len(each) for name in there}


def slice_table(run_ids: Sequence[str]) -> pd.DataFrame:
    """Return the slice table of an evaluation, or that of the evaluations of all folds.

    Raises:
        TrackingError: a run has none.
        EvaluationError: a table is damaged, or two hold the same slice.
    """
    return joined([read_slices(run_id) for run_id in run_ids])
