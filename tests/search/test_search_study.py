"""A study is created or joined, and worked at until it has its trials; nothing is lost."""

from pathlib import Path

import optuna
import pytest
from optuna.storages import InMemoryStorage, RDBStorage
from optuna.trial import TrialState
from search.studies import BALANCES, EXPERIMENTS, objective, searched, space, study_of
from sqlalchemy import text

from pi.errors import PiError
from pi.search import study as under_test
from pi.search.record import records
from pi.search.space import Point
from pi.search.storage import open_storage
from pi.search.study import Outcome, StudyError, counted, enqueue, run_trials, shared

SOUGHT = objective(epochs=1)
BY_HAND = pytest.mark.filterwarnings("ignore:Heartbeat of storage is supposed to be used")
DIED = text("UPDATE trial_heartbeats SET heartbeat = '2000-01-01 00:00:00'")


def curve(point: Point, epoch: int) -> tuple[list[float], float]:
    return [0.9], 0.0


def evaluate(trial: optuna.Trial) -> Outcome:
    from search.studies import training

    return SOUGHT.evaluate(trial, space().suggest(trial, BALANCES), training(curve, 1))


def states(study: optuna.Study) -> list[TrialState]:
    return [trial.state for trial in study.trials]


@pytest.fixture
def storage(tmp_path: Path) -> RDBStorage:
    return open_storage(f"sqlite:///{tmp_path / 'optuna.db'}", "http://elsewhere")


def test_the_same_name_joins_and_has_as_many_trials_as_were_asked_for() -> None:
    memory = InMemoryStorage()
    assert len(searched(SOUGHT, curve, 3, storage=memory).trials) == 3
    assert len(searched(SOUGHT, curve, 3, storage=memory).trials) == 3  # it has them already
    assert len(searched(SOUGHT, curve, 5, storage=memory).trials) == 5


def test_another_search_of_the_same_name_is_refused_with_both() -> None:
    memory = InMemoryStorage()
    study_of(SOUGHT, storage=memory, signature={"psi_range": "0.5,0.9", "seed": "5"})
    with pytest.raises(StudyError) as caught:
        study_of(SOUGHT, storage=memory, signature={"psi_range": "0.1,0.9", "seed": "5", "x": "1"})
    assert str(caught.value) == (
        "study 'one' must search what is asked for now but `psi_range` is 0.5,0.9 there and "
        "0.1,0.9 here; `x` is nothing there and 1 here: take another `study`."
    )


def test_a_study_that_search_did_not_make_is_refused() -> None:
    memory = InMemoryStorage()
    optuna.create_study(storage=memory, study_name="one").add_trial(optuna.create_trial(value=1.0))
    with pytest.raises(StudyError, match="must be one that `search` made but holds trials of som"):
        study_of(SOUGHT, storage=memory)


def test_who_died_while_creating_a_study_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = InMemoryStorage()
    optuna.create_study(storage=memory, study_name="one")
    monkeypatch.setattr(under_test, "BEGINS_WITHIN", 0.2)
    begun: list[str] = []
    study = under_test.open_study(
        memory, "one", {"a": "1"}, SOUGHT.directions, optuna.samplers.RandomSampler(1),
        optuna.pruners.NopPruner(), lambda study: begun.append(study.study_name),
    )  # fmt: skip
    assert (begun, study.user_attrs["signature"]) == (["one"], {"a": "1"})
    study_of(SOUGHT, storage=memory)
    assert begun == ["one"]  # whoever joins begins nothing


def test_what_is_shared_is_computed_once() -> None:
    memory = InMemoryStorage()
    computed: list[int] = []

    def compute() -> dict[str, float]:
        computed.append(1)
        return {"a": 1 / 3}

    for _ in range(3):
        assert shared(study_of(SOUGHT, storage=memory), "balances", compute) == {"a": 1 / 3}
    assert computed == [1]


def test_first_trials_are_tried_first_and_once_however_often_they_are_asked_for() -> None:
    study = study_of(SOUGHT)
    first = space().first_trials(EXPERIMENTS, BALANCES, 0.95)
    for trials in (4, 8):
        enqueue(study, first)
        run_trials(study, evaluate, trials)
    assert [found.label for found in records(study)] == [one.label for one in first] + ["", ""]


def test_a_failed_trial_keeps_its_reason_and_the_study_goes_on() -> None:
    study = study_of(SOUGHT)

    def sometimes(trial: optuna.Trial) -> Outcome:
        outcome = evaluate(trial)
        if trial.number == 1:
            raise PiError("the loss must be finite but is not at step 3.")
        return outcome

    run_trials(study, sometimes, 4)
    found = records(study)
    assert [trial.state for trial in found] == ["finished", "failed", "finished", "finished"]
    assert found[1].reason == "the loss must be finite but is not at step 3."


def test_an_error_that_is_nobodys_mistake_ends_the_work_and_is_not_quoted() -> None:
    study = study_of(SOUGHT)

    def broken(trial: optuna.Trial) -> Outcome:
        evaluate(trial)
        raise KeyError("/home/someone/patient")

    with pytest.raises(KeyError):
        run_trials(study, broken, 4)
    (found,) = records(study)
    assert (found.state, found.reason) == ("failed", "KeyError")


def test_an_interrupted_trial_is_tried_again_at_the_same_point(storage: RDBStorage) -> None:
    study = study_of(SOUGHT, storage=storage)

    def interrupted(trial: optuna.Trial) -> Outcome:
        if trial.number == 2:
            space().suggest(trial, BALANCES)
            raise KeyboardInterrupt
        return evaluate(trial)

    with pytest.raises(KeyboardInterrupt):
        run_trials(study, interrupted, 4)
    assert states(study)[2:] == [TrialState.FAIL, TrialState.WAITING]
    again = study_of(SOUGHT, storage=storage)
    run_trials(again, evaluate, 4)
    assert again.trials[3].params == again.trials[2].params
    assert [found.number for found in records(again)] == [0, 1, 3, 4]
    assert counted(again) == 4


@BY_HAND
def test_a_trial_whose_process_died_is_failed_and_tried_again(storage: RDBStorage) -> None:
    study = study_of(SOUGHT, storage=storage)
    dead = study.ask()
    point = space().suggest(dead, BALANCES)
    storage.record_heartbeat(dead._trial_id)
    with storage.engine.begin() as connection:
        connection.execute(DIED)
    run_trials(study_of(SOUGHT, storage=storage), evaluate, 3)
    assert states(study) == [TrialState.FAIL] + 3 * [TrialState.COMPLETE]
    assert records(study)[0].point == point
    assert len(records(study)) == 3


@BY_HAND
def test_what_kills_whoever_tries_it_is_given_up(storage: RDBStorage) -> None:
    study = study_of(SOUGHT, storage=storage)
    space().suggest(study.ask(), BALANCES)
    for _ in range(4):
        for trial in study.get_trials(states=(TrialState.RUNNING,)):
            storage.record_heartbeat(trial._trial_id)
        with storage.engine.begin() as connection:
            connection.execute(DIED)
        under_test._fail_the_dead(study)
        if study.get_trials(states=(TrialState.WAITING,)):
            study.ask()
    assert states(study) == 3 * [TrialState.FAIL]
    assert counted(study) == 1


def test_a_worker_waits_for_the_trials_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(SOUGHT)
    other = study.ask()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        study.tell(other, 0.1)

    monkeypatch.setattr(under_test.time, "sleep", sleep)
    run_trials(study, evaluate, 2, wait=7.0)
    assert waited == [7.0]
    assert states(study) == 2 * [TrialState.COMPLETE]


def test_a_trial_that_was_given_to_another_worker_does_not_end_the_work(
    storage: RDBStorage,
) -> None:
    study = study_of(SOUGHT, storage=storage)

    def slept(trial: optuna.Trial) -> Outcome:
        if trial.number == 0:  # its machine slept: another worker took it for dead
            storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        return evaluate(trial)

    run_trials(study, slept, 3)
    assert states(study) == [TrialState.FAIL] + 2 * [TrialState.COMPLETE]
