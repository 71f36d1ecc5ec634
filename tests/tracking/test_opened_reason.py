"""Why a run did not finish, kept in it, and the command that goes on."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from pi.errors import PiError, goes_on
from pi.tracking.run import NOTE, REASON, Run
from pi.tracking.tracker import Tracked


class FinalError(PiError):
    final = True


def _note_and_raise(opened: Run, error: BaseException) -> None:
    opened.note("what it found\n\nso far")
    raise error


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (PiError("`x` must be so but is not."), "FAILED", "`x` must be so but is not."),
        (KeyboardInterrupt(), "KILLED", "Interrupted by Ctrl-C or SIGTERM."),
        (OSError("/ward 7/scan"), "FAILED", "OSError, a defect: the terminal has the traceback."),
    ],
)
def test_the_reason_stands_in_the_run_until_it_is_gone_on_with(
    database: Path, error: BaseException, status: str, why: str
) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    said: list[str] = []
    with pytest.raises(type(error)), Tracked(said.append).open("train", "one") as opened:
        _note_and_raise(opened, error)
    run_id, how = opened.run_id, f"python -m entrypoints.train --resume {opened.run_id}"
    assert said == [line for line in said if f"/runs/{run_id}?" in line and len(said) == 1]
    found = client.get_run(run_id)
    assert (found.info.status, found.data.tags[REASON]) == (status, why)
    assert goes_on(error) == how
    note = f"**Ended as {status}**: {why} Go on with `{how}`.\n\nwhat it found\n\nso far"
    assert found.data.tags[NOTE] == note

    with Tracked().open("train", "one", run_id):
        again = client.get_run(run_id).data.tags
        assert REASON not in again
        assert again[NOTE] == "what it found\n\nso far"
    assert client.get_run(run_id).info.status == "FINISHED"


def test_what_would_end_the_same_way_is_not_gone_on_with(database: Path) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    with pytest.raises(FinalError) as caught, Tracked().open("train", "one") as opened:
        raise FinalError("the loss must be finite but is not.")
    assert goes_on(caught.value) == ""
    tags = client.get_run(opened.run_id).data.tags
    assert tags[NOTE] == "**Ended as FAILED**: the loss must be finite but is not."


def test_a_trial_that_failed_says_why(database: Path) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    with (
        Tracked().open("search", "one") as parent,
        pytest.raises(PiError),
        parent.child("trial", "trial") as child,
    ):
        raise PiError("`y` must be so but is not.")
    assert client.get_run(child.run_id).data.tags[REASON] == "`y` must be so but is not."
    assert client.get_run(parent.run_id).info.status == "FINISHED"
