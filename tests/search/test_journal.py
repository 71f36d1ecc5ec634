"""A study in a file: shared, with signs of life, refused where it is something else."""

import time
from pathlib import Path

import optuna
import pytest
import sqlalchemy
from optuna.trial import TrialState
from search.studies import objective, study_of

from pi.search.journal import BEAT, Journal
from pi.search.storage import StorageError, close_storage, open_storage
from pi.search.study import counted, run_trials
from pi.search.watching import watch_trials

ELSEWHERE = "http://127.0.0.1:5000"


def test_a_study_in_a_file_survives_the_process(tmp_path: Path) -> None:
    url = f"journal://{tmp_path / 'studies.log'}"
    study = study_of(objective("psi_target"), storage=open_storage(url, ELSEWHERE))
    study.add_trial(optuna.create_trial(value=1.0))
    again = optuna.load_study(study_name="one", storage=open_storage(url, ELSEWHERE))
    assert [trial.value for trial in again.trials] == [1.0]
    assert watch_trials(url, ELSEWHERE, "one") == ()
    close_storage(again._storage)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.filterwarnings("ignore:Heartbeat of storage is supposed to be used")
def test_a_trial_whose_process_is_gone_is_tried_again_and_nobody_waits_for_ever(
    tmp_path: Path,
) -> None:
    file = tmp_path / "studies.log"
    dead = study_of(objective("psi_target"), storage=Journal(file, 1, retries=1))
    lost = dead.ask()
    dead._storage.record_heartbeat(lost._trial_id)  # type: ignore[attr-defined]
    study = study_of(objective("psi_target"), storage=Journal(file, 1, retries=1))
    study._storage.set_trial_system_attr(lost._trial_id, BEAT, time.time() - 4)
    tried = []

    def evaluate(trial: optuna.Trial) -> object:
        from pi.search.study import Outcome

        tried.append(trial.number)
        return Outcome((0.1,))

    run_trials(study, evaluate, 1, wait=0.1)  # type: ignore[arg-type]
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.COMPLETE]
    assert tried == [1]
    assert counted(study) == 1
    assert BEAT in study.trials[1].system_attrs


@pytest.mark.parametrize(
    ("place", "message"),
    [("{0}/no/such/x.log", "names none"), ("studies.log", "names none"), ("", "names none"),
     ("{0}", "can be written but"), ("{0}/notes.txt", "holds something else")],
)  # fmt: skip
def test_what_is_no_journal_is_one_sentence(tmp_path: Path, place: str, message: str) -> None:
    (tmp_path / "notes.txt").write_text("notes of mine\nand more\n")
    with pytest.raises(StorageError, match=message):
        open_storage(f"journal://{place.format(tmp_path)}", ELSEWHERE)
    assert (tmp_path / "notes.txt").read_text() == "notes of mine\nand more\n"


def test_the_driver_of_postgresql_is_there_for_the_address_as_the_docs_spell_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text()
    spelt = "postgresql://pi:PASSWORD@HOST/studies"
    assert spelt in page
    engine = sqlalchemy.create_engine(spelt)  # imports it
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'team = ["{engine.dialect.driver}[binary]' in project
