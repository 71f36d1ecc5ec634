"""Tags by which processes agree, and how they know that they mean one store."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pi.tracking.address import TrackingError
from pi.tracking.records import SharedTags, read_run, run_status, store_identity
from pi.tracking.tracker import Tracked


def test_a_tag_is_there_at_once_and_gone_at_once(database: Path) -> None:
    with Tracked().open("main", "job") as job:
        tags = SharedTags(job.run_id)
        tags.write("pi.claim.a.one", "1")
        assert read_run(job.run_id).tags["pi.claim.a.one"] == "1"
        tags.remove("pi.claim.a.one")
        tags.remove("pi.claim.a.one")
        assert "pi.claim.a.one" not in tags.read()
    with pytest.raises(TrackingError, match="the run that these steps are of must be read"):
        SharedTags("0" * 32).read()


def test_a_run_waits_and_one_that_ended_stays_as_it_is(database: Path) -> None:
    with Tracked().open("main", "job") as job:
        SharedTags(job.run_id).close_gone("")
    tags = SharedTags(job.run_id)
    tags.close_gone(job.run_id)
    assert run_status(job.run_id) == "FINISHED"
    tags.lie_waiting()
    assert run_status(job.run_id) == "SCHEDULED"


def test_two_stores_are_told_apart_and_none_is_made(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = store_identity()
    assert ours == store_identity() != ""
    other = Path(shutil.copy(database, database.with_name("other.db")))
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("UPDATE experiments SET creation_time = creation_time + 1")
        connection.commit()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}")
    assert store_identity() not in (ours, "")
    none = database.with_name("none.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{none}")
    assert store_identity() == ""
    assert not none.exists()
