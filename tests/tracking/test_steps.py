"""A job of several steps: each done once, and taken up again where it ended."""

from pathlib import Path

import pytest

from pi.tracking.earlier import children_of, read_run, run_status
from pi.tracking.run import open_run
from pi.tracking.steps import Steps

pytestmark = pytest.mark.usefixtures("database")


class StepFailedError(Exception):
    """A step that was told to fail."""


def work(stage: str, seen: list[str], *, fail: bool = False) -> object:
    def step(resumed: str) -> None:
        seen.append(resumed)
        with open_run(stage, stage, resumed):
            if fail:
                raise StepFailedError

    return step


def test_a_steps_run_is_nested_in_the_job() -> None:
    with open_run("main", "job") as job:
        done = Steps(job, lambda said: None).do("one", work("train", []))  # type: ignore[arg-type]
    assert list(children_of(job.run_id)) == [done]
    assert read_run(done).tags["mlflow.parentRunId"] == job.run_id


def test_a_step_that_is_done_is_not_done_again() -> None:
    seen: list[str] = []
    with open_run("main", "job") as job:
        first = Steps(job, lambda said: None).do("one", work("train", seen))  # type: ignore[arg-type]
    with open_run("main", "job", job.run_id) as again:
        second = Steps(again, lambda said: None).do("one", work("train", seen))  # type: ignore[arg-type]
    assert (first, seen) == (second, [""])


@pytest.mark.parametrize("resumable", [True, False])
def test_a_step_that_failed_is_resumed_or_starts_anew(resumable: bool) -> None:
    seen: list[str] = []
    with pytest.raises(StepFailedError), open_run("main", "job") as job:
        Steps(job, lambda said: None).do(
            "one",
            work("train", seen, fail=True),
            resumable=resumable,  # type: ignore[arg-type]
        )
    failed = next(iter(children_of(job.run_id)))
    assert (run_status(job.run_id), run_status(failed)) == ("FAILED", "FAILED")
    with open_run("main", "job", job.run_id) as again:
        done = Steps(again, lambda said: None).do(
            "one",
            work("train", seen),
            resumable=resumable,  # type: ignore[arg-type]
        )
    assert seen == ["", failed if resumable else ""]
    assert (done == failed) is resumable
    assert run_status(done) == "FINISHED"


def test_runs_outside_a_step_are_nobodys_children(database: Path) -> None:
    with open_run("main", "job") as job:
        Steps(job, lambda said: None).do("one", work("train", []))  # type: ignore[arg-type]
    with open_run("train", "alone") as alone:
        pass
    assert "mlflow.parentRunId" not in read_run(alone.run_id).tags
