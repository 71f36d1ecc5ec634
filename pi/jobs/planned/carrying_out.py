"""Algorithm 1 carried out: each step as soon as what it needs is done, and what is left of all."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pi.algorithm1 import Plan, Step
from pi.errors import PiError
from pi.evaluation.table import joined
from pi.jobs.planned.engine import Engine, StepOutcome
from pi.tracking.records import read_run, read_slices
from pi.tracking.tracker import Say

PAUSE = 5.0
"""Seconds after which a step that another process is at is looked at again."""


class StepsFailedError(PiError):
    """Steps that failed as often as is allowed; those that do not rest on them are done."""


@dataclass
class Ledger:
    """What is known of the steps while they are carried out.

    Attributes:
        steps: that are asked for, in the order in which they are given out.
        done: runs of the steps that are done, by their names.
        retries: times that a step is given out again after it failed.
        at_work: names of the steps that somebody was given.
        later: names of the steps that another process is at.
        failures: how often each step failed.
        given_up: why each step failed that is not given out again.
    """

    steps: Sequence[Step]
    done: dict[str, str]
    retries: int
    at_work: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    given_up: dict[str, str] = field(default_factory=dict)

    def next_steps(self) -> list[Step]:
        """Return the steps that can be given out now."""
        taken = {*self.done, *self.at_work, *self.later, *self.given_up}
        return [
            step
            for step in self.steps
            if step.name not in taken and all(name in self.done for name in step.needs)
        ]

    def settle(self, name: str, outcome: StepOutcome) -> str:
        """Write down how it went with a step; return what is to be said of it."""
        self.at_work.discard(name)
        if outcome.how == "done":
            self.done[name] = outcome.run_id
            return ""
        if outcome.how == "busy":
            self.later.add(name)
            return ""
        self.failures[name] += 1
        if outcome.how == "refused" or self.failures[name] > self.retries:
            self.given_up[name] = outcome.why
            return f"== {name}: given up: {outcome.why}"
        return f"== {name}: again, for {outcome.why}"


def carry_out(
    steps: Sequence[Step],
    engine: Engine,
    done: Mapping[str, str],
    say: Say,
    retries: int = 0,
    pause: Callable[[float], object] = time.sleep,
) -> dict[str, str]:
    """Have every step done that is not; return the run of each that is, by its name.

    Args:
        steps: in an order in which none comes before what it needs.
        engine: who does them.
        done: runs of steps that are done before.
        say: told what happens.
        retries: times that a step is given out again after it failed or its process died.
        pause: waits so many seconds.

    Raises:
        StepsFailedError: steps were given up, after all others that could be done were.
    """
    ledger = Ledger(steps, dict(done), retries)
    for step in steps:
        if step.name in done:
            say(f"== {step.name}: done before, run {done[step.name]}")
    told_busy: set[str] = set()
    while True:
        for step in ledger.next_steps()[: engine.room - len(ledger.at_work)]:
            ledger.at_work.add(step.name)
            engine.start(step)
        ended = engine.wait(PAUSE) if ledger.at_work else []
        for name, outcome in ended:
            if said := ledger.settle(name, outcome):
                say(said)
        for name in sorted(ledger.later - told_busy):
            say(f"== {name}: another process is at it; waiting for that")
        told_busy |= ledger.later
        if ended or ledger.next_steps():
            continue
        if not ledger.at_work and not ledger.later:
            break
        if not ledger.at_work:
            pause(PAUSE)
        ledger.later.clear()
    if ledger.given_up:
        told = "; ".join(f"{name}: {why}" for name, why in ledger.given_up.items())
        raise StepsFailedError(f"every step must come to its end but {told}")
    return ledger.done


def evaluated_in(plan: Plan, done: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the evaluations of each experiment, one per round, where all of them are done."""
    return {of: [done[name] for name in names] for of, names in plan.evaluations.items()}


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
