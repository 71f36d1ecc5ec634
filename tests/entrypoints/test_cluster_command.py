"""Algorithm 1 by workers for real, as docs/cluster.md says it: one killed, and two at one job."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

# Minutes: four trainings of two folds, by one process and by several, each with its TensorFlow.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "cluster.md").read_text()
OWN = "vgg16:random:block1_conv1"
SHRUNK = (
    "train.denoiser=unet:2,train.patch_size=32,train.patch_step=64,train.batch_size=112,train.epochs=4,"
    "train.gradient_every=0,train.validation_slices=1,train.validation_patches=16,"
    "train.precision=float32,calibrate.tolerance=0.5,evaluate.protocols=paper8"
)
TINY = ["--data", "simulated:tiny", "--experiments", f"{OWN},mse", "--overrides", SHRUNK,
        "--folds", "2"]  # fmt: skip
STEPS = {"calibrate": 2, "train": 4, "evaluate": 4, "compare": 1}


def documented(beginning: str) -> list[str]:
    """The words of the command in the documentation that begins so."""
    (line,) = re.findall(rf"^{re.escape(beginning)}.*$", DOCS, re.MULTILINE)
    return shlex.split(line, comments=True)


def environment(folder: Path, cache: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "PI_CACHE": str(cache),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "TF_NUM_INTRAOP_THREADS": "1",
    }


def begin(words: list[str], told: dict[str, str], **more: object) -> "subprocess.Popen[str]":
    """Start a documented command; its program is that of this environment."""
    program = {".venv/bin/python": sys.executable, "python": sys.executable}
    first = program.get(words[0], str(Path(sys.executable).with_name(Path(words[0]).name)))
    return subprocess.Popen(
        [first, *words[1:]], env=told, cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, **more,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def output(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=1200)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


def store(told: dict[str, str]) -> MlflowClient:
    return MlflowClient(told["MLFLOW_TRACKING_URI"])


def runs_of(client: MlflowClient, query: str) -> list[Run]:
    experiments = [one.experiment_id for one in client.search_experiments()]
    return list(client.search_runs(experiments, query))


def job_of(client: MlflowClient) -> Run:
    (job,) = runs_of(client, "tags.`pi.stage` = 'main'")
    return job


def table3(client: MlflowClient, folder: Path) -> bytes:
    job = job_of(client)
    assert job.info.status == "FINISHED"
    return Path(client.download_artifacts(job.info.run_id, "table3.csv", str(folder))).read_bytes()


def require_each_step_once(client: MlflowClient, *, interrupted: bool = False) -> None:
    """Every step has one run that came to its end; no other ended so, or was even begun."""
    job = job_of(client)
    nested = runs_of(client, f"tags.mlflow.parentRunId = '{job.info.run_id}'")
    if interrupted:  # what cannot be gone on with was begun again
        assert {run.info.status for run in nested} <= {"FINISHED", "KILLED"}
        nested = [run for run in nested if run.info.status == "FINISHED"]
    assert Counter(run.data.tags["pi.stage"] for run in nested) == STEPS
    assert {run.info.status for run in nested} == {"FINISHED"}
    named = {value for key, value in job.data.tags.items() if key.startswith("pi.step.")}
    assert named == {run.info.run_id for run in nested}
    assert not [key for key in job.data.tags if key.startswith("pi.claim.")]
    for run in nested:
        if run.data.tags["pi.stage"] == "train":
            epochs = client.get_metric_history(run.info.run_id, "train/psi")
            assert [metric.step for metric in epochs] == [1, 2, 3, 4]


@pytest.fixture(scope="module")
def by_one(tiny_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Table 3 of one process."""
    folder = tmp_path_factory.mktemp("by_one")
    told = environment(folder, tiny_cache)
    said = output(begin([sys.executable, "-m", "entrypoints.main", *TINY], told))
    assert "evaluated on every patient, each tested once in 2 folds" in said
    require_each_step_once(store(told))
    return table3(store(told), folder)


@contextmanager
def cluster(told: dict[str, str], workers: int) -> Iterator[str]:
    """A scheduler and workers as the documentation starts them; yields the scheduler's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def here(words: list[str]) -> list[str]:
        return [word.replace("HOST", "127.0.0.1").replace("8786", port) for word in words]

    started = [begin(here(documented(".venv/bin/dask scheduler")), told, start_new_session=True)]
    try:
        for _ in range(workers):
            words = here(documented(".venv/bin/dask worker"))
            started.append(begin(words, told, start_new_session=True))
        yield f"tcp://127.0.0.1:{port}"
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def training_in_the_middle(client: MlflowClient) -> Run:
    """A training that has done an epoch and not its last, as soon as there is one."""
    until = time.monotonic() + 900  # on a machine with much else to do
    while time.monotonic() < until:
        query = "tags.`pi.stage` = 'train' and attributes.status = 'RUNNING'"
        for run in runs_of(client, query):
            if run.data.tags.get("pi.checkpoint_epoch") in ("1", "2"):
                return run
        time.sleep(0.02)
    raise AssertionError("no training was ever in its middle")


def test_of_three_workers_one_is_killed_and_all_is_as_one_process_makes_it(
    by_one: bytes, tiny_cache: Path, tmp_path: Path
) -> None:
    told = environment(tmp_path / "tracked", tiny_cache)
    client = store(told)
    client.search_experiments()
    with cluster(told, workers=3) as address:
        words = documented(".venv/bin/python -m entrypoints.main --folds 10 --workers tcp:")
        words = [address if word.startswith("tcp:") else word for word in words]
        main = begin([*words, *TINY], told)
        killed = training_in_the_middle(client)
        os.kill(int(killed.data.tags["pi.process"].partition(":")[0]), signal.SIGKILL)
        said = output(main)
    require_each_step_once(client)
    assert table3(client, tmp_path) == by_one
    name = next(
        key.removeprefix("pi.step.")
        for key, value in job_of(client).data.tags.items()
        if value == killed.info.run_id
    )
    assert f"== {name}: going on" in said
    after = client.get_run(killed.info.run_id)
    assert after.data.tags["pi.process"] != killed.data.tags["pi.process"]
    # The line that says how to start the UI names the store, which is this user's own.
    of_the_work = [line for line in said.splitlines() if "mlflow ui" not in line]
    assert not re.search(r"/tmp|/home|mlflow\.db", "\n".join(of_the_work))


def test_a_plan_is_carried_out_by_its_commands_and_by_two_at_once(
    by_one: bytes, tiny_cache: Path, tmp_path: Path
) -> None:
    told = environment(tmp_path / "tracked", tiny_cache)
    words = documented(".venv/bin/python -m entrypoints.main --folds 10 --plan True")
    script = output(begin([*words[: words.index(">")], *TINY], told))
    client = store(told)
    run_id = job_of(client).info.run_id
    assert job_of(client).info.status == "SCHEDULED"
    commands = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert len(commands) == sum(STEPS.values())

    said = output(begin(shlex.split(commands[0]), told))
    assert "1 of 11 steps are done" in said
    assert job_of(client).info.status == "SCHEDULED"
    part = documented(".venv/bin/python -m entrypoints.main --resume RUN --only fold=3")
    rest = documented(".venv/bin/python -m entrypoints.main --resume RUN   ")
    both = [
        begin([word.replace("RUN", run_id).replace("fold=3", "fold=2") for word in words], told)
        for words in (part, rest, rest)
    ]
    said = "".join(output(process) for process in both)
    assert said.count("another process is at it") >= 1
    require_each_step_once(client)
    assert table3(client, tmp_path) == by_one


def test_processes_of_this_machine_end_with_ctrl_c_and_the_job_goes_on(
    by_one: bytes, tiny_cache: Path, tmp_path: Path
) -> None:
    told = environment(tmp_path / "tracked", tiny_cache)
    client = store(told)
    client.search_experiments()
    words = documented(".venv/bin/python -m entrypoints.main --folds 10 --workers 4")
    main = begin([*words, "--workers", "2", *TINY], told, start_new_session=True)
    at_work = training_in_the_middle(client)
    os.killpg(main.pid, signal.SIGINT)
    said, _ = main.communicate(timeout=120)
    assert main.returncode == 130
    assert "Traceback" not in said
    job = job_of(client)
    assert job.info.status == "KILLED"
    assert said.rstrip().endswith(f"--resume {job.info.run_id}")
    assert client.get_run(at_work.info.run_id).info.status == "KILLED"
    assert not Path(f"/proc/{at_work.data.tags['pi.process'].partition(':')[0]}").exists()
    again = ["python", "-m", "entrypoints.main", "--resume", job.info.run_id, "--workers", "2"]
    output(begin(again, told))
    require_each_step_once(client, interrupted=True)
    assert table3(client, tmp_path) == by_one
