"""A study looked at from outside."""

from pathlib import Path

import pytest
from search.studies import objective, study_of

from pi.search.storage import open_storage
from pi.search.study import StudyError
from pi.search.watching import objective_of, watch_trials

ASKED = {"objective": "val_ssim", "target_psi": "0.95", "measured": "training",
         "tolerance": "0.02", "epochs": "3"}  # fmt: skip


def test_what_is_sought_is_read_from_the_parameters() -> None:
    assert objective_of(ASKED) == objective("val_ssim")


@pytest.mark.parametrize("changed", [{"objective": "luck"}, {"epochs": "many"}, {"epochs": None}])
def test_parameters_that_do_not_say_are_refused(changed: dict[str, str | None]) -> None:
    asked = {key: value for key, value in (ASKED | changed).items() if value is not None}
    with pytest.raises(StudyError, match="must have logged what it seeks"):
        objective_of(asked)


def test_a_database_that_is_gone_is_told_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "optuna.db"
    with pytest.raises(StudyError, match="must hold 'one' but is gone"):
        watch_trials(f"sqlite:///{file}", "sqlite:///elsewhere.db", "one")
    assert not [*tmp_path.iterdir()]


def test_a_new_study_has_no_trials_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    storage = open_storage(url, "sqlite:///elsewhere.db")
    study_of(objective(), storage=storage)
    assert watch_trials(url, "sqlite:///elsewhere.db", "one") == ()
    with pytest.raises(StudyError, match="must hold 'other' but does not"):
        watch_trials(url, "sqlite:///elsewhere.db", "other")
    storage.remove_session()
    storage.engine.dispose()
