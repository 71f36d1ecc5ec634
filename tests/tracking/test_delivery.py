"""What MLflow holds after a delivery, one that was interrupted, and one into a store that fails."""

import errno
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ErrorCode

from entrypoints.sync import main as sync_main
from pi.command_line import run as run_command
from pi.journal import sender
from pi.journal.entry import is_alias
from pi.journal.outbox import AwayError
from pi.journal.shelf import books, waits_on_disk
from pi.parameters import SyncParameters
from pi.tracking import registry
from pi.tracking.address import TrackingError, farewell, tracking_uri
from pi.tracking.delivery import MlflowServer
from pi.tracking.records import children_of, fetch_artifact, read_run, run_status
from pi.tracking.registry import tell_model
from pi.tracking.run import Run
from pi.tracking.saved_view import save_view
from pi.tracking.tracker import Tracked

COMMAND = "python -m entrypoints.sync"


@pytest.fixture
def client(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """The store in force, of a process with a cache of its own that is in a hurry."""
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "own cache"))
    monkeypatch.setattr(sender, "BACK_OFF", (0.05, 0.1))
    monkeypatch.setattr(sender, "GRACE", 0.3)
    return MlflowClient(tracking_uri())


def synced() -> int:
    return run_command(sync_main, SyncParameters, "", [])


def told_all(run: Run, other: str) -> None:
    """Log something of every kind."""
    run.params({"seed": 5})
    run.begin({"more": 1}, {"psi": 0.5})
    run.series({"curve": [(step, step / 7) for step in range(5)], "psi": [(1, 0.6)]})
    run.dataset("patients", "ab" * 32, {"patients": 7})
    run.listed_by(other, "pi.listed")
    run.experiment_tag("about", "all")
    run.table(pd.DataFrame({"psi": [0.1, 1 / 3]}), "table.json")
    run.json({"a": 1}, "folder/config.json")
    run.image(np.zeros((4, 4), np.uint8), "rank/image")
    run.forget("nothing")
    with run.child("nested", "calibration") as child:
        child.metrics({"psi": 0.25})


def held(client: MlflowClient, run_id: str) -> dict[str, Any]:
    """Everything that a run holds, of which twice would be more than once."""
    run = client.get_run(run_id)
    files, folders = [], [""]
    while folders:
        for one in client.list_artifacts(run_id, folders.pop() or None):
            folders += [one.path] if one.is_dir else []
            files += [] if one.is_dir else [(one.path, one.file_size)]
    below = client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{run_id}'")
    return {
        "params": run.data.params,
        "tags": {key: value for key, value in run.data.tags.items() if "heartbeat" not in key},
        "metrics": {key: [(one.step, one.timestamp, one.value)
                          for one in client.get_metric_history(run_id, key)]
                    for key in sorted(run.data.metrics)},
        "files": sorted(files),
        "data": [one.dataset.digest for one in run.inputs.dataset_inputs],
        "below": [held(client, one.info.run_id) for one in below],
        "status": run.info.status,
    }  # fmt: skip


def test_what_is_delivered_twice_is_there_once(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tracked().open("train", "another") as other:
        pass
    before: list[dict[str, Any]] = []
    deliver = MlflowServer.deliver

    def twice(self: MlflowServer, entry: Any, place: Path | None, again: bool) -> str:
        first = deliver(self, entry, place, again)
        if entry.kind in ("open", "end"):
            assert deliver(self, entry, place, True) == first
            return first
        before.append(held(client, entry.run) if entry.run != other.run_id else {})
        assert deliver(self, entry, place, True) == first
        assert not before[-1] or held(client, entry.run) == before[-1], entry
        return first

    monkeypatch.setattr(MlflowServer, "deliver", twice)
    with Tracked().open("train", "all kinds") as run:
        told_all(run, other.run_id)
    found = held(client, run.run_id)
    assert found["metrics"]["curve"][-1][0] == 4
    assert [len(one["metrics"]["psi"]) for one in (found, *found["below"])] == [2, 1]
    assert len(found["files"]) == 4
    assert client.get_run(other.run_id).data.tags["pi.listed"] == run.run_id
    assert found["status"] == "FINISHED"


def test_a_locked_database_ends_nothing_and_has_all_when_it_is_free(
    client: MlflowClient, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}?timeout=0.1")
    monkeypatch.setattr(sender, "PATIENCE", 1.0)
    said: list[str] = []
    with Tracked(said.append).open("train", "long") as run:
        run.metrics({"psi": 0.0}, step=0)
        with closing(sqlite3.connect(database, isolation_level=None)) as locking:
            locking.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            for step in range(1, 20):
                run.metrics({"psi": step / 7}, step=step)
            with run.child("nested", "calibration") as child:
                assert is_alias(child.run_id)
                child.metrics({"psi": 0.5})
            run.tags({"best": child.run_id})
            assert time.monotonic() - began < 10
            locking.execute("ROLLBACK")
        run.text("after", "a.txt")
    found = client.get_metric_history(run.run_id, "psi")
    assert [(one.step, one.value) for one in found] == [(k, k / 7) for k in range(20)]
    ((nested, record),) = children_of(run.run_id).items()
    assert record.metrics == {"psi": 0.5}
    assert client.get_run(run.run_id).data.tags["best"] == nested
    assert read_run(child.run_id) == read_run(nested)  # by what it was called meanwhile, too
    assert run_status(child.run_id) == "FINISHED"
    # MLflow waits for a lock itself, where it has a connection already, and then nothing is said.
    assert all("database is locked" in line for line in said[1:2])
    assert not list(books())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_store_of_artifacts_that_takes_nothing_is_one_sentence_and_sync_brings_the_rest(
    client: MlflowClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def refuse(*values: object) -> None:
        raise OSError(number, os.strerror(number))

    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifact", refuse)
        with Tracked(said.append).open("train", "one") as run:
            run.metrics({"psi": 0.5})
            run.json({"a": 1}, "config.json")
            run.metrics({"psi": 0.6}, step=1)
        assert [os.strerror(number) in one for one in said[1:]] == [True]
        assert farewell(run.uri, run.experiment_id, run.run_id, "").count(COMMAND) == 1
        assert synced() == 2
    told = capsys.readouterr().err
    assert os.strerror(number) in told
    assert told.count("\n") == 1
    stored = client.get_run(run.run_id)
    assert (stored.data.metrics, stored.info.status) == ({"psi": 0.6}, "RUNNING")
    assert synced() == 0
    assert f"run {run.run_id}: " in capsys.readouterr().out
    assert fetch_artifact(run.run_id, "config.json").is_file()
    assert client.get_run(run.run_id).info.status == "FINISHED"
    assert COMMAND not in farewell(run.uri, run.experiment_id, run.run_id, "")
    assert synced() == 0
    assert "nothing waits" in capsys.readouterr().out


def test_whoever_reads_a_run_that_waits_here_finds_all_of_it(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, Tracked().open("train", "one") as run:
        for name in ("log_artifact", "log_batch", "set_terminated"):
            patch.setattr(MlflowClient, name, _gone)
        run.text("words", "a.txt")
        run.metrics({"psi": 0.5})
    assert waits_on_disk(run.run_id)
    assert read_run(run.run_id).metrics == {"psi": 0.5}
    assert fetch_artifact(run.run_id, "a.txt").read_text() == "words"
    assert client.get_run(run.run_id).info.status == "FINISHED"


def _gone(*values: object, **named: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_what_another_process_left_is_sent_before_a_run_goes_on(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        run_id = _failed_without(patch)
    assert waits_on_disk(run_id)
    with Tracked().open("train", "one", run_id) as again:
        assert (again.metric("psi"), again.step_of("psi")) == (0.5, 1)
        stored = client.get_run(run_id)
        assert (stored.info.status, stored.data.metrics) == ("RUNNING", {"psi": 0.5})
        assert "pi.reason" not in stored.data.tags


def _failed_without(patch: pytest.MonkeyPatch) -> str:
    """Return the run of a process that logged, and failed, after the store had gone."""
    try:
        with Tracked().open("train", "one") as run:
            patch.setattr(MlflowServer, "answers", lambda self: "gone")
            patch.setattr(MlflowServer, "deliver", _away)
            run.metrics({"psi": 0.5}, step=1)
            raise ZeroDivisionError
    except ZeroDivisionError:
        return run.run_id


def _away(*values: object) -> str:
    raise AwayError("gone")


def test_what_waits_for_another_store_stays(
    client: MlflowClient, database: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(MlflowServer, "deliver", _away)
        with Tracked().open("train", "one") as run:
            run.metrics({"psi": 0.5})
    other = database.with_name("other.db")
    other.write_bytes(database.read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}")
    assert synced() == 0
    assert "for other tracking stores: what 1 runs logged" in capsys.readouterr().out
    assert waits_on_disk(run.run_id)


def test_sync_leaves_a_run_that_is_at_work_its_own_and_says_so(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(MlflowServer, "deliver", _away)
        with Tracked().open("train", "one") as run:
            run.metrics({"psi": 0.5})
            assert synced() == 0
            said = capsys.readouterr().out
            assert "still at work, and sending it themselves: 1 runs" in said
            assert "nothing waits" not in said
    assert synced() == 0
    assert client.get_run(run.run_id).data.metrics == {"psi": 0.5}


def test_a_store_that_is_not_there_at_the_start_is_an_error_at_once(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    opened = Tracked().open("train", "one")
    with pytest.raises(TrackingError, match="must answer"), opened:
        pass
    assert synced() == 2
    assert not list(books())


@pytest.mark.parametrize("code", ["PERMISSION_DENIED", "RESOURCE_DOES_NOT_EXIST"])
def test_models_that_cannot_be_told_what_was_measured_end_no_run(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def refuse(*_: object) -> None:
        raise MlflowException("no", error_code=ErrorCode.Value(code))

    monkeypatch.setattr(registry, "show_on_models", refuse)
    with Tracked().open("evaluate", "x") as run:
        tell_model(run, run.run_id, ["psi"])
        run.tags({"after": "it"})
    assert client.get_run(run.run_id).data.tags["after"] == "it"
    assert not list(books())


def test_a_store_that_is_away_is_not_asked_for_what_no_work_depends_on(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tracked().open("train", "x") as run:
        monkeypatch.setattr(MlflowServer, "answers", lambda _: "nobody is there")
        assert run.asked(lambda found: found.get_run(run.run_id).info.run_name, "me") == "me"
        run.rename("x, better")
        assert save_view(run, "train")
    assert client.get_run(run.run_id).info.run_name == "x, better"
