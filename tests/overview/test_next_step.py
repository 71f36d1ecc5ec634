"""The one command that is next, by what a store lacks."""

from overview.runs_by_hand import listed_run

from pi.overview.next_step import next_step
from pi.tracking.listing import ListedRun

CALIBRATED = listed_run("c", "calibration")
TRAINED = listed_run("t", "train")


def evaluated(run_id: str, trained: str) -> ListedRun:
    tags = {"pi.evaluated_run": trained, "pi.data_digest": "x"}
    return listed_run(run_id, "evaluate", tags=tags)


EVALUATED = [evaluated("e1", "t"), evaluated("e0", "before")]
COMPARED = listed_run("k", "compare", tags={"pi.compared_runs": "e0 e1"})


def command(*runs: ListedRun) -> str:
    return next_step(runs, lambda stage: False).command


def test_each_step_follows_from_the_one_before() -> None:
    assert command() == "make main-quick"
    assert "entrypoints.train" in command(CALIBRATED)
    assert command(TRAINED) == "python -m entrypoints.evaluate --run t"
    assert command(*EVALUATED, TRAINED) == "python -m entrypoints.compare --runs e1,e0"
    assert command(COMPARED, *EVALUATED, TRAINED) == "make calibrate"
    assert "search" in command(COMPARED, *EVALUATED, TRAINED, CALIBRATED)
    assert command(listed_run("s", "search"), COMPARED, *EVALUATED, TRAINED, CALIBRATED) == (
        "make report"
    )


def test_a_training_that_was_broken_off_goes_on() -> None:
    broken = listed_run("b", "train", "KILLED")
    assert command(broken, TRAINED) == "python -m entrypoints.train --resume b"
    assert "--resume" not in command(TRAINED, broken)


def test_what_lies_beyond_the_newest_runs_is_not_said_to_be_missing() -> None:
    newest = [COMPARED, *EVALUATED, TRAINED]
    assert next_step(newest, lambda stage: stage == "calibration").command.endswith(".search")
    assert next_step(newest, lambda stage: True).command == "make report"
