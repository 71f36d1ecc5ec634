"""Ctrl-C and SIGTERM while a command is at any stage: it ends with the command that goes on.

Slow: each is a process that starts TensorFlow, and another one that goes on.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from pi.errors import GO_ON
from pi.tracking.run import REASON

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OWN = "vgg16:random:block1_conv1"
SMALL = ("--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32",
         "--patch_step", "64", "--batch_size", "32")  # fmt: skip
LEARN = (*SMALL, "--epochs", "1", "--validation_slices", "1", "--precision", "float32")
MAIN = (
    "train.denoiser=unet:2,train.patch_size=32,train.patch_step=64,train.batch_size=112,"
    "train.epochs=1,train.gradient_every=0,train.validation_slices=1,train.validation_patches=16,"
    "train.precision=float32,calibrate.tolerance=0.5,evaluate.protocols=paper8"
)
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "calibrate": (*SMALL, "--experiments", OWN, "--tolerance", "0.5"),
    "screen": (*SMALL, "--experiments", OWN, "--patches", "16"),
    "train": (*LEARN, "--experiment", "mse", "--validation_patches", "16", "--gradient_every", "0"),
    "search": (*LEARN, "--experiments", OWN, "--trials", "2", "--epoch_steps", "4"),
    "evaluate": ("--data", "simulated:tiny", "--run", "identity"),
    "compare": ("--runs", "{first},{second}"),
    "pretrain": ("--data", "simulated:tiny", "--patch_size", "32", "--steps", "20",
                 "--batch_size", "4", "--held_out", "16", "--precision", "float32",
                 "--architecture", "autoencoder", "--name", "small"),
    "main": ("--data", "simulated:tiny", "--experiments", f"{OWN},mse", "--overrides", MAIN),
}  # fmt: skip
SMOOTH = "def smooth(hu):\n    return (hu + hu[:, ::-1]) / 2\n"
RUNS = ("identity", "own:smooth_of_mine:smooth")
"""What is evaluated to be compared."""

MOMENTS = {"starting": 2.0, "opened": 0.0, "at work": 1.5}
"""Seconds after its start, or after it has said where its run is."""


@pytest.fixture(scope="module")
def environment(
    tiny_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A store with two evaluations, and what a process needs to know of it."""
    folder = tmp_path_factory.mktemp("going_on")
    (folder / "smooth_of_mine.py").write_text(SMOOTH)
    return {
        **os.environ,
        "PI_CACHE": str(tiny_cache),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "PYTHONPATH": f"{ROOT}:{folder}",
        "PYTHONUNBUFFERED": "1",
    }


def evaluations(environment: Mapping[str, str]) -> tuple[str, str]:
    """Ids of two evaluations that can be compared, made where there are none."""
    ids = []
    for name in RUNS:
        words = ["python", "-m", "entrypoints.evaluate", "--data", "simulated:tiny", "--run", name]
        known = _evaluations_of(environment, name)
        if not known:
            done(words, environment)
        ids.append(_evaluations_of(environment, name)[0])
    return ids[0], ids[1]


def _evaluations_of(environment: Mapping[str, str], name: str) -> list[str]:
    return [
        run.info.run_id
        for run in runs(environment, "evaluate")
        if run.info.status == "FINISHED" and run.data.params["run"] == name
    ]


def runs(environment: Mapping[str, str], stage: str) -> list[Run]:
    client = MlflowClient(environment["MLFLOW_TRACKING_URI"])
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    found: list[Run] = list(client.search_runs(ids, f"tags.`pi.stage` = '{stage}'"))
    return found


def done(words: list[str], environment: Mapping[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, env=dict(environment), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr


def stopped(
    words: list[str], environment: Mapping[str, str], moment: str, number: signal.Signals,
    folder: Path,
) -> tuple[int, str, str]:  # fmt: skip
    """Exit code, output and errors of a command that got a signal at a moment."""
    out, err = folder / "out", folder / "err"
    with out.open("w") as output, err.open("w") as errors:
        process = subprocess.Popen(
            words, cwd=ROOT, env=dict(environment), stdout=output, stderr=errors
        )
        if moment != "starting":
            while process.poll() is None and "/runs/" not in out.read_text() + err.read_text():
                time.sleep(0.05)
        time.sleep(MOMENTS[moment])
        process.send_signal(number)
        code = process.wait(timeout=300)
    return code, out.read_text(), err.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("stage", COMMANDS)
def test_what_is_stopped_says_the_command_that_goes_on(
    stage: str, moment: str, number: signal.Signals, environment: dict[str, str], tmp_path: Path
) -> None:
    first, second = evaluations(environment) if stage == "compare" else ("", "")
    asked = [word.format(first=first, second=second) for word in COMMANDS[stage]]
    words = [sys.executable, "-m", f"entrypoints.{stage}", *asked]
    before = {run.info.run_id for run in runs(environment, stage)}
    code, _, error = stopped(words, environment, moment, number, tmp_path)
    opened = [run for run in runs(environment, stage) if run.info.run_id not in before]
    if code == 0:  # it was done before the signal came
        assert all(run.info.status == "FINISHED" for run in opened)
        return
    assert code == 130, error
    assert "Traceback" not in error, error
    assert "interrupted; what was finished before stays as it is." in error
    *_, last = error.splitlines()
    assert last.startswith(GO_ON), error
    for run in opened:
        assert run.info.status == "KILLED"
        assert run.data.tags[REASON] == "Interrupted by Ctrl-C or SIGTERM."
    done(shlex.split(last.removeprefix(GO_ON)), environment)
    assert not [run for run in runs(environment, stage) if run.info.status == "RUNNING"]
