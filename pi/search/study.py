"""A study: created or joined by its name, and worked at until it has its trials.

Any number of processes work at one study. A trial that is begun is finished, or failed with its
reason, or, if its process dies, failed by its heartbeat and tried again: the last worker leaves
when nothing is under way any more.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna import Study, Trial, TrialPruned
from optuna.exceptions import (
    DuplicatedStudyError,
    ExperimentalWarning,
    UpdateFinishedTrialError,
)
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import StudyDirection
from optuna.trial import TrialState

from pi.errors import PiError, quoted
from pi.search.space import FirstTrial

SIGNATURE = "signature"
REASON, LABEL = "reason", "first_trial"
"""Attributes of a trial: why it failed; what it is called among the first ones."""

BEGINS_WITHIN = 60.0
"""Seconds within which whoever creates a study has made it ready for others."""

OVER = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class StudyError(PiError):
    """A study that is not the one that was asked for, or that came to nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial.

    Attributes:
        values: one for each direction of the study; none where it was stopped.
        stopped: whether it was given up early because others were better.
        measures: what else is known of it, by name.
    """

    values: tuple[float, ...]
    stopped: bool = False
    measures: Mapping[str, float] = field(default_factory=dict)


def open_study(
    storage: BaseStorage,
    name: str,
    signature: Mapping[str, str],
    directions: Sequence[StudyDirection],
    sampler: BaseSampler,
    pruner: BasePruner,
    begin: Callable[[Study], object] = lambda study: None,
) -> Study:
    """Return the study called ``name``: a new one, or the one that is there.

    Of several workers that start at once one creates it; the others wait until it has begun.

    Args:
        storage: its database.
        name: of the study.
        signature: everything on which the value of a trial depends, by name.
        directions: of its objectives.
        sampler: proposes points.
        pruner: gives trials up.
        begin: makes a new study ready for other workers.

    Raises:
        StudyError: there is one of that name that searches something else.
    """
    try:
        study = optuna.create_study(
            storage=storage,
            sampler=sampler,
            pruner=pruner,
            study_name=name,
            directions=list(directions),
        )
    except DuplicatedStudyError:
        study = optuna.load_study(study_name=name, storage=storage, sampler=sampler, pruner=pruner)
        _wait_for_signature(study)
    if SIGNATURE not in study.user_attrs and not study.trials:
        begin(study)
        study.set_user_attr(SIGNATURE, dict(signature))
    _require_same(study, signature)
    return study


def shared(study: Study, name: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what is computed once for all workers of a study, and kept in it as JSON."""
    if name not in study.user_attrs:
        study.set_user_attr(name, compute())
    found: dict[str, Any] = study.user_attrs[name]
    return found


def enqueue(study: Study, first: Sequence[FirstTrial]) -> None:
    """Put what is to be tried first in front, unless it is in the study already.

    Whichever worker comes first does it; equal calibrations make equal trials.
    """
    for trial in first:
        study.enqueue_trial(
            dict(trial.parameters), user_attrs={LABEL: trial.label}, skip_if_exists=True
        )


def run_trials(
    study: Study,
    evaluate: Callable[[Trial], Outcome],
    trials: int,
    *,
    enough: Callable[[Study], bool] = lambda study: False,
    done: Callable[[Study], object] = lambda study: None,
    wait: float = 2.0,
) -> None:
    """Work at a study until it has so many trials and none is under way.

    A trial of which a `PiError` is raised has failed, with its reason, and the work goes on; any
    other error ends it. A worker that finds the last trial taken waits for whoever took it, who
    may die of it.

    Args:
        study: the study.
        evaluate: does one trial.
        trials: of the whole study, whoever does them; two workers that begin the last one at the
            same moment make it one more.
        enough: whether more trials would bring nothing; asked when all first ones are begun.
        done: told after each trial of this process.
        wait: seconds between two looks at the trials of others.

    Raises:
        KeyboardInterrupt: after Ctrl-C; the trial under way waits to be tried again.
    """
    while True:
        _fail_the_dead(study)
        waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if counted(study) < trials and (waiting or not enough(study)):
            _one_trial(study, evaluate)
            done(study)
        elif study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            time.sleep(wait)
        else:
            return


def counted(study: Study) -> int:
    """Return the trials begun, without those that are tried again under another number."""
    begun = study.get_trials(deepcopy=False, states=(*OVER, TrialState.RUNNING))
    again = tried_again(study)
    return sum(trial.number not in again for trial in begun)


def tried_again(study: Study) -> set[int]:
    """Return the numbers of trials that ended before their time and have another in their place."""
    trials = study.get_trials(deepcopy=False)
    return {number for trial in trials for number in trial.system_attrs.get("retry_history", [])}


def _one_trial(study: Study, evaluate: Callable[[Trial], Outcome]) -> None:
    begun: list[Trial] = []

    def objective(trial: Trial) -> tuple[float, ...]:
        begun.append(trial)
        return _values(study, trial, evaluate)

    try:
        study.optimize(objective, n_trials=1, catch=(PiError,))
    except (UpdateFinishedTrialError, ValueError):
        # Of a worker that was taken for dead, say because its machine slept, another has failed
        # the trial, without a reason, and tried it again: it is none of this one's any more.
        if not begun or REASON in study.trials[begun[0].number].user_attrs:
            raise


def _values(study: Study, trial: Trial, evaluate: Callable[[Trial], Outcome]) -> tuple[float, ...]:
    try:
        outcome = evaluate(trial)
    except KeyboardInterrupt:
        _try_again(study, trial.number)
        trial.set_user_attr(REASON, "interrupted")
        raise
    except Exception as error:
        # Of an error that is not ours the text may hold anything.
        reason = str(error) if isinstance(error, PiError) else type(error).__name__
        trial.set_user_attr(REASON, reason)
        raise
    if outcome.stopped:
        raise TrialPruned
    return outcome.values


def _try_again(study: Study, number: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback()(study, study.trials[number])


def _fail_the_dead(study: Study) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)


def _wait_for_signature(study: Study) -> None:
    """Wait for whoever is creating the study at this moment, but not for one who died of it."""
    until = time.monotonic() + BEGINS_WITHIN
    while SIGNATURE not in study.user_attrs and not study.trials and time.monotonic() < until:
        time.sleep(0.1)


def _require_same(study: Study, signature: Mapping[str, str]) -> None:
    known: Mapping[str, str] | None = study.user_attrs.get(SIGNATURE)
    if known is None:
        raise StudyError(
            f"study {quoted(study.study_name)} must be one that `search` made but holds trials of "
            "something else: take another `study`."
        )
    different = [
        f"`{name}` is {known.get(name, 'nothing')} there and {signature.get(name, 'nothing')} here"
        for name in sorted({*known, *signature})
        if known.get(name) != signature.get(name)
    ]
    if different:
        raise StudyError(
            f"study {quoted(study.study_name)} must search what is asked for now but "
            f"{'; '.join(different)}: take another `study`."
        )
