"""Where the checkpoint of a run lies: found again, on this machine or another, and removed."""

import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pi.choices import CheckpointPlace
from pi.places import cache_folder
from pi.tracking.records import read_artifact
from pi.tracking.run import Run
from pi.training.checkpoint import (
    Arrays,
    CheckpointError,
    Networks,
    checkpoint_file,
    restore_checkpoint,
    save_checkpoint,
)
from pi.training.state import TrainingState

PLACE = "pi.checkpoint"
"""Tag of a run: where its checkpoint lies, in words; no path is in it."""

REACHED = "pi.checkpoint_epoch"
"""Tag of a run: epochs that were done when it was written."""

ARTIFACT = "pi.checkpoint_artifact"
"""Tag of a run: the artifact that is its newest checkpoint."""

REMOVED = "removed, for the run came to its end"
FOLDER = "checkpoint"
NAMES = ("even.npz", "odd.npz")
"""Artifacts by turns, so that one is whole while the other is being written."""

EVERY_EPOCH = "train/psi"
"""A metric that a training has logged after its first epoch."""


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one run.

    Attributes:
        run: the run; of one of which nothing is kept there are none.
        to: where they are kept.
    """

    run: Run
    to: CheckpointPlace = "folder"

    def save(self, networks: Networks, state: TrainingState, best: Arrays) -> None:
        """Write one, on this machine before anything is told to the tracking store.

        Raises:
            CheckpointError: see `save_checkpoint`.
        """
        if not self.run.kept:
            return
        file = checkpoint_file(self.run.run_id)
        save_checkpoint(file, networks, state, best)
        told = {PLACE: _place(file), REACHED: str(state.epoch)}
        if self.to == "artifacts":
            even = self.run.tag(ARTIFACT) == f"{FOLDER}/{NAMES[0]}"
            name = f"{FOLDER}/{NAMES[even]}"
            self.run.file(lambda path: shutil.copyfile(file, path), name)
            told |= {PLACE: "in the artifacts of the run", ARTIFACT: name}
        self.run.tags(told)

    def restore(self, networks: Networks) -> tuple[TrainingState, Arrays] | None:
        """Put the newest one into ``networks``; None of a run that never had any.

        Raises:
            CheckpointError: there was one, but not here; or see `restore_checkpoint`.
            TrackingError: it is an artifact that cannot be read.
        """
        if not self.run.kept:
            return None
        run_id, artifact = self.run.run_id, self.run.tag(ARTIFACT)
        file = checkpoint_file(run_id)
        if (waiting := self.run.waiting(artifact)) is not None:
            found = restore_checkpoint(waiting, networks)
        elif artifact:
            found = read_artifact(run_id, artifact, lambda path: restore_checkpoint(path, networks))
        elif file.exists():
            found = restore_checkpoint(file, networks)
        else:
            self._require_none()
            return None
        reached = int(self.run.tag(REACHED) or 0)
        if found[0].epoch < reached:
            raise CheckpointError(
                f"the checkpoint of run {run_id} must be its newest, of epoch {reached}, but here "
                f"is one of epoch {found[0].epoch}: the newest lies {self.run.tag(PLACE)}."
            )
        return found

    def remove(self) -> None:
        """Remove what a run that came to its end needs no more."""
        if not self.run.kept:
            return
        with suppress(OSError):  # of another machine, say: `tidy` finds it there
            shutil.rmtree(checkpoint_file(self.run.run_id).parent)
        if self.run.tag(ARTIFACT):
            self.run.forget(FOLDER)
        self.run.tags({PLACE: REMOVED, ARTIFACT: ""})

    def _require_none(self) -> None:
        """Refuse to begin anew where there was a checkpoint.

        Raises:
            CheckpointError: there was one.
        """
        run_id, place = self.run.run_id, self.run.tag(PLACE)
        if place == REMOVED:
            raise CheckpointError(
                f"run {run_id} must have something left to do but came to its end, and its "
                "checkpoint was removed: `keep_checkpoints` would have kept it."
            )
        if place or self.run.metric(EVERY_EPOCH) is not None:
            raise CheckpointError(
                f"the checkpoint of run {run_id} must be on this machine, "
                f"{socket.gethostname()}, but lies {place or 'on the one where it was trained'}: "
                "resume there, let PI_CHECKPOINTS name a folder that both share, or train with "
                "checkpoint_to=artifacts."
            )


def _place(file: Path) -> str:
    """Return where a checkpoint lies as everybody may know it: a variable's name and a host's."""
    own = file.is_relative_to(cache_folder())
    return f"below {'PI_CACHE' if own else 'PI_CHECKPOINTS'} on {socket.gethostname()}"
