"""Studies in memory whose trials cost nothing, for tests to look at."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from optuna import Study, Trial
from optuna.pruners import BasePruner, NopPruner
from optuna.storages import BaseStorage, InMemoryStorage

from pi.errors import PiError
from pi.losses.experiments import Experiment, find_experiments
from pi.search.answer import SearchAnswer, answer
from pi.search.objective import Objective, Told
from pi.search.sampler import SeededByTrial
from pi.search.space import Balance, Point, Space, find_space
from pi.search.study import Outcome, enqueue, open_study, run_trials

EXPERIMENTS = find_experiments("demo1,demo2")
BALANCES = {"demo1": Balance(1e-4, 2.0, 0.1), "demo2": Balance(1e-4, 0.02, 0.1)}
"""R = S_P / S_M of 20,000 and 200: lambda = 0.1 is a Psi of .9995 and of .952."""

EPOCHS = 3
Curve = Callable[[Point, int], tuple[Sequence[float], float]]
"""SSIMs of the slices and log-odds of Psi at a point in an epoch, counted from 1."""


def space(experiments: Sequence[Experiment] = EXPERIMENTS, **changed: Any) -> Space:
    asked = {"variable": "psi", "psi_range": (0.5, 0.999), "lambda_range": (1e-6, 1.0),
             "schedules": "fixed"} | changed  # fmt: skip
    return find_space(experiments=experiments, **asked)


def objective(kind: str = "val_ssim", **changed: Any) -> Objective:
    asked = {"target": 0.95, "measured": "training", "tolerance": 0.02, "epochs": EPOCHS} | changed
    return Objective(kind, **asked)  # type: ignore[arg-type]


def study_of(
    sought: Objective,
    *,
    storage: BaseStorage | None = None,
    pruner: BasePruner | None = None,
    name: str = "one",
    signature: Mapping[str, str] | None = None,
    seed: int = 5,
) -> Study:
    return open_study(
        storage or InMemoryStorage(), name, signature or {"a": "1"}, sought.directions,
        SeededByTrial(seed), pruner or NopPruner(),
    )  # fmt: skip


def training(curve: Curve, epochs: int = EPOCHS) -> Callable[[Point, Told], None]:
    """What `Objective.evaluate` calls to train: it follows ``curve``."""

    def train(point: Point, report: Told) -> None:
        for epoch in range(1, epochs + 1):
            report(*curve(point, epoch))

    return train


def searched(
    sought: Objective, curve: Curve, trials: int, looked_in: Space | None = None, **changed: Any
) -> Study:
    """A study that has its trials."""
    study = study_of(sought, **changed)
    looked_in = looked_in or space()

    def evaluate(trial: Trial) -> Outcome:
        point = looked_in.suggest(trial, BALANCES)
        return sought.evaluate(trial, point, training(curve, sought.epochs))

    run_trials(study, evaluate, trials)
    return study


SLICES = np.array([0.80, 0.85, 0.90, 0.95])


def hill(point: Point, epoch: int) -> tuple[Sequence[float], float]:
    """SSIM is greatest at a Psi of 95 % of demo1; what is measured is half the odds."""
    away = abs(point.log_odds - np.log(19)) + 5 * (point.experiment == "demo2")
    wave = 1e-4 * np.sin(7 * np.arange(4) + point.log_odds)
    return (SLICES - 0.01 * away + wave - 0.01 / epoch).tolist(), point.log_odds - np.log(2)


def worked_at(
    sought: Objective,
    trials: int,
    curve: Curve = hill,
    *,
    pruner: BasePruner | None = None,
    fails: Collection[int] = (),
) -> tuple[Study, SearchAnswer]:
    """A study that has its trials, the first ones of demo1 in front, and its answer."""
    study = study_of(sought, pruner=pruner)
    enqueue(study, space().first_trials(EXPERIMENTS[:1], BALANCES, sought.target))

    def evaluate(trial: Trial) -> Outcome:
        def train(point: Point, report: Told) -> None:
            if trial.number in fails:
                raise PiError("the loss must be finite but is not.")
            training(curve, sought.epochs)(point, report)

        return sought.evaluate(trial, space().suggest(trial, BALANCES), train)

    run_trials(study, evaluate, trials)
    return study, answer(study, sought, BALANCES)
