"""The outlook of every entry point, and that of `main`, which takes the steps of others."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from pi.algorithm1 import Plan, Step, make_plan
from pi.command_line import parse
from pi.jobs.foreseen import to_judge, to_learn, to_make, to_pretrain
from pi.jobs.foreseen.data_ahead import data_ahead
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.planned.part import require_ready, steps_in
from pi.parameters import ENTRY_POINTS, MainParameters
from pi.progress import spoken
from pi.switches import switch_values
from pi.tracking.records import IDENTITY

Ahead = Callable[[], Outlook]
"""Tells the outlook of a step."""


def of_main(p: MainParameters) -> Outlook:
    """Return what `main` would do: those steps of its plan that are asked for and not done."""
    plan = make_plan(switch_values(p.practice, p.overrides), p.experiments, p.folds, vars(p))
    asked = steps_in(plan, p.only)
    done = _done(plan, p.resume)
    require_ready(asked, plan, done)
    data = data_ahead(p, 1 if p.folds else 0, "train", "validation", plan.part)
    names = {step.name for step in asked} - set(done)
    steps = [(name, ahead) for name, ahead in _steps(plan) if name in names]
    head = f"one run of main, with {len(steps)} steps nested in it"
    if data.store is None:
        return data.unread(head, *(name for name, _ in steps))
    found = {name: ahead() for name, ahead in steps}
    lines = [head, *((f"{len(done)} steps of run {p.resume} are done",) if done else ())]
    for name, one in found.items():
        lines.append(name if one.seconds is None else f"{name}: {spoken(one.seconds)}")
    seconds = sum(one.seconds or 0.0 for one in found.values())
    why = "every step's pace was measured now"
    return data.before(Outlook(tuple(lines), seconds, most=True, why=why))


def _done(plan: Plan, run_id: str) -> Collection[str]:
    """Return which steps of a plan an earlier run has done; none where none is gone on with."""
    if not run_id:
        return ()
    from pi.jobs.planned.telling import done_in
    from pi.tracking.records import SharedTags

    return done_in(plan, SharedTags(run_id))


def _steps(plan: Plan) -> list[tuple[str, Ahead]]:
    """Return the steps by name, each with what tells its outlook; what only runs tell is made up.

    A training of which lambda is not known yet takes the same with any; an evaluation is that of
    the network that would have been trained.
    """
    steps: list[tuple[str, Ahead]] = []
    for one in plan.rounds:
        steps.append((one.calibrate.name, partial(_outlook, one.calibrate)))
        for arm in one.arms:
            weight = "0" if arm.control else "psi:0.95"
            network = _parsed(arm.train, perceptual_weight=weight).denoiser
            steps += [
                (arm.train.name, partial(_outlook, arm.train, perceptual_weight=weight)),
                (arm.evaluate.name, partial(_judged, arm.evaluate, network)),
            ]
    several = len(plan.rounds[0].arms) > 1
    return [*steps, *([(plan.compare.name, lambda: Outlook(()))] if several else [])]


def _outlook(step: Step, **told: str) -> Outlook:
    outlook: Outlook = FORESEEN[step.entry_point](_parsed(step, **told))
    return outlook


def _judged(step: Step, network: str) -> Outlook:
    """Return the outlook of the evaluation of a network that is not trained yet."""
    return to_judge.of_evaluate(_parsed(step, run=IDENTITY), network)


def _parsed(step: Step, **told: str) -> Any:  # noqa: ANN401
    name = step.entry_point
    return parse(ENTRY_POINTS[name], step.told(**told), "", f"entrypoints.{name}")


FORESEEN: Mapping[str, Callable[[Any], Outlook]] = {
    "simulate": to_make.of_simulate,
    "prepare": to_make.of_prepare,
    "presets": to_make.of_presets,
    "screen": to_learn.of_screen,
    "calibrate": to_learn.of_calibrate,
    "train": to_learn.of_train,
    "search": to_learn.of_search,
    "evaluate": to_judge.of_evaluate,
    "compare": to_judge.of_compare,
    "main": of_main,
    "report": to_judge.of_report,
    "pretrain": to_pretrain.of_pretrain,
    "promote": to_judge.of_promote,
    "export": to_make.of_export,
    "denoise": to_make.of_denoise,
    "tidy": to_make.of_tidy,
    "sync": to_make.of_sync,
}
"""What tells the outlook of each entry point."""


def foresee(stage: str, parameters: object) -> str:
    """Return for a terminal what an entry point would do, and how long it takes here.

    Raises:
        PiError: what the entry point itself would refuse before any work.
    """
    return FORESEEN[stage](parameters).text(stage)
