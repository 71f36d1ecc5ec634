"""What it costs to have steps done by workers: per step, and how it scales, where steps only sleep.

    python -m benchmarks.cluster

Algorithm 1 over four folds, whose steps sleep a second in a run of their own, by 1, 2 and 4
processes of this machine with a new SQLite file: claims, nested runs, tags and all; beside it the
same in this process, and Dask alone with a function that sleeps as long. `ideal` is all sleep over
the workers; a step's overhead is what a worker takes beyond its sleep, whoever it waits for. The
start of the workers is told apart.

Two minutes. No number is asserted.
"""

import os
import tempfile
import time
from pathlib import Path

from pi.algorithm1 import Plan
from pi.command_line import parse, recorded
from pi.jobs.opening import open_asked
from pi.jobs.planned.hiring import Hired, hired
from pi.jobs.planned.job import Job
from pi.jobs.planned.worker import plan_of
from pi.parameters import ENTRY_POINTS, CalibrateParameters, MainParameters
from pi.tracking.tracker import Tracked, Tracker, in_silence

SECONDS = 1.0
"""For which a step sleeps."""

FOLDS = 4
NUMBERS = (1, 2, 4)


def main() -> None:
    """Print the table."""
    print(f"{'':<22}{'start':>8}{'wall':>8}{'ideal':>8}{'speed-up':>10}{'ms a step':>11}")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{Path(scratch) / 'mlflow.db'}"
        os.environ.setdefault("PI_CACHE", str(Path(scratch) / "cache"))
        alone = show("this process", 1, 0.0, carried_out(None, MainParameters()))
        for number in NUMBERS:
            p = asked(number)
            begun = time.perf_counter()
            with hired(p, (), open_asked(p, p.folds), in_silence) as workers:
                start = time.perf_counter() - begun
                show(f"{number} workers", number, start, carried_out(workers, p), alone)
                if number == 1 and workers:
                    show("Dask alone, 1 worker", 1, start, by_dask(workers))


def asked(number: int) -> MainParameters:
    """Return the parameters of a job that so many workers do."""
    return MainParameters(
        data="simulated:tiny", folds=FOLDS, experiments="demo1,mse", workers=str(number)
    )


def plan() -> Plan:
    """Return the steps, of which there is no comparison."""
    return plan_of(asked(0))


def carried_out(workers: Hired | None, p: MainParameters) -> float:
    """Return the seconds that all steps take."""
    steps = [step for step in plan().steps if step.entry_point != "compare"]
    job = Unranked(plan(), steps, Tracked(), sleep, [], workers)
    begun = time.perf_counter()
    job.go_on("benchmark", "", lambda run: run.params(recorded(p)))
    return time.perf_counter() - begun


class Unranked(Job):
    """A job without a Table 3, for nothing was evaluated."""

    def _ranked(self, run: object, done: dict[str, str]) -> tuple[None, None]:
        return None, None


def by_dask(workers: Hired) -> float:
    """Return the seconds that Dask takes for as many functions that sleep as long."""
    begun = time.perf_counter()
    client = workers.crew.client
    client.gather([client.submit(time.sleep, SECONDS, pure=False) for _ in range(5 * FOLDS)])
    return time.perf_counter() - begun


def sleep(entry_point: str, arguments: list[str], tracker: Tracker) -> None:
    """Do as if a step were done: a run, a second, and what the next step looks for."""
    p = parse(ENTRY_POINTS[entry_point], arguments, "", entry_point)
    with tracker.open(entry_point, entry_point, getattr(p, "resume", "")) as run:
        if isinstance(p, CalibrateParameters):
            with run.child("one", "calibration") as child:
                child.params({"experiment": p.experiments, "state": "identity"})
        time.sleep(SECONDS)


def show(name: str, workers: int, start: float, wall: float, alone: float = 0.0) -> float:
    """Print a row; return the wall time."""
    steps = 5 * FOLDS
    ideal = steps * SECONDS / workers
    overhead = 1000 * (wall * workers - steps * SECONDS) / steps
    faster = f"{alone / wall:.2f}" if alone else ""
    print(
        f"{name:<22}{start:>6.1f} s{wall:>6.1f} s{ideal:>6.1f} s{faster:>10}{overhead:>11.0f}",
        flush=True,
    )
    return wall


if __name__ == "__main__":
    main()
