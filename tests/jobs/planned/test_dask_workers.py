"""Dask's workers, one in this process: who may work, and what comes back of steps."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import LocalCluster

from pi.algorithm1 import EntryPoint
from pi.jobs.planned import dask_workers, greeting, hiring, worker
from pi.jobs.planned.carrying_out import StepsFailedError
from pi.jobs.planned.greeting import RULES, ClusterError, Greeting
from pi.jobs.planned.hiring import hired, workers_asked
from pi.jobs.planned.job import Job
from pi.jobs.planned.worker import plan_of
from pi.parameters import MainParameters
from pi.slices.store import Store
from pi.tracking.address import TrackingError
from pi.tracking.records import children_of, finished_below, read_run
from pi.tracking.tracker import Tracked, Tracker

ASKED = MainParameters(data="simulated:tiny", experiments="demo1,mse", folds=2)


@contextmanager
def scheduler_of(threads: int) -> Iterator[str]:
    with LocalCluster(
        n_workers=1, threads_per_worker=threads, processes=False, protocol="tcp://",
        host="127.0.0.1", silence_logs=logging.CRITICAL,
        scheduler_kwargs={"dashboard": False, "dashboard_address": dask_workers.LOOPBACK},
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with scheduler_of(1) as address:
        yield address


@pytest.fixture
def asked(scheduler: str, tiny_cache: Path, database: Path) -> MainParameters:
    return replace(ASKED, workers=scheduler)


def hire(p: MainParameters, tiny_store: Store) -> None:
    with hired(p, plan_of(p).steps, tiny_store, lambda line: None):
        pass


def test_who_is_asked() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        assert (workers_asked(""), workers_asked("0"), workers_asked("3")) == ("", "", "3")
        patch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://a:1")
        assert (workers_asked(""), workers_asked("0"), workers_asked("3")) == ("tcp://a:1", "", "3")


@pytest.mark.parametrize("fact", RULES)
def test_a_worker_that_differs_is_told_in_a_sentence(
    asked: MainParameters, monkeypatch: pytest.MonkeyPatch, fact: str
) -> None:
    ours = greeting.greeting

    def another(p: MainParameters, store: Store | None = None) -> Greeting:
        return replace(ours(p, store), **{fact: "other"})

    monkeypatch.setattr(worker, "greeting", another)
    with pytest.raises(
        ClusterError, match=r"every worker must .* but (one|those) on \S+ ha"
    ) as told:
        hire(asked, greeting.open_asked(asked, asked.folds))
    assert "/" not in str(told.value).replace("requirements.lock", "")


def test_a_worker_without_the_data_says_what_it_lacks(
    asked: MainParameters, tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(p: MainParameters, fold: int) -> Store:
        raise TrackingError("store 'mayo' must exist but does not.")

    monkeypatch.setattr(greeting, "open_asked", missing)
    with pytest.raises(ClusterError, match=r"one on \S+ says: store 'mayo' must exist"):
        hire(asked, tiny_store)


def test_a_worker_with_other_code_may_not_even_understand(
    asked: MainParameters, tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(p: MainParameters, store: Store | None = None) -> Greeting:
        raise AttributeError("greeting")

    monkeypatch.setattr(worker, "greeting", unknown)
    with pytest.raises(ClusterError, match="every worker must have this code but one has not"):
        hire(asked, tiny_store)


def test_what_cannot_be_is_one_sentence_and_makes_no_run(
    asked: MainParameters, tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ClusterError, match="must have GPU=1, which train needs"):
        hire(replace(asked, step_resources="train.GPU=1"), tiny_store)
    with scheduler_of(2) as crowded, pytest.raises(ClusterError, match="must have one thread"):
        hire(replace(asked, workers=crowded), tiny_store)
    monkeypatch.setattr(dask_workers, "ANSWER_WITHIN", 1)
    with pytest.raises(ClusterError, match="the scheduler that `workers` names must answer"):
        hire(replace(asked, workers="tcp://127.0.0.1:9"), tiny_store)
    monkeypatch.setattr(hiring, "find_spec", lambda name: None)
    with pytest.raises(
        ClusterError, match=r"not: pip install \"perceptual-influence\[cluster\]\"."
    ):
        hire(asked, tiny_store)


def test_a_folder_that_is_not_shared_is_told_unless_checkpoints_travel_otherwise(
    asked: MainParameters, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = greeting.open_asked(asked, asked.folds)
    hire(asked, folded)
    assert not [*(tiny_cache / "checkpoints").iterdir()]
    monkeypatch.setattr(dask_workers, "sees_mark", sees_nothing)
    with pytest.raises(ClusterError, match="let PI_CHECKPOINTS name one that all machines share"):
        hire(asked, folded)
    hire(replace(asked, overrides="train.checkpoint_to=artifacts"), folded)


def sees_nothing(name: str) -> bool:
    return False


TAKEN: Counter[str] = Counter()
FAILS: dict[str, Callable[[], None]] = {}


def take(entry_point: EntryPoint, arguments: list[str], tracker: Tracker) -> None:
    """A step that only opens its run, and before that does what a test wants to go wrong."""
    step = f"{entry_point} {arguments[arguments.index('--fold') + 1]}"
    TAKEN[step] += 1
    FAILS.pop(step, lambda: None)()
    with tracker.open(entry_point, entry_point) as run:
        tracker.say(f"doing {step}")
        if entry_point == "calibrate":
            with run.child("one", "calibration") as child:
                child.params({"experiment": "demo1", "state": "identity"})


def carried_out(p: MainParameters, say: Callable[[str], object]) -> str:
    plan = plan_of(p)
    steps = [step for step in plan.steps if step.experiment == "mse" or not step.experiment][:-1]
    store = greeting.open_asked(p, p.folds)
    TAKEN.clear()
    with hired(p, (), store, say) as workers:
        job = Job(plan, steps, Tracked(say), take, [], workers, p.step_retries)
        return job.go_on("job", "", lambda run: None).run.run_id


def failing() -> None:
    raise RuntimeError("for a moment")


def test_steps_are_nested_in_the_run_of_the_job_and_what_fails_is_done_again(
    asked: MainParameters,
) -> None:
    said: list[str] = []
    FAILS["train 2"] = failing
    run_id = carried_out(asked, said.append)
    tags = read_run(run_id).tags
    names = [f"fold{k}/{of}" for k in (1, 2) for of in ("calibrate", "train/mse", "evaluate/mse")]
    assert finished_below(run_id) == {tags[f"pi.step.{name}"] for name in names}
    assert {one.tags["pi.stage"] for one in children_of(run_id).values()} == {
        "calibrate", "train", "evaluate",
    }  # fmt: skip
    assert not [name for name in tags if name.startswith("pi.claim.")]
    assert TAKEN == {"calibrate 1": 1, "calibrate 2": 1, "train 1": 1, "train 2": 2,
                     "evaluate 1": 1, "evaluate 2": 1}  # fmt: skip
    (again,) = (line for line in said if "again" in line)
    assert again.startswith("== fold2/train/mse: again, for RuntimeError, a defect: the worker's")


class WrongError(TrackingError):
    """What would end in the same way again."""

    final = True


def wrong() -> None:
    raise WrongError("lambda must be a number but got none.")


def test_what_would_fail_again_is_given_up_and_what_does_not_rest_on_it_is_done(
    asked: MainParameters,
) -> None:
    FAILS["train 1"] = wrong
    with pytest.raises(StepsFailedError, match="fold1/train/mse: lambda must be a number"):
        carried_out(asked, lambda line: None)
    assert TAKEN["train 1"] == TAKEN["evaluate 2"] == 1
    assert TAKEN["evaluate 1"] == 0
