"""Where an SQLite tracking store says that its artifacts lie, and what is done if it was moved.

MLflow writes absolute paths of artifacts into its database. A project that was moved or renamed
has its artifacts beside it as before, and a database that looks for them where they were.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

ARTIFACTS = "mlruns"
"""Folder of the artifacts, beside the database."""
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow 3.17 keeps a place of artifacts: table and column."""


def former_folder(file: Path) -> Path | None:
    """Return the folder that a store was moved from; None of one that was not.

    It was if its artifacts lie beside it and, by what it says, did so in a folder that is gone.

    Args:
        file: of the SQLite database.
    """
    if not file.is_file() or not (file.parent / ARTIFACTS).is_dir():
        return None
    with closing(_opened(file, "ro")) as database:
        said = {folder for place in _said(database) if (folder := _project_of(place))}
    if file.parent in said:  # an experiment was begun here since
        return None
    away = {folder for folder in said if not _exists(folder / ARTIFACTS)}
    return away.pop() if len(away) == 1 else None


def settle_here(file: Path, former: Path) -> int:
    """Write into a store that its artifacts lie beside it; return how many places were written.

    Args:
        file: of the SQLite database.
        former: from `former_folder`.
    """
    written = 0
    with closing(_opened(file, "rw")) as database, database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        for table, column in _PLACES:
            if table not in tables:
                continue
            rows = database.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            for (place,) in rows:
                if place and _project_of(str(place)) == former:
                    new = str(place).replace(_written(str(place), former), str(file.parent), 1)
                    done = database.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {column} = ?",
                        (new, place),
                    )
                    written += done.rowcount
    return written


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode={mode}", uri=True, timeout=60)


def _said(database: sqlite3.Connection) -> Iterator[str]:
    try:
        rows = database.execute("SELECT artifact_location FROM experiments").fetchall()
    except sqlite3.DatabaseError:  # no store of MLflow's, or none yet: whoever opens it says so
        return
    yield from (str(place) for (place,) in rows if place)


def _project_of(place: str) -> Path | None:
    """Return the folder that holds `ARTIFACTS`, of a place on a disk; None of any other."""
    parts = urlsplit(place)
    if parts.scheme not in ("", "file"):
        return None
    path = Path(unquote(parts.path) if parts.scheme else place)
    above = [folder.parent for folder in (path, *path.parents) if folder.name == ARTIFACTS]
    return above[0] if above and path.is_absolute() else None


def _written(place: str, folder: Path) -> str:
    """Return a folder as a place spells it: as a path, or as a URI does."""
    return folder.as_uri().removeprefix("file://") if "://" in place else str(folder)


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:  # a place that may not be looked into is there
        return True
