"""What was left behind is listed first, then cleared; what is at work is left alone."""

import os
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from entrypoints.tidy import main
from pi.alive import LEFT_AFTER, PROCESS, SIGN
from pi.command_line import run
from pi.parameters import TidyParameters
from pi.tracking.tracker import Tracked
from pi.training.checkpoint import checkpoint_file


def tidied(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(main, TidyParameters, "", arguments) == 0
    return capsys.readouterr().out


def aged(place: Path, days: float) -> None:
    for one in (*place.rglob("*"), place):
        os.utime(one, (time.time() - days * 86400,) * 2)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    return tmp_path / "cache"


def test_a_run_whose_process_is_gone_is_closed_and_one_at_work_is_not(
    database: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    with Tracked().open("train", "dead") as dead, dead.child("its", "trial") as nested:
        pass
    for run_id in (dead.run_id, nested.run_id):
        client.update_run(run_id, "RUNNING")
    client.set_tag(dead.run_id, PROCESS, f"{os.getpid()}:1")
    client.set_tag(dead.run_id, SIGN, str(int(time.time() - LEFT_AFTER - 5)))
    with Tracked().open("train", "at work") as working:
        said = tidied(capsys)
        assert f"run {dead.run_id}: its process is gone" in said
        assert "with --remove True" in said
        assert client.get_run(dead.run_id).info.status == "RUNNING"  # it was listed alone
        assert working.run_id not in tidied(capsys, "--remove", "True")
        assert client.get_run(dead.run_id).info.status == "KILLED"
        assert client.get_run(nested.run_id).info.status == "KILLED"
        assert client.get_run(working.run_id).info.status == "RUNNING"


def test_half_stores_go_and_a_whole_one_without_its_name_comes_back(
    database: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stores = cache / "stores"
    for name in (".one.abc.partial", ".two.abc.partial", ".mine.abc.former", ".old.abc.former",
                 "old"):  # fmt: skip
        (stores / name).mkdir(parents=True)
        (stores / name / "manifest.json").write_text("x" * 1000)
    for name in (".one.abc.partial", ".mine.abc.former", ".old.abc.former"):
        aged(stores / name, 2)
    said = tidied(capsys, "--remove", "True")
    assert sorted(path.name for path in stores.iterdir()) == [".two.abc.partial", "mine", "old"]
    assert "store mine, whole, which a crash left without its name: put back" in said
    assert str(cache) not in said


def test_checkpoints_of_runs_that_are_over_go_and_others_when_they_are_old(
    database: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept: dict[str, bool] = {}
    for name, days, keep, stays in (
        ("over", 0, "False", False), ("kept", 90, "True", True), ("killed", 1, "False", True),
        ("long ago", 90, "False", False),
    ):  # fmt: skip
        with Tracked().open("train", name) as one:
            one.params({"keep_checkpoints": keep})
        if name in ("killed", "long ago"):
            MlflowClient(f"sqlite:///{database}").set_terminated(one.run_id, "KILLED")
        checkpoint_file(one.run_id).write_bytes(b"x" * 10)
        aged(checkpoint_file(one.run_id).parent, days)
        kept[one.run_id] = stays
    checkpoint_file("anotherstores").write_bytes(b"x")  # whose run is not known here
    kept["anotherstores"] = True
    tidied(capsys, "--remove", "True")
    there = {path.name for path in (cache / "checkpoints").iterdir()}
    assert there == {run_id for run_id, stays in kept.items() if stays}
