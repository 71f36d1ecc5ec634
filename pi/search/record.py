"""What a trial keeps in its study, written and read back here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any, Literal

import numpy as np
from optuna import Study, Trial
from optuna.trial import FrozenTrial, TrialState

from pi.influence.psi import from_log_odds
from pi.search.space import EXPERIMENT, LAMBDA, SCHEDULE, Point
from pi.search.study import LABEL, REASON, tried_again

RUN = "mlflow_run_id"
"""Attribute of a trial, and of a study, that names its run in the tracking store."""

POINT, EPOCHS = "point", "epochs"
"""Attributes of a trial: what it tried; the SSIM of each slice and Psi's log-odds by epoch."""

MEASURED, VIOLATIONS = "measured", "violations"
"""Attributes of a trial that was measured: its metrics; by how much it breaks each constraint."""

State = Literal["finished", "stopped", "failed"]
_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is known of an epoch of a trial.

    Attributes:
        ssims: of every validation slice.
        measured: log-odds of Psi in it, or where else it was asked for.
    """

    ssims: tuple[float, ...]
    measured: float

    @property
    def ssim(self) -> float:
        """Mean over the slices."""
        return float(np.mean(self.ssims))


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial that is over.

    Attributes:
        number: within the study.
        state: whether it was finished, stopped early or failed.
        label: what it is called among the first trials; empty for all others.
        point: what it tried.
        values: of the study's objectives; none unless it was finished.
        epochs: in the order of training; none where nothing was trained.
        reason: why it failed.
        run_id: of its run in the tracking store.
        metrics: of its output after the last epoch, by name; none where nobody asked.
        violations: by how much it breaks each constraint, at most 0 where it holds.
    """

    number: int
    state: State
    label: str
    point: Point
    values: tuple[float, ...]
    epochs: tuple[Epoch, ...]
    reason: str
    run_id: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    violations: tuple[float, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether it breaks no constraint."""
        return all(one <= 0 for one in self.violations)

    @property
    def kept_epoch(self) -> int:
        """The epoch of the greatest mean SSIM, counted from 1; 0 where nothing was trained."""
        ssims = [epoch.ssim for epoch in self.epochs]
        return ssims.index(max(ssims)) + 1 if ssims else 0

    @property
    def ssim(self) -> float:
        """Mean SSIM of that epoch; NaN where nothing was trained."""
        return self.epochs[self.kept_epoch - 1].ssim if self.epochs else nan

    @property
    def last_ssim(self) -> float:
        """Mean SSIM of the last epoch, whose output has the `metrics`; NaN likewise."""
        return self.epochs[-1].ssim if self.epochs else nan

    @property
    def measured(self) -> float:
        """Log-odds of Psi in the last epoch, or where lambda was calibrated."""
        return self.epochs[-1].measured if self.epochs else self.point.log_odds

    @property
    def measured_psi(self) -> float:
        """Psi in the last epoch, or where lambda was calibrated."""
        return float(from_log_odds(self.measured))


def keep_point(trial: Trial, point: Point) -> None:
    """Keep what a trial tries beside its parameters: lambda and Psi both, whichever varied."""
    kept = {LAMBDA: point.weight, "psi": point.psi, "log_odds": point.log_odds}
    trial.set_user_attr(POINT, kept)


def keep_epochs(trial: Trial, epochs: Sequence[Epoch]) -> None:
    """Keep what is known of each epoch so far."""
    trial.set_user_attr(EPOCHS, [asdict(epoch) for epoch in epochs])


def keep_measured(trial: Trial, metrics: Mapping[str, float], violations: Sequence[float]) -> None:
    """Keep what was measured of a trial's output, and how it stands to the constraints."""
    trial.set_user_attr(MEASURED, {name: float(value) for name, value in metrics.items()})
    kept = [min(float(one), _MOST) for one in violations]
    trial.set_user_attr(VIOLATIONS, kept)
    for number, one in enumerate(kept):  # by which Optuna compares trials before their values
        trial.set_constraint(str(number), one)


_MOST = 1e30  # JSON knows no infinity


def kept_epochs(trial: FrozenTrial) -> tuple[Epoch, ...]:
    """Return what `keep_epochs` kept."""
    found: list[dict[str, Any]] = trial.user_attrs.get(EPOCHS, [])
    return tuple(Epoch(tuple(own["ssims"]), own["measured"]) for own in found)


def records(study: Study) -> tuple[TrialRecord, ...]:
    """Return the trials that are over, in the order of their numbers.

    Trials that died or were interrupted and are tried again under another number are left out, and
    so are those that failed before they had a point.
    """
    again = tried_again(study)
    return tuple(
        _record(trial)
        for trial in study.get_trials(deepcopy=False)
        if trial.state in _STATES and trial.number not in again and POINT in trial.user_attrs
    )


def _record(trial: FrozenTrial) -> TrialRecord:
    own = trial.user_attrs
    died = "its process died" if trial.state == TrialState.FAIL else ""
    point = own[POINT]
    return TrialRecord(
        trial.number,
        _STATES[trial.state],
        own.get(LABEL, ""),
        Point(trial.params[EXPERIMENT], trial.params[SCHEDULE], point[LAMBDA], point["log_odds"]),
        tuple(trial.values or ()) if trial.state == TrialState.COMPLETE else (),
        kept_epochs(trial),
        own.get(REASON, died),
        own.get(RUN, ""),
        own.get(MEASURED, {}),
        tuple(own.get(VIOLATIONS, ())),
    )
