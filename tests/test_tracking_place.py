"""A project that was moved or renamed is told, and readable after the one command that is named."""

import re
import sqlite3
from pathlib import Path

import pytest
from mlflow import MlflowClient

from entrypoints.tidy import main
from pi.command_line import run
from pi.parameters import TidyParameters
from pi.tracking.address import TrackingError
from pi.tracking.records import read_artifact
from pi.tracking.tracker import Tracked
from pi.tracking_place import former_folder, settle_here


def test_a_moved_project_is_told_and_readable_after_one_command(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Tracked().open("train", "before") as opened:
        opened.text("what was found", "kept.txt")
    before, after = database.parent, database.parent.with_name("a new name & place")
    before.rename(after)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{after / database.name}")
    with pytest.raises(TrackingError, match="as if the project had been moved") as caught:
        read_artifact(opened.run_id, "kept.txt", Path.read_text)
    assert not before.exists(), "nothing is made where it was"
    assert str(before) not in str(caught.value)
    (command,) = re.findall(r"`python -m entrypoints\.tidy (.*?)`", str(caught.value))
    assert run(main, TidyParameters, "", command.split()) == 0
    assert "2 places of artifacts" in capsys.readouterr().out
    assert read_artifact(opened.run_id, "kept.txt", Path.read_text) == "what was found"
    with Tracked().open("train", "after") as again:
        again.text("found later", "kept.txt")
    client = MlflowClient(f"sqlite:///{after / database.name}")
    for one in (opened, again):
        assert str(after) in str(client.get_run(one.run_id).info.artifact_uri)


def store(folder: Path, *places: str) -> Path:
    folder.mkdir()
    with sqlite3.connect(folder / "mlflow.db") as database:
        database.execute("CREATE TABLE experiments (artifact_location TEXT)")
        database.execute("CREATE TABLE runs (artifact_uri TEXT)")
        database.executemany("INSERT INTO experiments VALUES (?)", [(one,) for one in places])
        database.executemany("INSERT INTO runs VALUES (?)", [(f"{one}/r",) for one in places])
    return folder / "mlflow.db"


@pytest.mark.parametrize("written", ["{gone}/mlruns/0", "file://{gone}/mlruns/0"])
def test_both_spellings_of_a_place_are_written_anew(tmp_path: Path, written: str) -> None:
    gone = tmp_path / "mlruns" / "gone"  # whose own name would be taken for the artifacts' folder
    file = store(tmp_path / "here", written.format(gone=gone), "s3://bucket/mlruns/1", "mlruns/2")
    assert former_folder(file) is None, "no artifacts lie beside it"
    (file.parent / "mlruns").mkdir()
    former = former_folder(file)
    assert former == gone
    assert settle_here(file, former) == 2
    assert former_folder(file) is None
    with sqlite3.connect(file) as database:
        places = [place for (place,) in database.execute("SELECT artifact_uri FROM runs")]
    assert places == [
        written.format(gone=file.parent) + "/r", "s3://bucket/mlruns/1/r", "mlruns/2/r"
    ]  # fmt: skip


def test_artifacts_that_are_kept_elsewhere_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere/mlruns").mkdir(parents=True)
    file = store(tmp_path / "here", f"{tmp_path}/elsewhere/mlruns/0", f"{tmp_path}/other/runs/1")
    (file.parent / "mlruns").mkdir()
    assert former_folder(file) is None


def test_what_is_no_store_of_mlflows_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlflow.db").write_bytes(b"no database")
    assert former_folder(tmp_path / "mlflow.db") is None
    assert former_folder(tmp_path / "none.db") is None
