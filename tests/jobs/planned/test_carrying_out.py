"""Algorithm 1 carried out on steps that only pretend: nested, linked, resumed, joined."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.planned.plans import SWITCHES, planned

from pi.algorithm1 import Plan, Step
from pi.command_line import parse
from pi.evaluation.metrics import METRICS
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.ranking import rank_runs
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.jobs.planned.carrying_out import StepsFailedError, carry_out, evaluated_in, slice_table
from pi.jobs.planned.engine import StepOutcome
from pi.jobs.planned.job import Job
from pi.parameters import CalibrateParameters, EvaluateParameters, TrainParameters
from pi.switches import switch_rows
from pi.text_table import SPACE
from pi.tracking.records import children_of, find_runs, read_run, run_status
from pi.tracking.tracker import Tracked, Tracker

KINDS = {"calibrate": CalibrateParameters, "train": TrainParameters, "evaluate": EvaluateParameters}
PATIENTS = "ABC"
ROUND = ["calibrate", "train", "evaluate", "train", "evaluate"]


class Done(NamedTuple):
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
                tracked.metrics({"lambda": 0.0, "train/psi": 0.0})
            else:
                learned = read_run(p.run).params
                assert learned["fold"] == str(p.fold)
                gain = 0.0 if learned["perceptual_weight"] == "0" else 0.1
                tracked.tags({"pi.evaluated_run": p.run})
                tracked.metrics({"paper8/ssim": 0.1 * p.fold + gain, "paper8/ssim_gain": gain})
                tracked.parquet(out_of_fold(p.fold, gain), "slices.parquet")


def out_of_fold(fold: int, gain: float) -> pd.DataFrame:
    """The slice table of a fold's one patient: SSIM .1 times the fold, and a gain."""
    return pd.DataFrame(
        {"patient": PATIENTS[fold - 1], "thickness": 1.0, "kernel": "B30", "position": position,
         "protocol": "paper8", "image": image, **dict.fromkeys(METRICS, 1.0),
         "ssim": 0.1 * fold + (gain if image == DENOISED else 0.0)}
        for position in (0.0, 1.0) for image in (LOW_DOSE, DENOISED)
    )  # fmt: skip


def demonstration(folds: int = 3) -> Plan:
    return planned(folds, "demo1,mse")


def carried_out(take: Pretend, plan: Plan, resumed: str = "") -> Done:
    steps = [step for step in plan.steps if step.entry_point != "compare"]
    job = Job(plan, steps, Tracked(), take, switch_rows(SWITCHES))
    standing = job.go_on("job", resumed, lambda run: None)
    assert standing.board is not None
    return Done(standing.run.run_id, evaluated_in(plan, standing.done), take.taken)


@pytest.fixture(scope="module")
def tracked(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A job of three folds that is done, and where it is tracked."""
    folder = tmp_path_factory.mktemp("folds")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        return database, carried_out(Pretend(), demonstration())


@pytest.fixture
def job(tracked: tuple[Path, Done], monkeypatch: pytest.MonkeyPatch) -> Done:
    database, done = tracked
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    return done


def test_all_folds_are_nested_in_one_run_that_says_it_is_cross_validated(job: Done) -> None:
    assert read_run(job.run_id).tags["pi.folds"] == "3"
    assert {name: len(run_ids) for name, run_ids in job.evaluated.items()} == {"demo1": 3, "mse": 3}
    assert len(children_of(job.run_id)) == 3 * 5
    assert [step[:2] for step in job.taken] == [
        (entry_point, fold) for fold in (1, 2, 3) for entry_point in ROUND
    ]


def test_each_lambda_is_that_of_its_own_fold(job: Done) -> None:
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


def test_table_3_is_of_every_slice_of_every_patient_once(job: Done) -> None:
    tables = {name: slice_table(run_ids) for name, run_ids in job.evaluated.items()}
    for table in tables.values():
        assert table["patient"].unique().tolist() == list(PATIENTS)
        assert len(table) == 3 * 2 * 2
    board = rank_runs(tables, "paper8")
    means = board.set_index("experiment")["ssim"].to_dict()
    assert means == pytest.approx({"demo1": 0.3, "mse": 0.2, "low dose": 0.2})
    record = read_run(job.run_id)
    note = record.tags["mlflow.note.content"]
    assert note.startswith("**demo1** is best: λ 0, Ψ 0 % in the last epoch, SSIM +")
    assert "on every patient, each tested once in 3 folds (Table 3)" in note
    assert "|demo1|0.3000|" in note.replace(SPACE, "")
    assert record.tags["pi.best"] == "demo1"
    assert (record.metrics["paper8/ssim"], record.metrics["psi_of/mse"]) == (pytest.approx(0.3), 0)
    assert record.metrics["ssim_of/demo1"] == pytest.approx(0.3)


def test_a_patient_that_two_folds_tested_is_refused(job: Done) -> None:
    first = job.evaluated["mse"][0]
    with pytest.raises(EvaluationError, match="once but A/1mm/B30"):
        slice_table([first, *job.evaluated["mse"]])


def test_without_folds_the_run_does_not_say_so(database: Path) -> None:
    done = carried_out(Pretend(), demonstration(folds=0))
    assert "pi.folds" not in read_run(done.run_id).tags
    assert [step[0] for step in done.taken] == ROUND


@pytest.mark.parametrize("moment", [5, 6])
def test_interrupted_in_the_second_fold_it_goes_on_at_that_step(
    database: Path, moment: int
) -> None:
    first, second = Pretend(interrupted_at=moment), Pretend()
    with pytest.raises(KeyboardInterrupt):
        carried_out(first, demonstration(folds=2))
    (run_id,) = (run.info.run_id for run in find_runs("tags.`pi.stage` = 'main'"))
    assert run_status(run_id) == "KILLED"
    again = carried_out(second, demonstration(folds=2), resumed=run_id)
    steps = [step[:2] for step in first.taken[:-1] + second.taken]
    assert steps == [(entry_point, fold) for fold in (1, 2) for entry_point in ROUND]
    entry_point, _, resumed = second.taken[0]
    assert bool(resumed) is (entry_point == "train")  # a training alone can be taken up again
    assert {name: len(run_ids) for name, run_ids in again.evaluated.items()} == {
        "demo1": 2,
        "mse": 2,
    }


def test_what_is_done_waits_for_the_rest_and_ends_with_it(database: Path) -> None:
    plan = demonstration(folds=2)
    part = [step for step in plan.steps if step.fold == 1]
    first = Job(plan, part, Tracked(), Pretend(), switch_rows(SWITCHES))
    standing = first.go_on("job", "", lambda run: None)
    assert (standing.board, len(standing.done)) == (None, 5)
    assert run_status(standing.run.run_id) == "SCHEDULED"
    rest = carried_out(Pretend(), plan, resumed=standing.run.run_id)
    assert [step[1] for step in rest.taken] == [2] * 5
    assert run_status(standing.run.run_id) == "SCHEDULED"  # for the comparison is not done
    log = read_run(standing.run.run_id).tags
    assert (log["pi.table3"], log["pi.folds"]) == ("logged", "2")
    assert not [name for name in log if name.startswith("pi.claim.")]


Fate = Literal["done", "lost", "failed", "refused", "busy"]


class FakeEngine:
    """An engine whose steps end in an order and a way that somebody else draws.

    Attributes:
        given: names of the steps, each time that one is given out.
        done: names of the steps that came to their end.
    """

    room = 100

    def __init__(self, needs: Mapping[str, Sequence[str]], draw: Callable[[int], int],
                 fates: Mapping[str, Sequence[Fate]]) -> None:  # fmt: skip
        self.needs = needs
        self.draw = draw
        self.fates = {name: list(fate) for name, fate in fates.items()}
        self.given: list[str] = []
        self.done: list[str] = []
        self.working: list[str] = []

    def start(self, step: Step) -> None:
        assert set(self.needs[step.name]) <= set(self.done)
        assert step.name not in {*self.working, *self.done}
        self.given.append(step.name)
        self.working.append(step.name)

    def wait(self, seconds: float) -> list[tuple[str, StepOutcome]]:
        name = self.working.pop(self.draw(len(self.working)))
        fate = self.fates[name].pop(0) if self.fates.get(name) else "done"
        if fate == "done":
            self.done.append(name)
        return [(name, StepOutcome(fate, f"run of {name}" if fate == "done" else "", fate))]


@given(st.data())
def test_whatever_dies_and_in_whatever_order_each_step_is_done_once_after_what_it_needs(
    data: st.DataObject,
) -> None:
    plan = demonstration(folds=data.draw(st.integers(2, 4)))
    names = [step.name for step in plan.steps]
    fates: Mapping[str, list[Fate]] = data.draw(
        st.dictionaries(
            st.sampled_from(names),
            st.lists(st.sampled_from(["lost", "failed", "refused", "busy"]), max_size=4),
            max_size=4,
        )
    )
    before = set(data.draw(st.sets(st.sampled_from([s.name for s in plan.steps if not s.needs]))))
    needs = {step.name: step.needs for step in plan.steps}
    engine = FakeEngine(needs, lambda n: data.draw(st.integers(0, n - 1)), fates)
    engine.done = [*before]
    pauses: list[float] = []

    def carried() -> dict[str, str]:
        known = {name: f"run of {name}" for name in before}
        return carry_out(plan.steps, engine, known, lambda line: None, 2, pauses.append)

    bad = {name for name in fates if name not in before and given_up(fates[name], retries=2)}
    lost = {name for name in names if rests_on(name, bad, needs)}
    if bad:
        reached = bad - {name for name in bad if rests_on(name, bad - {name}, needs, strict=True)}
        with pytest.raises(StepsFailedError) as caught:
            carried()
        assert all(name in str(caught.value) for name in reached)
    else:
        assert carried() == {name: f"run of {name}" for name in names}
    assert sorted(engine.done) == sorted(set(names) - lost)
    assert not before & set(engine.given)
    for name in names:
        busy = len([fate for fate in fates.get(name, []) if fate == "busy"])
        assert engine.given.count(name) - busy <= 1 + 2


def given_up(fates: Sequence[Fate], retries: int) -> bool:
    """Whether a step that fails so is given up before it would be done."""
    failed = 0
    for fate in fates:
        if fate == "refused":
            return True
        failed += fate in ("lost", "failed")
        if failed > retries:
            return True
    return False


def rests_on(
    name: str, bad: set[str], needs: Mapping[str, Sequence[str]], *, strict: bool = False
) -> bool:
    """Whether a step is one of those, or needs one that does."""
    if name in bad and not strict:
        return True
    return any(rests_on(needed, bad, needs) for needed in needs[name])
