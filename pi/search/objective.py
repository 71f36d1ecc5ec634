"""What a trial is valued by: validation SSIM, nearness of its Psi, both, or any metric."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, log1p, nan
from typing import Literal, get_args

from optuna import Study, Trial, TrialPruned
from optuna.study import StudyDirection
from optuna.trial import TrialState

from pi.choices import ObjectiveName
from pi.errors import quoted
from pi.evaluation.metrics import higher_is_better
from pi.influence.psi import from_log_odds, log_odds
from pi.search.constraints import Constraint, measurable, needed_metrics, parse_constraints
from pi.search.record import Epoch, keep_epochs, keep_measured, keep_point
from pi.search.space import Point
from pi.search.study import Outcome, StudyError
from pi.states import State, StateError, find_states

TRAINING = "training"
"""Where Psi is measured, unless in a state of the denoiser: in the last epoch of each trial."""

Told = Callable[[Sequence[float], float], None]
"""Told after each epoch: SSIM of every validation slice, log-odds of Psi in it; may raise."""

Train = Callable[[Point, Told], object]
"""Trains at a point."""

Measure = Callable[[Point], Mapping[str, float]]
"""Measures what was trained last, by metric."""


def not_measured(_: Point) -> Mapping[str, float]:
    """Measure nothing, of an objective that needs nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Objective:
    """What is sought.

    Attributes:
        kind: ``val_ssim``: the greatest validation SSIM of any epoch; ``psi_target``: the Psi
            nearest to the target, in log-odds; ``both``: either, with their Pareto front;
            ``metric``: the best value of a metric of the output after the last epoch.
        target: the Psi asked for.
        measured: `TRAINING`, or a state of the denoiser.
        tolerance: relative distance of odds at which a Psi is near enough.
        epochs: that a trial is trained for unless it is stopped.
        metric: of the kind ``metric``; else empty.
        constraints: that outputs are to keep.
        mse: what a training by MSE alone has of the metrics that constraints compare with it.
    """

    kind: ObjectiveName | Literal["metric"]
    target: float
    measured: str
    tolerance: float
    epochs: int
    metric: str = ""
    constraints: tuple[Constraint, ...] = ()
    mse: Mapping[str, float] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured of every output; nothing where neither value nor constraint needs it."""
        return needed_metrics(self.metric, self.constraints)

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """The metrics that somebody asked for, each with the parameter that did."""
        sought = ((self.metric, "objective"),) if self.metric else ()
        return (*sought, *((one.metric, "subject_to") for one in self.constraints))

    @property
    def directions(self) -> tuple[StudyDirection, ...]:
        """Whether each value is to be great or small."""
        great, small = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
        if self.kind == "metric":
            return (great,) if higher_is_better(self.metric) else (small,)
        return {"val_ssim": (great,), "psi_target": (small,), "both": (great, small)}[self.kind]

    @property
    def trains(self) -> bool:
        """Whether a trial needs a training at all."""
        return self.kind != "psi_target" or self.measured == TRAINING or bool(self.metrics)

    @property
    def gives_up(self) -> bool:
        """Whether a trial may be given up early: by its SSIM, where nothing else counts."""
        return self.kind == "val_ssim" and not self.constraints

    @property
    def exact(self) -> bool:
        """Whether the closed form is the answer: Psi is asked for where lambda was calibrated."""
        return not self.trains

    def enough(self, study: Study) -> bool:
        """Tell whether a Psi has been found that is near enough."""
        if self.kind != "psi_target":
            return False
        found = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return any(trial.values[0] <= log1p(self.tolerance) for trial in found)

    def evaluate(
        self, trial: Trial, point: Point, train: Train, measure: Measure = not_measured
    ) -> Outcome:
        """Do one trial.

        An objective of two values cannot be given up early: Optuna has no order for its halves.
        Neither can what is to be measured at its end.

        Args:
            trial: of the study.
            point: what it tries.
            train: called where a training is needed.
            measure: called after it, where metrics are needed.

        Raises:
            StudyError: the metric that is sought has no value of this output.
        """
        keep_point(trial, point)
        progress = _Progress(self, trial, point)
        try:
            if self.trains:
                train(point, progress.report)
        except TrialPruned:
            progress.stopped = True
        if not self.metrics or progress.stopped:
            return progress.outcome({})
        found = measure(point)
        keep_measured(trial, found, [one.violation(found, self.mse) for one in self.constraints])
        return progress.outcome(found)


class _Progress:
    """How far a trial has come."""

    def __init__(self, objective: Objective, trial: Trial, point: Point) -> None:
        self.objective = objective
        self.trial = trial
        self.point = point
        self.epochs: list[Epoch] = []
        self.stopped = False

    def report(self, ssims: Sequence[float], in_epoch: float) -> None:
        measured = in_epoch if self.objective.measured == TRAINING else self.point.log_odds
        self.epochs.append(Epoch(tuple(ssims), measured))
        keep_epochs(self.trial, self.epochs)
        if not self.objective.gives_up:
            return
        reached = len(self.epochs)
        self.trial.report(self.epochs[-1].ssim, step=reached)
        if reached < self.objective.epochs and self.trial.should_prune():
            raise TrialPruned

    def outcome(self, found: Mapping[str, float]) -> Outcome:
        measured = self.epochs[-1].measured if self.epochs else self.point.log_odds
        distance = abs(measured - float(log_odds(self.objective.target)))
        measures = {"psi_measured": float(from_log_odds(measured)), "distance": distance}
        ssim = max((epoch.ssim for epoch in self.epochs), default=nan)
        measures |= {"kept/ssim": ssim, "epochs": len(self.epochs), "stopped": self.stopped}
        if self.stopped:
            return Outcome((), stopped=True, measures=measures)
        measures |= {f"output/{name}": value for name, value in found.items()}
        if self.objective.kind == "metric":
            value = found[self.objective.metric]
            if isnan(value):
                raise StudyError(
                    f"a trial must have a value of {self.objective.metric} but its validation "
                    "slices have none."
                )
            return Outcome((value,), measures=measures)
        values = {"val_ssim": (ssim,), "psi_target": (distance,), "both": (ssim, distance)}
        return Outcome(values[self.objective.kind], measures=measures)


def find_objective(
    written: str,
    constraints: str,
    target: float,
    measured: str,
    tolerance: float,
    epochs: int,
) -> Objective:
    """Return the objective that parameters mean.

    Args:
        written: one of `ObjectiveName`, or a metric.
        constraints: see `pi.search.constraints.parse_constraints`.
        target: the Psi asked for.
        measured: where it is measured.
        tolerance: of the odds.
        epochs: of a trial.

    Raises:
        ConstraintError: neither, or a constraint that is misspelt.
    """
    bounds = parse_constraints(constraints)
    kinds: dict[str, ObjectiveName] = {kind: kind for kind in get_args(ObjectiveName)}
    if written in kinds:
        return Objective(kinds[written], target, measured, tolerance, epochs, constraints=bounds)
    metric = measurable(written, "objective")
    return Objective("metric", target, measured, tolerance, epochs, metric, bounds)


def state_measured(measured: str) -> State:
    """Return the state of the denoiser in which a search calibrates.

    It is the one in which Psi is measured, and identity where that is after training.

    Raises:
        StateError: it is misspelt, or there are several.
    """
    try:
        found = find_states("identity" if measured == TRAINING else measured)
    except StateError as error:
        raise StateError(f"`measured` may also be {TRAINING}; {error}") from error
    if len(found) != 1 or found[0].kind == "subject":
        raise StateError(f"`measured` must be {TRAINING} or one state but got {quoted(measured)}.")
    return found[0]
