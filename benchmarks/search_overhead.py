"""What a trial costs that costs nothing: the study, its nested run, its metrics.

    python -m benchmarks.search_overhead

500 trials of one epoch, whose training is a formula, in new SQLite files of Optuna and MLflow: wall
time of each, as a user waits for it, and processor time, which others on the machine do not
stretch. Beside it the same trials in memory without a run, and one write of this disk, because a
trial waits for five of them: `commit` is one row of an SQLite file that is synced, as MLflow's are.

Two minutes. No number is asserted.
"""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from optuna import Study, Trial
from optuna.storages import BaseStorage, InMemoryStorage

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.choices import ScheduleName
from pi.jobs.searched.trial import tracked_trial
from pi.losses.experiments import Experiment, find_experiments
from pi.search.objective import Objective, Told
from pi.search.pruning import HalvingOfPairs
from pi.search.sampler import SeededByTrial
from pi.search.space import Balance, Point, find_space
from pi.search.storage import open_storage
from pi.search.study import Outcome, open_study, run_trials
from pi.tracking.tracker import Tracked
from pi.training.plan import StartingWeight
from pi.training.repeated import Bench
from pi.training.state import EpochRecord
from pi.training.sums import InfluenceSums

TRIALS = 500
EXPERIMENTS = find_experiments("demo1,demo2")
BALANCES = {experiment.name: Balance(1e-4, 3.0, 0.05) for experiment in EXPERIMENTS}
SPACE = find_space("psi", (0.5, 0.999), (1e-7, 1.0), EXPERIMENTS, "fixed")
OBJECTIVE = Objective("val_ssim", 0.95, "training", 0.02, epochs=1)
SLICES = np.linspace(0.8, 0.9, 16)
Times = NDArray[np.float64]
"""(trials, 2): seconds on the wall, seconds of the processor."""


class Formula:
    """A bench on which a training is a formula; it answers like `Bench`."""

    experiments = EXPERIMENTS
    patches = SimpleNamespace(store=SimpleNamespace(digest="0" * 64))
    bank = SimpleNamespace(
        weights_of=lambda encoder: SimpleNamespace(description="none", digest="0" * 64),
        input_of=lambda encoder: "raw255",
    )

    def find(self, name: str) -> Experiment:
        """Return the configuration of that name."""
        return next(experiment for experiment in EXPERIMENTS if experiment.name == name)

    def train(
        self,
        experiment: str,
        schedule: ScheduleName,
        start: StartingWeight,
        epoch_done: Callable[[EpochRecord], object],
    ) -> None:
        """Tell of one epoch."""
        sums = InfluenceSums().add(np.ones(2), np.ones((2, 1)), start.weight)
        ssims = tuple((SLICES - (start.weight - 1e-3) ** 2).tolist())
        epoch_done(EpochRecord(1, start.weight, 0, sums, sums, ssims, ()))


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"commit of one row, synced: {commit(folder / 'x.db'):.1f} ms\n")
        print(f"{'ms a trial':<44}{'first 100':>10}{'last 100':>10}{'ratio':>8}{'all':>8}")
        show("in memory, no run", in_memory())
        show("SQLite, nested run, metrics", tracked(folder))


def in_memory() -> Times:
    """Return what each trial takes without any file."""

    def evaluate(trial: Trial) -> Outcome:
        def train(point: Point, report: Told) -> None:
            report((SLICES - (point.weight - 1e-3) ** 2).tolist(), point.log_odds)

        return OBJECTIVE.evaluate(trial, SPACE.suggest(trial, BALANCES), train)

    return timed(InMemoryStorage(), evaluate)


def tracked(folder: Path) -> Times:
    """Return what each trial takes as `search` runs it."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    os.environ["MLFLOW_TRACKING_URI"] = uri
    storage = open_storage(f"sqlite:///{folder / 'optuna.db'}", uri)
    bench = cast(Bench, Formula())
    with Tracked().open("search", "overhead") as run:
        return timed(storage, tracked_trial(run, "overhead", bench, SPACE, BALANCES, OBJECTIVE))


def timed(storage: BaseStorage, evaluate: Callable[[Trial], Outcome]) -> Times:
    """Return what each trial of a new study takes."""
    study = open_study(
        storage, "overhead", {}, OBJECTIVE.directions, SeededByTrial(5), HalvingOfPairs(3, 0.01)
    )
    ends = [(time.perf_counter(), time.process_time())]

    def done(study: Study) -> None:
        ends.append((time.perf_counter(), time.process_time()))

    run_trials(study, evaluate, TRIALS, done=done)
    return np.diff(ends, axis=0)


def show(name: str, seconds: Times) -> None:
    """Print means of the first and the last 100 trials, and of all."""
    for kind, own in zip(("wall", "processor"), 1000 * seconds.T, strict=True):
        first, last, every = own[:100].mean(), own[-100:].mean(), own.mean()
        row = f"{first:10.1f}{last:10.1f}{last / first:8.2f}{every:8.1f}"
        print(f"{f'{name}, {kind}':<44}{row}", flush=True)


def commit(file: Path) -> float:
    """Return the ms of one row written and synced, mean of 100."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x)")
        start = time.perf_counter()
        for number in range(100):
            connection.execute("INSERT INTO t VALUES (?)", (number,))
            connection.commit()
        return 10 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
