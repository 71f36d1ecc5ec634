"""The database of a study: its own, never MLflow's, and every refusal says why."""

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from pi.search.storage import StorageError, open_storage, storage_url

ELSEWHERE = "http://127.0.0.1:5000"


def held_by(file: Path, *statements: str) -> str:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return f"sqlite:///{file}"


def test_the_default_lies_beside_mlflows_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPTUNA_STORAGE", raising=False)
    assert storage_url("sqlite:////folder/mlflow.db") == "sqlite:////folder/optuna.db"
    assert storage_url("sqlite:///mlflow.db") == f"sqlite:///{tmp_path / 'optuna.db'}"
    assert storage_url(ELSEWHERE) == f"sqlite:///{tmp_path / 'optuna.db'}"
    monkeypatch.setenv("OPTUNA_STORAGE", "postgresql://host/studies")
    assert storage_url(ELSEWHERE) == "postgresql://host/studies"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sqlite:///{0}/a.db", "sqlite:///{0}/a.db"),
        ("sqlite:///{0}/a.db", "sqlite:///{0}/b/../a.db"),
        ("sqlite+pysqlite:///{0}/a.db", "sqlite:///{0}/a.db"),
        ("sqlite:///a.db", "sqlite:///{0}/a.db"),
        ("postgresql://me:one@host/db", "postgresql+psycopg2://you:two@host:5432/db"),
    ],
)
def test_mlflows_own_database_is_refused_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: str, other: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match="must be another database than MLFLOW_TRACKING_URI"):
        open_storage(one.format(tmp_path), other.format(tmp_path))
    assert not list(tmp_path.glob("*.db"))


def test_a_study_survives_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.create_study(storage=open_storage(url, ELSEWHERE), study_name="one")
    study.add_trial(optuna.create_trial(value=1.0))
    again = optuna.load_study(study_name="one", storage=open_storage(url, ELSEWHERE))
    assert [trial.value for trial in again.trials] == [1.0]
    # What optuna-dashboard and Optuna's own commands would open:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert optuna.study.get_all_study_names(url) == ["one"]


def test_mlflows_tables_are_refused_and_left_alone(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    with pytest.raises(StorageError, match=r"must be empty or hold studies but .* of MLflow\."):
        open_storage(f"sqlite:///{database}", ELSEWHERE)
    assert database.read_bytes() == before


def test_the_tables_of_another_program_are_refused(tmp_path: Path) -> None:
    url = held_by(tmp_path / "x.db", "CREATE TABLE studies (x)", "CREATE TABLE mine (x)")
    with pytest.raises(StorageError, match="holds the tables of another program"):
        open_storage(url, ELSEWHERE)


def test_the_tables_of_another_version_are_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    open_storage(url, ELSEWHERE)
    held_by(tmp_path / "x.db", "UPDATE alembic_version SET version_num = 'v99'")
    with pytest.raises(StorageError, match="was made by another version; `optuna storage upgrade`"):
        open_storage(url, ELSEWHERE)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/optuna.db",
        "postgresql://me:geheim@127.0.0.1:1/studies",
        "nonsense",
        "redis://host",
        "",
    ],
)
def test_what_cannot_be_opened_is_one_sentence_without_a_password(url: str) -> None:
    with pytest.raises(StorageError, match="must be a database that opens but") as caught:
        open_storage(url, ELSEWHERE)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "optuna.db"
    file.write_text("notes " * 1000)
    with pytest.raises(StorageError, match="file is not a database"):
        open_storage(f"sqlite:///{file}", ELSEWHERE)
    assert file.read_text() == "notes " * 1000
