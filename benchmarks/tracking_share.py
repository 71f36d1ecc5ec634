"""How much of a training's time goes into keeping it?

    python -m benchmarks.tracking_share [--epochs N] [--data simulated:small]

Runs `train` as a user would (Table 2, the simulated study, a new SQLite store) with a clock around
all by which a run is opened, told something and ended, files and figures included, and MLflow's
import. Prints their sum beside the time of the whole command, and where most of it went. Ten epochs
take ten minutes on two cores; fewer make the share larger, since most of the cost comes once per
run.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Clock:
    """Seconds spent in the outermost of the functions that were put under it."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inside = False

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function`` with the clock running while it does."""

        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if self._inside:
                return function(*arguments, **named)
            start, self._inside = time.perf_counter(), True
            try:
                return function(*arguments, **named)
            finally:
                self._inside = False
                self.seconds[name] += time.perf_counter() - start

        return timed


def main() -> None:
    """Train once and print the share."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", default="10")
    parser.add_argument("--data", default="simulated:small")
    a = parser.parse_args()
    began, clock = time.perf_counter(), Clock()
    clock.around("import mlflow", _import_mlflow)()
    from entrypoints import train
    from pi.command_line import run
    from pi.parameters import TrainParameters
    from pi.tracking import kept_denoiser, opened
    from pi.tracking.run import Run

    for name in [n for n, what in vars(Run).items() if callable(what) and not n.startswith("_")]:
        setattr(Run, name, clock.around(name, getattr(Run, name)))
    kept_denoiser.log_denoiser = clock.around("log models", kept_denoiser.log_denoiser)
    opened.open_run = _timed(clock, opened.open_run)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{Path(scratch) / 'mlflow.db'}"
        os.chdir(scratch)
        code = run(train.main, TrainParameters, "", ["--epochs", a.epochs, "--data", a.data])
    whole, kept = time.perf_counter() - began, sum(clock.seconds.values())
    print(
        f"train, {a.epochs} epochs, exit {code}: {whole:.0f} s, of which to keep it {kept:.1f} s,"
    )
    print(f"  {100 * kept / whole:.2f} %: ", end="")
    print(", ".join(f"{name} {s:.1f} s" for name, s in clock.seconds.most_common(6)))


def _timed(clock: Clock, opening: Callable[..., Any]) -> Callable[..., Any]:
    """Return a context manager with the clock running as it opens a run and as it ends it."""

    @contextmanager
    def timed(*arguments: Any) -> Iterator[Any]:  # noqa: ANN401
        context = opening(*arguments)
        run = clock.around("open the run", context.__enter__)()
        yield run
        clock.around("end the run", context.__exit__)(None, None, None)

    return timed


def _import_mlflow() -> None:
    import pi.tracking.backend  # noqa: F401


if __name__ == "__main__":
    main()
