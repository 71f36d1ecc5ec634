"""Four processes at one study in PostgreSQL; one is killed: nothing is lost or done twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from search.postgres import own_postgres

from pi.search.record import records
from pi.search.storage import open_storage
from pi.search.study import counted

ROOT = Path(__file__).parents[2]
WORKERS, TRIALS = 4, 24


def start(url: str, marks: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "search.worker", url, str(marks), str(TRIALS)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stderr=subprocess.PIPE,
        text=True,
    )


def read(marks: Path) -> list[list[str]]:
    return [line.split() for line in marks.read_text().splitlines()] if marks.exists() else []


def kill_in_the_middle(marks: Path, workers: "list[subprocess.Popen[str]]") -> str:
    """Kill a worker whose newest mark is a beginning; return the number of its trial."""
    until = time.monotonic() + 120
    while time.monotonic() < until and all(worker.poll() is None for worker in workers):
        for worker in workers:
            if len(marks_of(worker, marks)) < 3 or marks_of(worker, marks)[-1][0] != "began":
                continue
            os.kill(worker.pid, signal.SIGSTOP)  # it does nothing more while we look again
            last = marks_of(worker, marks)[-1]
            os.kill(worker.pid, signal.SIGKILL if last[0] == "began" else signal.SIGCONT)
            if last[0] == "began":
                worker.wait()
                workers.remove(worker)
                return last[2]
        time.sleep(0.01)
    raise AssertionError("no worker was ever in the middle of a trial")


def marks_of(worker: "subprocess.Popen[str]", marks: Path) -> list[list[str]]:
    return [line for line in read(marks) if line[1] == str(worker.pid)]


@pytest.mark.slow
def test_a_killed_workers_trial_is_done_by_another_and_no_trial_twice(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    with own_postgres() as url:
        workers = [start(url, marks) for _ in range(WORKERS)]  # all at once, on an empty database
        every = [*workers]
        try:
            killed = kill_in_the_middle(marks, workers)
            for worker in workers:
                _, err = worker.communicate(timeout=120)
                assert worker.returncode == 0, err
        finally:
            for worker in every:
                worker.kill()
                worker.communicate()
        study = optuna.load_study(study_name="one", storage=open_storage(url, "http://elsewhere"))
        trials = study.trials
        assert counted(study) == len(records(study))
        study._storage.remove_session()
        study._storage._backend.engine.dispose()

    states = Counter(trial.state for trial in trials)
    assert states[TrialState.FAIL] == 1
    assert TRIALS <= states[TrialState.COMPLETE] < TRIALS + WORKERS
    assert set(states) == {TrialState.FAIL, TrialState.COMPLETE}
    dead = trials[int(killed)]
    assert dead.state == TrialState.FAIL
    (again,) = [t for t in trials if t.system_attrs.get("retry_history") == [dead.number]]
    assert again.state == TrialState.COMPLETE
    assert again.params == dead.params

    began = Counter(line[2] for line in read(marks) if line[0] == "began")
    ended = Counter(line[2] for line in read(marks) if line[0] == "ended")
    assert set(began.values()) == set(ended.values()) == {1}
    assert set(began) - set(ended) == {killed}
    assert set(ended) == {str(t.number) for t in trials if t.state == TrialState.COMPLETE}
    assert len({line[1] for line in read(marks)}) == WORKERS  # all of them had a part in it
