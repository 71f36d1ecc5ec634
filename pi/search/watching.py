"""A study looked at from outside while its workers are at it: nothing is written."""

from collections.abc import Mapping

import optuna

from pi.database import sqlite_file
from pi.search.constraints import ConstraintError
from pi.search.journal import journal_file
from pi.search.objective import Objective, find_objective
from pi.search.record import TrialRecord, records
from pi.search.storage import close_storage, open_storage
from pi.search.study import StudyError


def objective_of(parameters: Mapping[str, str]) -> Objective:
    """Return what a search seeks, from its parameters as text.

    Raises:
        StudyError: they do not say.
    """
    p = parameters
    try:
        return find_objective(
            p["objective"], p.get("subject_to", ""), float(p["target_psi"]), p["measured"],
            float(p["tolerance"]), int(p["epochs"]),
        )  # fmt: skip
    except (KeyError, ValueError, ConstraintError) as error:
        raise StudyError("a search must have logged what it seeks but has not.") from error


def watch_trials(url: str, tracking_uri: str, name: str) -> tuple[TrialRecord, ...]:
    """Return the trials of a study that are over so far.

    Args:
        url: of the database of studies.
        tracking_uri: of MLflow, which must be another.
        name: of the study.

    Raises:
        StorageError: see `open_storage`.
        StudyError: there is no such study in it, or no database.
    """
    file = journal_file(url) or sqlite_file(url)
    if file is not None and not file.exists():  # to open it would make it
        raise StudyError(
            f"the database of studies must hold {name!r} but is gone: OPTUNA_STORAGE (default: "
            "optuna.db beside mlflow.db) names a file that does not exist."
        )
    storage = open_storage(url, tracking_uri)
    try:
        return records(optuna.load_study(study_name=name, storage=storage))
    except KeyError as error:
        raise StudyError(f"the database of studies must hold {name!r} but does not.") from error
    finally:
        close_storage(storage)
