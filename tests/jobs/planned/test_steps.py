"""A job of several steps: each done once, and taken up again where it ended."""

from collections import deque
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pi.algorithm1 import EntryPoint
from pi.jobs.planned.claims import CLAIM, Claimant, Signs, Tags
from pi.jobs.planned.steps import Steps, as_tag
from pi.journal.outbox import AwayError
from pi.tracking import address
from pi.tracking.address import TrackingError
from pi.tracking.delivery import MlflowServer
from pi.tracking.records import SharedTags, children_of, read_run, run_status
from pi.tracking.run import Run
from pi.tracking.tracker import Tracked, Tracker

pytestmark = pytest.mark.usefixtures("database")


class StepFailedError(Exception):
    """A step that was told to fail."""


class Work:
    """Takes steps that only open their run; remembers which run each went on with."""

    def __init__(self, *, fail: bool = False) -> None:
        self.fail = fail
        self.resumed: list[str] = []

    def __call__(self, entry_point: EntryPoint, arguments: list[str], tracker: Tracker) -> None:
        resumed = arguments[1] if arguments else ""
        self.resumed.append(resumed)
        with tracker.open(entry_point, entry_point, resumed):
            if self.fail:
                raise StepFailedError


def do(job: Run, work: Work, entry_point: EntryPoint = "train") -> str:
    return Steps(SharedTags(job.run_id), Tracked(), work).do("one", entry_point, [])


def test_a_steps_run_is_nested_in_the_job() -> None:
    with Tracked().open("main", "job") as job:
        done = do(job, Work())
    assert list(children_of(job.run_id)) == [done]
    assert read_run(done).tags["mlflow.parentRunId"] == job.run_id


def test_a_step_that_is_done_is_not_done_again() -> None:
    work = Work()
    with Tracked().open("main", "job") as job:
        first = do(job, work)
    with Tracked().open("main", "job", job.run_id) as again:
        second = do(again, work)
    assert (first, work.resumed) == (second, [""])


@pytest.mark.parametrize(("entry_point", "resumable"), [("train", True), ("evaluate", False)])
def test_a_step_that_failed_is_resumed_or_starts_anew(
    entry_point: EntryPoint, resumable: bool
) -> None:
    with pytest.raises(StepFailedError), Tracked().open("main", "job") as job:
        do(job, Work(fail=True), entry_point)
    failed = next(iter(children_of(job.run_id)))
    assert (run_status(job.run_id), run_status(failed)) == ("FAILED", "FAILED")
    work = Work()
    with Tracked().open("main", "job", job.run_id) as again:
        done = do(again, work, entry_point)
    assert work.resumed == [failed if resumable else ""]
    assert (done == failed) is resumable
    assert run_status(done) == "FINISHED"


def test_what_happens_is_said() -> None:
    said: list[str] = []
    with Tracked().open("main", "job") as job:
        steps = Steps(SharedTags(job.run_id), Tracked(said.append), Work())
        done = steps.do("one", "train", [])
        steps.do("one", "train", [])
    assert said[0] == "== one: starting"
    assert said[1].startswith("this run:")
    assert said[1].rpartition("/runs/")[2].startswith(done)
    assert said[2:] == [f"== one: done before, run {done}"]


def test_runs_outside_a_step_are_nobodys_children(database: Path) -> None:
    with Tracked().open("main", "job") as job:
        do(job, Work())
    with Tracked().open("train", "alone") as alone:
        pass
    assert "mlflow.parentRunId" not in read_run(alone.run_id).tags


def test_a_step_that_another_process_is_at_is_not_done_here() -> None:
    work = Work()
    other = Claimant(name="another")
    with Tracked().open("main", "job") as job:
        with other.holding(SharedTags(job.run_id), "one") as theirs:
            assert theirs
            assert do(job, work) == ""
        assert work.resumed == []
        assert do(job, work)
    assert not [tag for tag in read_run(job.run_id).tags if tag.startswith(CLAIM)]


def test_a_step_that_another_process_did_in_the_meantime_is_not_done_again() -> None:
    first, second = Work(), Work()

    class Late(Claimant):
        """Someone who looks, and while it claims the step another does it."""

        def take(self, tags: Tags, step: str) -> Signs:
            do(job, first)
            return super().take(tags, step)

    with Tracked().open("main", "job") as job:
        steps = Steps(SharedTags(job.run_id), Tracked(), second, Late(name="late"))
        assert steps.do("one", "evaluate", []) in children_of(job.run_id)
    assert (first.resumed, second.resumed) == ([""], [])


def test_a_store_that_goes_away_during_a_step_is_waited_for_and_has_its_result_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The store takes nothing from the middle of the step until it was asked twice."""
    answers, said = deque[bool](), list[str]()
    deliver, probed = MlflowServer.deliver, address.probe

    def take(self: MlflowServer, *entry: Any) -> str:
        if answers:
            raise AwayError("gone")
        return deliver(self, *entry)

    def probe(uri: str) -> None:
        if answers and not answers.popleft():
            raise TrackingError("the tracking store must answer but does not.")
        probed(uri)

    class Leaving(Work):
        def __call__(self, entry_point: EntryPoint, arguments: list[str], tracker: Tracker) -> None:
            with tracker.open(entry_point, entry_point) as run:
                answers.extend([False, False, True])
                run.metrics({"psi": 0.5})

    monkeypatch.setattr(MlflowServer, "deliver", take)
    monkeypatch.setattr(MlflowServer, "answers", lambda self: "gone" if answers else "")
    monkeypatch.setattr(address, "probe", probe)
    for pause in ("ASKED_EVERY", "EVERY"):
        monkeypatch.setattr(address, pause, 0.0)
    with Tracked().open("main", "job") as job:
        done = Steps(SharedTags(job.run_id), Tracked(said.append), Leaving()).do("one", "train", [])
    stored = MlflowClient(job.uri).get_run(done)
    assert (stored.info.status, stored.data.metrics) == ("FINISHED", {"psi": 0.5})
    assert [line for line in said if line.startswith("the tracking store")][-2:] == [
        "the tracking store must answer but does not. Waiting for it: nothing is lost, and Ctrl-C "
        "ends this.",
        "the tracking store answers again",
    ]


def test_the_run_of_a_process_that_died_at_a_step_is_closed() -> None:
    with Tracked().open("main", "job") as job:
        died = MlflowClient(job.uri).create_run(job.experiment_id).info.run_id
        SharedTags(job.run_id).write("pi.step.one", died)
        done = do(job, Work(), "evaluate")
    assert (run_status(died), run_status(done)) == ("KILLED", "FINISHED")


@pytest.mark.parametrize(
    "name", ["fold1/train/vgg16:random:block1_conv1/match=statistics:4", "train/demo1#2", "a" * 300]
)
def test_whatever_an_experiment_is_called_its_step_is_remembered(name: str) -> None:
    with Tracked().open("main", "job") as job:
        steps = Steps(SharedTags(job.run_id), Tracked(), Work())
        assert steps.do(name, "evaluate", []) == steps.do(name, "evaluate", [])
        assert as_tag(name) != as_tag(f"{name}x")
    assert as_tag("fold3/train/demo1") == "fold3/train/demo1"
