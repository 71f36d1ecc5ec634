"""Algorithm 1 of the paper: calibrate, train and evaluate each experiment, then compare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pandas as pd

from pi.algorithm1 import EntryPoint, make_plan
from pi.command_line import parse, recorded
from pi.jobs.called import asked_name
from pi.jobs.opening import open_asked
from pi.jobs.result import Kept, Result, joined
from pi.losses.experiments import chosen, find_experiments
from pi.losses.input_convention import input_convention
from pi.parameters import ENTRY_POINTS, CalibrateParameters, MainParameters
from pi.switches import switch_rows, switch_values
from pi.tracking.address import TrackingError, within
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class AlgorithmResult(Result):
    """Table 3 for the experiments.

    Attributes:
        board: see `pi.evaluation.ranking.rank_runs`.
        ranking: the same, as text.
        evaluated_on: in words, whose slices it is of.
        kept: where the run is.
    """

    board: pd.DataFrame = field(repr=False)
    ranking: str
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
        return joined(self.ranking, f"evaluated on {self.evaluated_on}", self.kept.text())


def main(parameters: MainParameters, tracker: Tracker = UNTRACKED) -> AlgorithmResult:
    """Do every step that is not done, each in a run nested in this one.

    Raises:
        TrackingError: no tracker, because one step finds the result of another by its run.
        PiError: something that was asked for cannot be had.
    """
    p, typed = parameters, recorded(parameters)
    switches = switch_values(p.practice, p.overrides)
    plan = make_plan(switches, p.experiments, p.folds, vars(p))
    if not tracker.kept:
        raise TrackingError(
            "`tracker` must be one that keeps runs, such as pi.tracking.tracker.Tracked(): the "
            "steps of `main` find one another by their runs."
        )
    # Before there is a run: what the first step would find wrong, and the later ones after minutes.
    open_asked(p, p.folds, "train", "validation", plan.part)
    _require_encoders(_parsed("calibrate", plan.rounds[0].calibrate.told()))

    from pi.evaluation.ranking import rank_runs, ranking_text
    from pi.jobs.agreement import require_resumable
    from pi.jobs.planned.carrying_out import carry_out, compare_all, learned_of, slice_table
    from pi.jobs.planned.steps import Steps
    from pi.tracking.logged_evaluation import log_board
    from pi.tracking.saved_view import save_view

    require_resumable("main", p.resume, typed)
    with tracker.open("main", _name(p, switches), p.resume) as run:
        run.params({name: value for name, value in typed.items() if name != "resume"})
        steps = Steps(run, tracker, take)
        evaluated = carry_out(plan, steps)
        tables = {name: slice_table(run_ids) for name, run_ids in evaluated.items()}
        board = rank_runs(tables, plan.protocol)
        shares = {name: learned_of(run_ids) for name, run_ids in evaluated.items()}
        log_board(run, board, switch_rows(switches), plan.evaluated_on, shares)
        compare_all(plan, steps, evaluated)
        kept = Kept.of(run, save_view(run, "main"))
    ranking = ranking_text(board, plan.protocol)
    return AlgorithmResult(board, ranking, plan.evaluated_on, kept)


def _name(p: MainParameters, switches: Mapping[str, str]) -> str:
    practice = "" if p.practice == MainParameters.practice else p.practice
    folds = f"{p.folds} folds" if p.folds else ""
    return asked_name(
        "main", p.experiments, float(switches["calibrate.target_psi"]), practice, folds
    )


def take(entry_point: EntryPoint, arguments: list[str], tracker: Tracker) -> None:
    """Do the job of an entry point on a command line, and say what came out."""
    parameters = _parsed(entry_point, arguments)
    job = getattr(import_module(f"pi.jobs.{entry_point}"), entry_point)
    tracker.say(within(job(parameters, tracker).text()))


def _parsed(entry_point: EntryPoint, arguments: list[str]) -> Any:  # noqa: ANN401
    return parse(ENTRY_POINTS[entry_point], arguments, "", f"entrypoints.{entry_point}")


def _require_encoders(p: CalibrateParameters) -> None:
    """Refuse experiments whose encoders are not to be had.

    Raises:
        PiError: see `pi.jobs.contexts.find_encoders`.
    """
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.jobs.contexts import find_encoders

    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    convention = input_convention(p.encoder_input)
    find_encoders(experiments, convention, p.seed, p.medical_weights, p.patch_size)
