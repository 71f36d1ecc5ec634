"""What a step of Algorithm 1 is told of the steps before it: their runs, and what is in them."""

from collections.abc import Mapping

from pi.algorithm1 import Plan, Step
from pi.jobs.planned.steps import tag_of
from pi.tracking.address import TrackingError
from pi.tracking.records import SharedTags, children_of, finished_below


def done_in(plan: Plan, parent: SharedTags) -> dict[str, str]:
    """Return the runs of the steps that are done, by the names of the steps.

    Args:
        plan: of the steps.
        parent: of the run of the whole job.

    Raises:
        TrackingError: there is no such run.
    """
    tags = parent.read()
    runs = {step.name: tags.get(tag_of(step.name), "") for step in plan.steps}
    ended = finished_below(parent.run_id) if any(runs.values()) else set()
    return {name: run_id for name, run_id in runs.items() if run_id in ended}


def told(plan: Plan, step: Step, done: Mapping[str, str]) -> list[str]:
    """Return the whole command line of a step.

    Args:
        plan: that it is of.
        step: the step.
        done: the runs of the steps that it needs, by their names.

    Raises:
        TrackingError: see `calibrated_runs`.
    """
    if step.entry_point == "evaluate":
        return step.told(run=done[step.needs[0]])
    if step.entry_point == "compare":
        return step.told(runs=",".join(done[name] for name in step.needs))
    if step.entry_point == "train":
        runs = calibrated_runs(done[step.needs[0]], plan.state) if step.needs else {}
        arm = next(arm for one in plan.rounds for arm in one.arms if arm.train == step)
        return step.told(perceptual_weight=arm.weight(runs))
    return step.told()


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
