"""A checkpoint travels, is found again or missed with its place, and goes with its run."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from mlflow import MlflowClient

from pi.choices import CheckpointPlace
from pi.influence.schedule import ScheduleState
from pi.jobs.trained.checkpoints import ARTIFACT, PLACE, Checkpoints
from pi.places import PlaceError
from pi.tracking.run import Run
from pi.tracking.tracker import Tracked
from pi.training.checkpoint import Arrays, CheckpointError, Networks, checkpoint_file
from pi.training.state import TrainingState

HOST = socket.gethostname()


class Weights:
    """What of `Networks` is asked here, without a network."""

    def __init__(self, value: float) -> None:
        self.value = np.array(value)

    def arrays(self) -> tuple[Arrays, Arrays]:
        return [self.value], []

    def set_arrays(self, weights: Arrays, moments: Arrays) -> None:
        (self.value,) = weights


def networks(value: float) -> Networks:
    return cast(Networks, Weights(value))


def state(epoch: int) -> TrainingState:
    return TrainingState(ScheduleState(0.1), epoch)


def machine(patch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    """Be on a machine with a cache of its own."""
    (folder / name).mkdir(exist_ok=True)
    patch.setenv("PI_CACHE", str(folder / name))


Opened = Callable[..., Checkpoints]


@pytest.fixture
def opened(database: Path) -> Iterator[Opened]:
    """Opens the run of a training, which is at work until the test ends."""
    with ExitStack() as runs:

        def one(to: CheckpointPlace = "folder") -> Checkpoints:
            return Checkpoints(runs.enter_context(Tracked().open("train", "one")), to)

        yield one


def restored(run: Run) -> tuple[float, int]:
    found = Weights(0.0)
    again = Checkpoints(run).restore(cast(Networks, found))
    assert again is not None
    return float(found.value), again[0].epoch


def test_a_resume_on_another_machine_says_where_the_checkpoint_lies(
    opened: Opened, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path, "a")
    one = opened()
    assert one.restore(networks(0)) is None  # a run that never had any begins
    one.save(networks(3.0), state(2), [])
    assert restored(one.run) == (3.0, 2)
    machine(monkeypatch, tmp_path, "b")
    with pytest.raises(CheckpointError, match=f"must be on this .* lies below PI_CACHE on {HOST}"):
        restored(one.run)
    assert str(tmp_path) not in one.run.tag(PLACE)


def test_an_older_checkpoint_than_the_newest_is_no_beginning(
    opened: Opened, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opened()
    for name, epoch in (("a", 1), ("b", 4)):
        machine(monkeypatch, tmp_path, name)
        one.save(networks(epoch), state(epoch), [])
    assert restored(one.run) == (4.0, 4)
    machine(monkeypatch, tmp_path, "a")
    with pytest.raises(CheckpointError, match="its newest, of epoch 4, but here is one of epoch"):
        restored(one.run)


def test_a_shared_folder_is_found_by_another_machine(
    opened: Opened, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CHECKPOINTS", str(tmp_path / "shared"))
    one = opened()
    with pytest.raises(PlaceError, match=r"PI_CHECKPOINTS must name an existing folder .* mounted"):
        one.save(networks(3.0), state(2), [])
    (tmp_path / "shared").mkdir()
    machine(monkeypatch, tmp_path, "a")
    one.save(networks(3.0), state(2), [])
    machine(monkeypatch, tmp_path, "b")
    assert restored(one.run) == (3.0, 2)
    assert one.run.tag(PLACE) == f"below PI_CHECKPOINTS on {HOST}"


def test_artifacts_travel_with_the_run_and_go_with_it(
    opened: Opened, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path, "a")
    one = opened("artifacts")
    for epoch in (1, 2, 3):
        one.save(networks(epoch), state(epoch), [])
    machine(monkeypatch, tmp_path, "b")
    assert restored(one.run) == (3.0, 3)
    one.remove()
    client = MlflowClient(f"sqlite:///{database}")
    assert client.list_artifacts(one.run.run_id, "checkpoint") == []
    assert not checkpoint_file(one.run.run_id).exists()
    with pytest.raises(CheckpointError, match="came to its end, and its checkpoint was removed"):
        restored(one.run)


def test_a_flipped_bit_of_an_artifact_is_one_sentence(
    opened: Opened, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path, "a")
    one = opened("artifacts")
    one.save(networks(1.0), state(1), [])
    client = MlflowClient(f"sqlite:///{database}")
    uri: Any = client.get_run(one.run.run_id).info.artifact_uri
    file = Path(uri.removeprefix("file://")) / one.run.tag(ARTIFACT)
    content = bytearray(file.read_bytes())
    content[content.index(np.array(1.0).tobytes())] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match="must be") as caught:
        restored(one.run)
    assert "\n" not in str(caught.value)


def test_a_run_of_before_that_has_epochs_and_no_checkpoint_here_is_told(
    opened: Opened, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path, "a")
    one = opened()
    one.run.metrics({"train/psi": 0.5}, step=1)
    with pytest.raises(CheckpointError, match="lies on the one where it was trained"):
        restored(one.run)
