"""What holds a study: SQLite for one process, PostgreSQL for many, a journal on a shared folder.

OPTUNA_STORAGE names it (Optuna's own commands read it too); it is no parameter, because it may hold
a password and MLflow keeps every parameter. It must not be MLflow's database: both keep the version
of their tables under the same name, and whichever comes second breaks.
"""

import os
import sqlite3
import time
import warnings
from functools import partial
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy.exc import SQLAlchemyError

from pi.database import DatabaseError, parted, shown, sqlite_file, tables, without_secrets
from pi.errors import PiError
from pi.search.journal import Journal, journal_file

HEARTBEAT = 60
"""Seconds between two signs of life of a trial; after three times that it is dead."""

RETRIES = 2
"""How often a trial is tried again whose process died: what kills it may be the trial itself."""

BUSY = 60  # seconds that a process waits for another to let go of an SQLite file
OURS = {"studies", "trials", "trial_heartbeats"}
BEGINNINGS = 5
PORTS = {"postgresql": 5432, "mysql": 3306}


class StorageError(PiError):
    """A database that cannot hold a study."""


def storage_url(tracking_uri: str) -> str:
    """Return OPTUNA_STORAGE, or ``optuna.db`` beside MLflow's file, or in this folder."""
    given = os.environ.get("OPTUNA_STORAGE")
    if given:
        return given
    file = sqlite_file(tracking_uri)
    folder = file.parent if file else Path.cwd()
    return f"sqlite:///{folder / 'optuna.db'}"


def open_storage(url: str, tracking_uri: str, *, heartbeat: int = HEARTBEAT) -> BaseStorage:
    """Return the database of studies at ``url``; its tables are made if it is empty.

    ``journal:///folder/studies.log`` is a file that many machines may share.

    A trial whose process gives no sign of life is failed by whoever asks for a trial next, and
    tried again.

    Args:
        url: of the database, as SQLAlchemy writes it.
        tracking_uri: of MLflow, which must be another.
        heartbeat: seconds between two signs of life.

    Raises:
        StorageError: it is MLflow's, cannot be opened, belongs to another program, or was made by
            another version of Optuna.
    """
    file = journal_file(url)
    if file is not None:
        return _journal(file, heartbeat)
    if _place(url) == _place(tracking_uri):
        raise StorageError(
            "OPTUNA_STORAGE must be another database than MLFLOW_TRACKING_URI but both are "
            f"{shown(url)}: both programs keep the version of their tables under one name."
        )
    try:
        found = tables(url)
    except DatabaseError as error:
        raise StorageError(f"OPTUNA_STORAGE must be a database that opens but {error}") from error
    if found and not found >= OURS:
        whose = "MLflow" if {"experiments", "runs"} <= found else "another program"
        raise StorageError(
            f"OPTUNA_STORAGE must be empty or hold studies but {shown(url)} holds the tables of "
            f"{whose}."
        )
    return _begun(url, heartbeat)


def study_place(url: str) -> str:
    """Return what `optuna-dashboard` is to be given for ``url``, without a password."""
    file = journal_file(url)
    return str(file) if file else shown(url)


def close_storage(storage: BaseStorage) -> None:
    """Let go of a storage."""
    if isinstance(storage, RDBStorage):
        storage.remove_session()
        storage.engine.dispose()


def _journal(file: Path, heartbeat: int) -> BaseStorage:
    if not (file.is_absolute() and file.parent.is_dir()):
        raise StorageError(
            "OPTUNA_STORAGE must be journal:// with the absolute path of a file in a folder that "
            "exists, such as journal:///shared/studies.log, but it names none."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return Journal(file, heartbeat, RETRIES)
    except OSError as error:
        raise StorageError(
            f"OPTUNA_STORAGE must name a journal that can be written but: {error.strerror}."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            "OPTUNA_STORAGE must name a journal of Optuna or a new file but it holds something "
            "else."
        ) from error


def _begun(url: str, heartbeat: int) -> RDBStorage:
    """Open it, and once more where another process was making the tables at the same moment."""
    for left in reversed(range(BEGINNINGS)):
        try:
            return _opened(url, heartbeat)
        except (SQLAlchemyError, StorageInternalError) as error:
            if not left:
                cause = str(getattr(error, "orig", None) or error).splitlines()[0]
                raise StorageError(
                    f"OPTUNA_STORAGE must take the tables of a study but {shown(url)} does not: "
                    f"{without_secrets(cause, url)}."
                ) from error
            time.sleep(0.3)
        except RuntimeError as error:  # which is how Optuna tells of other tables
            raise StorageError(
                f"OPTUNA_STORAGE must fit Optuna {optuna.__version__} but {shown(url)} was made by "
                "another version; `optuna storage upgrade` brings it forward."
            ) from error
    raise AssertionError  # the last turn returns or raises


def _opened(url: str, heartbeat: int) -> RDBStorage:
    file = sqlite_file(url)
    with warnings.catch_warnings():
        # Heartbeats are what keeps a dead worker's trial; Optuna calls them experimental.
        warnings.simplefilter("ignore", ExperimentalWarning)
        return RDBStorage(
            url,
            engine_kwargs={"creator": partial(_connect, file)} if file else None,
            heartbeat_interval=heartbeat,
            grace_period=3 * heartbeat,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=RETRIES),
        )


def _connect(file: Path) -> sqlite3.Connection:
    """Open an SQLite file that outlives a kill at any moment without a sync for every write."""
    connection = sqlite3.connect(file, timeout=BUSY, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _place(url: str) -> tuple[object, ...]:
    """Return what is equal for two addresses of one database, whatever driver or login."""
    file = sqlite_file(url)
    if file is not None:
        return ("sqlite", file.resolve())
    parts = parted(url)
    if parts is None:
        return (url,)
    backend = parts.get_backend_name()
    return (backend, parts.host, parts.port or PORTS.get(backend), parts.database)
