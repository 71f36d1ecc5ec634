"""Algorithm 1 of the paper: calibrate, train and evaluate each experiment, then compare them."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pandas as pd

from pi.algorithm1 import EntryPoint, Plan, make_plan
from pi.command_line import parse, recorded
from pi.denoisers import find_denoiser
from pi.evaluation.protocol import find_protocols
from pi.jobs.called import asked_name
from pi.jobs.opening import open_asked
from pi.jobs.planned.part import require_ready, steps_in
from pi.jobs.planned.showing import PartResult, PlannedResult, plan_text
from pi.jobs.result import Kept, Result, joined
from pi.losses.experiments import chosen, find_experiments
from pi.parameters import ENTRY_POINTS, MainParameters
from pi.slices.store import Store
from pi.states import find_states
from pi.switches import switch_rows, switch_values
from pi.tracking.address import TrackingError, within
from pi.tracking.tracker import UNTRACKED, Tracker, in_silence

if TYPE_CHECKING:  # MLflow, which what is wrong with the parameters does not wait for
    from pi.tracking.run import Run


@dataclass(frozen=True, repr=False)
class AlgorithmResult(Result):
    """Table 3 for the experiments.

    Attributes:
        board: see `pi.evaluation.ranking.rank_runs`.
        ranking: the same, as text.
        beside: texture, detection and invention, as text; empty where none was measured.
        evaluated_on: in words, whose slices it is of.
        kept: where the run is.
    """

    board: pd.DataFrame = field(repr=False)
    ranking: str
    beside: str
    evaluated_on: str
    kept: Kept

    @property
    def headline(self) -> str:
        """Who came first."""
        return (
            f"{self.board.iloc[0]['experiment']} first of {len(self.board)} on {self.evaluated_on}"
        )

    def text(self) -> str:
        """Return Table 3, and which run holds it."""
        return joined(
            self.ranking, self.beside, f"evaluated on {self.evaluated_on}", self.kept.text()
        )


def main(
    parameters: MainParameters, tracker: Tracker = UNTRACKED
) -> AlgorithmResult | PartResult | PlannedResult:
    """Do every step that is asked for and not done, each in a run nested in this one.

    Returns:
        Table 3; or which steps are done, where some are not; or, if only that is asked for, the
        steps as commands.

    Raises:
        TrackingError: no tracker, because one step finds the result of another by its run.
        StepsFailedError: workers gave steps up.
        PiError: something that was asked for cannot be had.
    """
    p, typed = parameters, recorded(parameters)
    switches = switch_values(p.practice, p.overrides)
    plan = make_plan(switches, p.experiments, p.folds, vars(p))
    steps = steps_in(plan, p.only)
    if not tracker.kept:
        raise TrackingError(
            "`tracker` must be one that keeps runs, such as pi.tracking.tracker.Tracked(): the "
            "steps of `main` find one another by their runs."
        )
    # Before there is a run: what the first step would find wrong, and the later ones after minutes.
    store = open_asked(p, p.folds, "train", "validation", plan.part)
    _require_steps(p, plan, store)

    from pi.evaluation.ranking import ranking_text
    from pi.jobs.agreement import require_resumable
    from pi.jobs.planned.hiring import hired
    from pi.jobs.planned.job import Job
    from pi.jobs.planned.telling import done_in
    from pi.tracking.records import SharedTags

    require_resumable("main", p.resume, typed)
    done = done_in(plan, SharedTags(p.resume)) if p.resume else {}
    title = _name(p, switches)
    if p.plan:
        run_id = p.resume or _open_for_others(p, title, tracker)
        return PlannedResult(len(steps), plan_text(plan, steps, run_id, done))
    require_ready(steps, plan, done)
    job = Job(plan, steps, tracker, take, switch_rows(switches), retries=p.step_retries)
    with ExitStack() as stack:
        stack.callback(job.clear_up)
        job.hired = stack.enter_context(hired(p, steps, store, tracker.say))
        standing = job.go_on(title, p.resume, partial(_begin, p))
    kept = Kept.of(standing.run, standing.view)
    if standing.board is None or len(standing.done) < len(plan.steps):
        return PartResult(len(standing.done), len(plan.steps), kept)
    ranking = ranking_text(standing.board, plan.protocol)
    beside = "" if standing.beside is None else standing.beside.text()
    return AlgorithmResult(standing.board, ranking, beside, plan.evaluated_on, kept)


def _open_for_others(p: MainParameters, title: str, tracker: Tracker) -> str:
    """Open a run whose steps other processes do, and say so of it; return its id."""
    from pi.tracking.records import SharedTags

    with tracker.saying(in_silence).open("main", title, last=lambda: False) as run:
        _begin(p, run)
    SharedTags(run.run_id).lie_waiting()
    return run.run_id


def _name(p: MainParameters, switches: Mapping[str, str]) -> str:
    practice = "" if p.practice == MainParameters.practice else p.practice
    folds = f"{p.folds} folds" if p.folds else ""
    return asked_name(
        "main", p.experiments, float(switches["calibrate.target_psi"]), practice, folds
    )


def _begin(p: MainParameters, run: "Run") -> None:
    """Log what the run is of."""
    from pi.jobs.agreement import OF_THE_COMMAND

    run.params({name: v for name, v in recorded(p).items() if name not in OF_THE_COMMAND})


def take(entry_point: EntryPoint, arguments: list[str], tracker: Tracker) -> None:
    """Do the job of an entry point on a command line, and say what came out."""
    parameters = _parsed(entry_point, arguments)
    job = getattr(import_module(f"pi.jobs.{entry_point}"), entry_point)
    tracker.say(within(job(parameters, tracker).text()))


def _parsed(entry_point: EntryPoint, arguments: list[str]) -> Any:  # noqa: ANN401
    return parse(ENTRY_POINTS[entry_point], arguments, "", f"entrypoints.{entry_point}")


def _require_steps(p: MainParameters, plan: Plan, store: Store) -> None:
    """Refuse what any step would refuse of its parameters, and encoders that are not to be had.

    Raises:
        PiError: there is something of the kind.
    """
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.jobs.contexts import asked_encoders
    from pi.jobs.planned.judged_later import require_judgeable
    from pi.tracking.records import IDENTITY

    first = plan.rounds[0]
    one = _parsed("calibrate", first.calibrate.told())
    find_states(one.states)
    for arm in first.arms:
        weight = "0" if arm.control else f"psi:{one.target_psi}"
        trained = _parsed("train", arm.train.told(perceptual_weight=weight))
        find_denoiser(trained.denoiser, trained.patch_size, trained.start)
        judged = _parsed("evaluate", arm.evaluate.told(run=IDENTITY))
        find_protocols(judged.protocols)
    experiments = chosen(find_experiments(one.experiments), one.stand_in, one.as_mse_plus)
    asked_encoders(one, experiments)
    others = [open_asked(p, fold, plan.part) for fold in range(1, p.folds)]
    require_judgeable(judged, [store, *others], experiments)
