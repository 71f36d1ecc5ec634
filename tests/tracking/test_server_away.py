"""Servers that are killed, disks that are full: real ones, under real commands."""

import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tracking.mlflow_server import Door, TrackingServer

from pi.journal.shelf import waits_on_disk
from pi.tracking_place import former_folder, settle_here

ROOT = Path(__file__).parents[2]
TRAIN = [
    "train", "--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32",
    "--patch_step", "64", "--batch_size", "112", "--epochs", "12", "--gradient_every", "0",
    "--validation_slices", "1", "--validation_patches", "16", "--precision", "float32",
    "--experiment", "mse",
]  # fmt: skip
HASTY = {  # of MLflow's own patience, which is minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
AWAY, BACK = "does not take what is logged", "takes what is logged again"


def command(words: list[str], **told: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", f"entrypoints.{words[0]}", *words[1:]], text=True,
        env=os.environ | HASTY | {"PYTHONPATH": str(ROOT)} | told,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def followed(words: list[str], on: dict[str, Callable[[], object]], **told: str) -> tuple[str, str]:
    """Run a command that ends well, and do something when it first says so; what it said."""
    lines, errors = list[str](), list[str]()
    with command(words, **told) as process:
        reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()))
        reader.start()
        for line in process.stdout or ():
            lines.append(line)
            for said in [said for said in on if said in line]:
                on.pop(said)()
        reader.join()
    assert process.returncode == 0, "".join([*lines, *errors])
    assert not on, "".join(lines)
    return "".join(lines), "".join(errors)


def run_in(said: str) -> str:
    found = re.search(r"/runs/([0-9a-f]{32})", said)
    assert found
    return found[1]


def epochs_of(client: MlflowClient, run_id: str) -> dict[str, list[tuple[int, float]]]:
    """Every metric of a run, in the order of the server."""
    return {
        key: [(one.step, one.value) for one in client.get_metric_history(run_id, key)]
        for key in sorted(client.get_run(run_id).data.metrics)
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    serving = TrackingServer(tmp_path_factory.mktemp("server"))
    serving.start()
    try:
        yield serving
    finally:
        serving.kill()


@pytest.fixture
def door(server: TrackingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """The way to the server that is in force."""
    own = Door(server.port)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", own.uri)
    monkeypatch.chdir(tmp_path)
    try:
        yield own
    finally:
        own.shut()


@pytest.mark.slow  # two trainings and two starts of a server: two minutes
def test_a_server_that_goes_away_in_mid_training_misses_nothing(
    tiny_cache: Path, door: Door, server: TrackingServer
) -> None:
    client = MlflowClient(door.uri)

    # It comes back while the training goes on.
    usual, errors = followed(TRAIN, {"epoch 2/12": door.shut, AWAY: door.open})
    assert "Traceback" not in usual + errors
    expected = epochs_of(client, run_in(usual))
    assert [step for step, _ in expected["train/total_loss"]] == [*range(1, 13)]
    assert client.get_run(run_in(usual)).info.status == "FINISHED"
    assert not waits_on_disk(run_in(usual))

    # It is killed, and does not.
    said, errors = followed(TRAIN, {"epoch 2/12": server.kill})
    assert "Traceback" not in said + errors
    assert said.count("python -m entrypoints.sync") == 1
    assert "epoch 12/12" in said
    with command(["sync"]) as refused:
        assert "the tracking server must answer" in refused.communicate()[1]
    assert refused.returncode == 2
    server.start()
    sent, _ = followed(["sync"], {})
    assert f"run {run_in(said)}: " in sent
    assert epochs_of(client, run_in(said)) == expected
    stored = client.get_run(run_in(said))
    assert stored.info.status == "FINISHED"
    assert {m.name for m in (client.get_logged_model(one.model_id)
                             for one in stored.outputs.model_outputs)} == {
        "denoiser_network", "denoiser_hu"
    }  # fmt: skip
    there = {one.path for one in client.list_artifacts(run_in(said))}
    assert there == {one.path for one in client.list_artifacts(run_in(usual))}
    assert "nothing waits" in followed(["sync"], {})[0]


SHRUNK = (
    "train.denoiser=unet:2,train.patch_size=32,train.patch_step=64,train.batch_size=112,"
    "train.epochs=1,train.gradient_every=0,train.validation_slices=1,train.precision=float32,"
    "train.validation_patches=16,calibrate.tolerance=0.5,evaluate.protocols=paper8"
)


@pytest.mark.slow  # the lock: two minutes
def test_a_database_that_is_locked_for_two_minutes_misses_nothing(
    tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, free = tmp_path / "lab.db", threading.Event()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    monkeypatch.chdir(tmp_path)

    def lock() -> None:
        with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as locking:
            locking.execute("BEGIN EXCLUSIVE")
            time.sleep(120)
            locking.execute("ROLLBACK")
        free.set()

    locked = threading.Thread(target=lock)
    said, errors = followed(TRAIN, {"epoch 2/12": locked.start})
    assert "Traceback" not in said + errors
    assert free.wait(180)
    with command(["sync"]) as process:
        sent = "".join(process.communicate())
    assert process.returncode == 0, sent
    client = MlflowClient(f"sqlite:///{database}")
    epochs = epochs_of(client, run_in(said))
    assert [step for step, _ in epochs["train/total_loss"]] == [*range(1, 13)]
    assert client.get_run(run_in(said)).info.status == "FINISHED"
    assert not waits_on_disk(run_in(said))


@pytest.mark.slow  # a calibration, two trainings, and the minute that others have: three minutes
def test_main_waits_between_its_steps_for_a_server_that_is_away(
    tiny_cache: Path, door: Door
) -> None:
    job = ["main", "--data", "simulated:tiny", "--experiments", "vgg16:random:block1_conv1,mse",
           "--overrides", SHRUNK]  # fmt: skip
    said, errors = followed(job, {"epoch 1/1": door.shut, "Waiting for it": door.open})
    assert "Traceback" not in said + errors
    client, whole = MlflowClient(door.uri), run_in(said)
    stored = client.get_run(whole)
    steps = {key: run for key, run in stored.data.tags.items() if key.startswith("pi.step.")}
    assert {client.get_run(run).info.status for run in steps.values()} == {"FINISHED"}
    assert len(steps) == len(set(steps.values())) == 6  # each once
    assert stored.info.status == "FINISHED"
    assert not any(waits_on_disk(run) for run in (whole, *steps.values()))


@contextmanager
def small_disk(place: Path, kib: int) -> Iterator[None]:
    """Have a file system of so many KiB at a folder while the block runs."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """Leave no room at a place; give the file that takes it."""
    file = place / "ballast"
    with file.open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            return file


@pytest.mark.slow  # a training: half a minute
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_disk_of_artifacts_that_takes_nothing_ends_no_training(
    tiny_cache: Path, database: Path, how: str
) -> None:
    artifacts = database.parent / "mlruns"
    with small_disk(artifacts, 65536):
        former = former_folder(database)  # it is a copy of one that was made elsewhere
        assert former
        settle_here(database, former)

        def spoil() -> None:
            if how == "full":
                fill(artifacts)
            else:
                subprocess.run(["mount", "-o", "remount,ro", str(artifacts)], check=True)

        said, errors = followed(TRAIN, {"epoch 1/12": spoil})
        assert "Traceback" not in said + errors
        assert said.count("python -m entrypoints.sync") == 1
        run_id = run_in(said)
        client = MlflowClient(f"sqlite:///{database}")
        assert len(epochs_of(client, run_id)["train/total_loss"]) == 12
        if how == "full":
            (artifacts / "ballast").unlink()
        else:
            subprocess.run(["mount", "-o", "remount,rw", str(artifacts)], check=True)
        followed(["sync"], {})
        assert client.get_run(run_id).info.status == "FINISHED"
        assert "denoiser" in {one.path for one in client.list_artifacts(run_id)}


@pytest.mark.slow  # two trainings: a minute
@pytest.mark.parametrize("which", ["PI_CACHE", "TMPDIR"])
def test_a_full_disk_is_one_sentence_and_the_training_goes_on_when_there_is_room(
    tiny_cache: Path, database: Path, tmp_path: Path, which: str
) -> None:
    place = tmp_path / "small"
    with small_disk(place, 65536):
        if which == "PI_CACHE":
            subprocess.run(["cp", "-a", f"{tiny_cache}/.", str(place)], check=True)
        lines = []
        with command(TRAIN, **{which: str(place)}) as process:
            for line in process.stdout or ():
                lines.append(line)
                if "epoch 1/12" in line:
                    fill(place)
            errors = "".join(process.stderr or ())
        code = process.returncode
        assert "Traceback" not in errors
        if code == 0:  # nothing of it was written any more, which only a temporary folder can say
            assert which == "TMPDIR"
            return
        assert code == 2
        assert errors.count("error: ") == 1
        assert "No space left on device" in errors
        run_id = run_in("".join(lines))
        assert f"go on with: python -m entrypoints.train --resume {run_id}" in errors
        (place / "ballast").unlink()
        said, _ = followed(["train", "--resume", run_id], {}, **{which: str(place)})
        assert "epoch 12/12" in said
        client = MlflowClient(f"sqlite:///{database}")
        assert client.get_run(run_id).info.status == "FINISHED"
        found = epochs_of(client, run_id)["train/total_loss"]
        assert [step for step, _ in found] == [*range(1, 13)]
