"""What a trial keeps in its study, written and read back here."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
from optuna import Study, Trial
from optuna.trial import FrozenTrial, TrialState

from pi.influence.psi import from_log_odds
from pi.search.space import EXPERIMENT, LAMBDA, SCHEDULE, Point
from pi.search.study import LABEL, REASON, tried_again

RUN = "mlflow_run_id"
"""Attribute of a trial, and of a study, that names its run in the tracking store."""

PSI, LOG_ODDS = "psi", "log_odds"
SSIMS, MEASURED = "slice_ssims", "log_odds_measured"

State = Literal["finished", "stopped", "failed"]
_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial that is over.

    Attributes:
        number: within the study.
        state: whether it was finished, stopped early or failed.
        label: what it is called among the first trials; empty for all others.
        point: what it tried.
        values: of the study's objectives; none unless it was finished.
        ssims: for each epoch the SSIM of every validation slice; none where nothing was trained.
        measured: log-odds of Psi after training, or where else it was asked for; NaN if nowhere.
        reason: why it failed.
        run_id: of its run in the tracking store.
        seconds: that it took.
    """

    number: int
    state: State
    label: str
    point: Point
    values: tuple[float, ...]
    ssims: tuple[tuple[float, ...], ...]
    measured: float
    reason: str
    run_id: str
    seconds: float

    @property
    def epochs(self) -> int:
        """Epochs that it was trained for."""
        return len(self.ssims)

    @property
    def kept_epoch(self) -> int:
        """The epoch of the greatest mean SSIM, counted from 1; 0 where nothing was trained."""
        return int(np.argmax([np.mean(own) for own in self.ssims])) + 1 if self.ssims else 0

    @property
    def ssim(self) -> float:
        """Mean SSIM of that epoch; NaN where nothing was trained."""
        return float(np.mean(self.ssims[self.kept_epoch - 1])) if self.ssims else nan

    @property
    def measured_psi(self) -> float:
        """Psi after training, or where else it was asked for; NaN if nowhere."""
        return float(from_log_odds(self.measured))


def keep_point(trial: Trial, point: Point) -> None:
    """Keep what a trial tries beside its parameters: lambda and Psi both, whichever varied."""
    values = ((LAMBDA, point.weight), (PSI, point.psi), (LOG_ODDS, point.log_odds))
    for name, value in values:
        trial.set_user_attr(name, value)


def keep_ssims(trial: Trial, ssims: Sequence[Sequence[float]]) -> None:
    """Keep the SSIM of every validation slice after each epoch so far."""
    trial.set_user_attr(SSIMS, [list(own) for own in ssims])


def slice_ssims(trial: FrozenTrial) -> list[list[float]]:
    """Return what `keep_ssims` kept: for each epoch the SSIM of every validation slice."""
    found: list[list[float]] = trial.user_attrs.get(SSIMS, [])
    return found


def records(study: Study) -> tuple[TrialRecord, ...]:
    """Return the trials that are over, in the order of their numbers.

    Trials that died or were interrupted and are tried again under another number are left out, and
    so are those that failed before they had a point.
    """
    again = tried_again(study)
    return tuple(
        _record(trial)
        for trial in study.get_trials(deepcopy=False)
        if trial.state in _STATES and trial.number not in again and LAMBDA in trial.user_attrs
    )


def _record(trial: FrozenTrial) -> TrialRecord:
    own = trial.user_attrs
    died = "its process died" if trial.state == TrialState.FAIL else ""
    return TrialRecord(
        trial.number,
        _STATES[trial.state],
        own.get(LABEL, ""),
        Point(trial.params[EXPERIMENT], trial.params[SCHEDULE], own[LAMBDA], own[LOG_ODDS]),
        tuple(trial.values or ()) if trial.state == TrialState.COMPLETE else (),
        tuple(map(tuple, slice_ssims(trial))),
        own.get(MEASURED, nan),
        own.get(REASON, died),
        own.get(RUN, ""),
        trial.duration.total_seconds() if trial.duration else nan,
    )
