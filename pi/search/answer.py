"""What a study found: the best lambda, how flat the optimum is, where habit and paper stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np
from optuna import Study
from optuna.importance import get_param_importances
from optuna.study import StudyDirection
from optuna.trial import TrialState

from pi.influence.interval import LogInterval
from pi.search.constraints import Constraint
from pi.search.objective import Objective
from pi.search.record import State, TrialRecord, records
from pi.search.space import Balance
from pi.search.study import StudyError

FEWEST_TO_WEIGH = 4
"""Finished trials below which no importance of a parameter is told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a trial compares with the best one, slice by slice.

    Attributes:
        trial: the trial.
        behind: mean over slices of the best one's SSIM less its own; where it was stopped early,
            both at its last epoch. NaN where nothing was trained.
        error: standard error of that mean; slices of one patient are not independent, so the true
            one is greater. NaN of one slice.
    """

    trial: TrialRecord
    behind: float
    error: float

    @property
    def level(self) -> bool:
        """Whether it is behind by no more than one standard error."""
        return self.behind <= self.error


@dataclass(frozen=True, slots=True)
class Limit:
    """How far Psi may go by a constraint.

    Attributes:
        constraint: which.
        psi: the largest Psi of a trial at which it holds; NaN where it holds at none.
        broken: the smallest at which it is broken; NaN where it is at none. Below ``psi`` where
            chance, or the configuration, counts for more than Psi.
        holding: trials at which it holds.
        trials: trials whose outputs were measured.
    """

    constraint: Constraint
    psi: float
    broken: float
    holding: int
    trials: int


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a study found.

    Attributes:
        objective: what was sought.
        trials: all that are over.
        best: of those finished: the best value; of a front, the one of the greatest SSIM.
        first: the labelled ones, in the order they were asked for.
        alike: those that differ from the best in lambda alone, and have something to compare.
        front: of two objectives, from the greatest SSIM to the nearest Psi; else empty.
        interval: 95 % interval of lambda where the closed form is the answer; else None.
    """

    objective: Objective
    trials: tuple[TrialRecord, ...]
    best: TrialRecord
    first: tuple[Standing, ...]
    alike: tuple[Standing, ...]
    front: tuple[TrialRecord, ...]
    interval: tuple[float, float] | None

    @property
    def feasible(self) -> bool:
        """Whether the best breaks no constraint."""
        return self.best.feasible

    @property
    def limits(self) -> tuple[Limit, ...]:
        """How far Psi may go by each constraint, in their order."""
        measured = [trial for trial in self.trials if trial.violations]
        found = []
        for k, constraint in enumerate(self.objective.constraints):
            holding = [trial.point.psi for trial in measured if trial.violations[k] <= 0]
            broken = [trial.point.psi for trial in measured if trial.violations[k] > 0]
            ends = max(holding, default=nan), min(broken, default=nan)
            found.append(Limit(constraint, *ends, len(holding), len(measured)))
        return tuple(found)

    @property
    def flat(self) -> tuple[float, float]:
        """Least and greatest Psi of the best and of those trained to the end and level with it.

        NaN where there are others and nobody can tell, of one validation slice.
        """
        if self.alike and all(isnan(own.error) for own in self.alike):
            return nan, nan
        level = [own.trial for own in self.in_state("finished") if own.level]
        found = [trial.point.psi for trial in (self.best, *level)]
        return min(found), max(found)

    def in_state(self, state: State) -> list[Standing]:
        """Return those alike the best that ended in a state."""
        return [own for own in self.alike if own.trial.state == state]

    def of_state(self, state: State) -> int:
        """Return how many trials ended in a state."""
        return sum(trial.state == state for trial in self.trials)


def answer(study: Study, objective: Objective, balances: Mapping[str, Balance]) -> SearchAnswer:
    """Return what the finished trials of a study say.

    Raises:
        StudyError: none was finished.
    """
    trials = records(study)
    finished = [trial for trial in trials if trial.state == "finished"]
    if not finished:
        reasons = [trial.reason for trial in trials if trial.reason]
        raise StudyError(
            f"a study must have a trial that was finished but none of {len(trials)} was"
            + (f"; the last one failed because {reasons[-1]}" if reasons else ".")
        )
    held = [trial for trial in finished if trial.feasible] or finished
    front = _front(study, held) if objective.kind == "both" else ()
    best = front[0] if front else _best(held, objective)
    balance = balances[best.point.experiment]
    interval = LogInterval(balance.half_width, heavy_tailed=False).around(best.point.weight)
    return SearchAnswer(
        objective,
        trials,
        best,
        tuple(standing(trial, best) for trial in trials if trial.label),
        _alike(trials, best, objective),
        front,
        interval if objective.exact else None,
    )


def standing(trial: TrialRecord, best: TrialRecord) -> Standing:
    """Return how ``trial`` compares with ``best``, paired by slice."""
    if not trial.epochs or not best.epochs:
        return Standing(trial, nan, nan)
    ended = trial.state == "finished"
    own = trial.epochs[trial.kept_epoch - 1 if ended else -1]
    other = best.epochs[(best.kept_epoch if ended else len(trial.epochs)) - 1]
    difference = np.subtract(other.ssims, own.ssims)
    error = float(difference.std(ddof=1)) / sqrt(difference.size) if difference.size > 1 else nan
    return Standing(trial, float(difference.mean()), error)


def importances(study: Study) -> dict[str, float]:
    """Return how much of the difference between good and bad trials each parameter makes.

    The shares add up to 1 (PED-ANOVA, Watanabe et al. 2023); none where only one parameter varied
    or too few trials were finished.
    """
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    names = {name for trial in finished for name in trial.params}
    varied = [name for name in sorted(names) if len({t.params[name] for t in finished}) > 1]
    if len(finished) < FEWEST_TO_WEIGH or len(varied) < 2:
        return {}
    return get_param_importances(study, params=varied)


def _alike(
    trials: Sequence[TrialRecord], best: TrialRecord, objective: Objective
) -> tuple[Standing, ...]:
    if objective.kind == "psi_target":
        return ()
    others = (t for t in trials if t is not best and t.epochs and t.point.alike(best.point))
    return tuple(standing(trial, best) for trial in others)


def _best(finished: Sequence[TrialRecord], objective: Objective) -> TrialRecord:
    if objective.directions[0] == StudyDirection.MAXIMIZE:
        return max(finished, key=lambda trial: (trial.values[0], -trial.number))
    return min(finished, key=lambda trial: (trial.values[0], trial.number))


def _front(study: Study, finished: Sequence[TrialRecord]) -> tuple[TrialRecord, ...]:
    numbers = {trial.number for trial in study.best_trials}
    found = [trial for trial in finished if trial.number in numbers]
    return tuple(sorted(found, key=lambda trial: -trial.values[0]))
