"""Algorithm 1 carried out on steps that only pretend: nested, linked, resumed, joined."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from pi.algorithm1 import Plan, make_plan
from pi.command_line import parse
from pi.evaluation.metrics import METRICS
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.ranking import rank_runs
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.jobs.planned.carrying_out import carry_out, slice_table
from pi.jobs.planned.steps import Steps
from pi.parameters import CalibrateParameters, EvaluateParameters, TrainParameters
from pi.switches import switch_rows, switch_values
from pi.tracking.logged_evaluation import log_board
from pi.tracking.records import children_of, read_run
from pi.tracking.tracker import Tracked, Tracker

KINDS = {"calibrate": CalibrateParameters, "train": TrainParameters, "evaluate": EvaluateParameters}
SWITCHES = switch_values("recommended", "")
PATIENTS = "ABC"
ROUND = ["calibrate", "train", "evaluate", "train", "evaluate"]


class Job(NamedTuple):
    """A job that is done: its run, its evaluations, and every step as `Pretend` took it."""

    run_id: str
    evaluated: dict[str, list[str]]
    taken: list[tuple[str, int, str]]


class Pretend:
    """Steps that open their runs and log what the next one looks for.

    Attributes:
        taken: entry point, fold and id resumed, of each step in turn.
        interrupted_at: the step, by its number, at which somebody presses Ctrl-C.
    """

    def __init__(self, interrupted_at: int = -1) -> None:
        self.taken: list[tuple[str, int, str]] = []
        self.interrupted_at = interrupted_at

    def __call__(self, entry_point: str, arguments: list[str], tracker: Tracker) -> None:
        p = parse(KINDS[entry_point], arguments, "", entry_point)
        resumed = p.resume if isinstance(p, TrainParameters) else ""
        self.taken.append((entry_point, p.fold, resumed))
        with tracker.open(entry_point, entry_point, resumed) as tracked:
            if len(self.taken) - 1 == self.interrupted_at:
                raise KeyboardInterrupt
            tracked.params({"fold": p.fold})
            if isinstance(p, CalibrateParameters):
                with tracked.child("one", "calibration") as child:
                    child.params({"experiment": p.experiments, "state": "identity"})
            elif isinstance(p, TrainParameters):
                tracked.params({"perceptual_weight": p.perceptual_weight})
            else:
                learned = read_run(p.run).params
                assert learned["fold"] == str(p.fold)
                gain = 0.0 if learned["perceptual_weight"] == "0" else 0.1
                tracked.parquet(out_of_fold(p.fold, gain), "slices.parquet")


def out_of_fold(fold: int, gain: float) -> pd.DataFrame:
    """The slice table of a fold's one patient: SSIM .1 times the fold, and a gain."""
    return pd.DataFrame(
        {"patient": PATIENTS[fold - 1], "thickness": 1.0, "kernel": "B30", "position": position,
         "protocol": "paper8", "image": image, **dict.fromkeys(METRICS, 1.0),
         "ssim": 0.1 * fold + (gain if image == DENOISED else 0.0)}
        for position in (0.0, 1.0) for image in (LOW_DOSE, DENOISED)
    )  # fmt: skip


def planned(folds: int = 3) -> Plan:
    shared = {
        "data": "simulated:tiny",
        "dose": "all",
        "split": "auto",
        "seed": 5,
        "medical_weights": "",
    }
    return make_plan(SWITCHES, "demo1,mse", folds, shared)


def carried_out(take: Pretend, plan: Plan, resumed: str = "") -> Job:
    with Tracked().open("main", "job", resumed) as job:
        return Job(job.run_id, carry_out(plan, Steps(job, Tracked(), take)), take.taken)


@pytest.fixture(scope="module")
def tracked(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Job]:
    """A job of three folds that is done, and where it is tracked."""
    folder = tmp_path_factory.mktemp("folds")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        return database, carried_out(Pretend(), planned())


@pytest.fixture
def job(tracked: tuple[Path, Job], monkeypatch: pytest.MonkeyPatch) -> Job:
    database, done = tracked
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    return done


def test_all_folds_are_nested_in_one_run_that_says_it_is_cross_validated(job: Job) -> None:
    assert read_run(job.run_id).tags["pi.folds"] == "3"
    assert {name: len(run_ids) for name, run_ids in job.evaluated.items()} == {"demo1": 3, "mse": 3}
    assert len(children_of(job.run_id)) == 3 * 5
    assert [step[:2] for step in job.taken] == [
        (entry_point, fold) for fold in (1, 2, 3) for entry_point in ROUND
    ]


def test_each_lambda_is_that_of_its_own_fold(job: Job) -> None:
    children = children_of(job.run_id)
    own = {
        f"calibration:{measured}": child.params["fold"]
        for run_id, child in children.items()
        if child.tags["pi.stage"] == "calibrate"
        for measured in children_of(run_id)
    }
    trained = [c.params for c in children.values() if c.tags["pi.stage"] == "train"]
    found = {p["perceptual_weight"]: p["fold"] for p in trained if p["perceptual_weight"] != "0"}
    assert found == own
    assert sorted(own.values()) == ["1", "2", "3"]


def test_table_3_is_of_every_slice_of_every_patient_once(job: Job) -> None:
    tables = {name: slice_table(run_ids) for name, run_ids in job.evaluated.items()}
    for table in tables.values():
        assert table["patient"].unique().tolist() == list(PATIENTS)
        assert len(table) == 3 * 2 * 2
    board = rank_runs(tables, "paper8")
    means = board.set_index("experiment")["ssim"].to_dict()
    assert means == pytest.approx({"demo1": 0.3, "mse": 0.2, "low dose": 0.2})
    with Tracked().open("main", "job", job.run_id) as again:
        learned = {"mse": {"lambda": 0.0, "train/psi": 0.0, "paper8/ssim": 0.2}}
        log_board(again, board, switch_rows(SWITCHES), planned().evaluated_on, learned)
    record = read_run(job.run_id)
    note = record.tags["mlflow.note.content"]
    assert note.startswith("**mse** is best, and worse than doing nothing: λ 0, Ψ 0 % in the last")
    assert "on every patient, each tested once in 3 folds (Table 3)" in note
    assert "|demo1|0.3|" in note
    assert record.tags["pi.best"] == "mse"
    assert (record.metrics["paper8/ssim"], record.metrics["psi_of/mse"]) == (0.2, 0.0)
    assert record.metrics["ssim_of/demo1"] == pytest.approx(0.3)


def test_a_patient_that_two_folds_tested_is_refused(job: Job) -> None:
    first = job.evaluated["mse"][0]
    with pytest.raises(EvaluationError, match="once but A/1mm/B30"):
        slice_table([first, *job.evaluated["mse"]])


def test_without_folds_the_run_does_not_say_so(database: Path) -> None:
    done = carried_out(Pretend(), planned(folds=0))
    assert "pi.folds" not in read_run(done.run_id).tags
    assert [step[0] for step in done.taken] == ROUND


@pytest.mark.parametrize("moment", [5, 6])
def test_interrupted_in_the_second_fold_it_goes_on_at_that_step(
    database: Path, moment: int
) -> None:
    first, second = Pretend(interrupted_at=moment), Pretend()
    with pytest.raises(KeyboardInterrupt), Tracked().open("main", "job") as job:
        carry_out(planned(folds=2), Steps(job, Tracked(), first))
    again = carried_out(second, planned(folds=2), resumed=job.run_id)
    steps = [step[:2] for step in first.taken[:-1] + second.taken]
    assert steps == [(entry_point, fold) for fold in (1, 2) for entry_point in ROUND]
    entry_point, _, resumed = second.taken[0]
    assert bool(resumed) is (entry_point == "train")  # a training alone can be taken up again
    assert {name: len(run_ids) for name, run_ids in again.evaluated.items()} == {
        "demo1": 2,
        "mse": 2,
    }
