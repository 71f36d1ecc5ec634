"""The whole state of a training in one file, replaced at once and read without running code."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError, quoted
from pi.places import checkpoints_folder, sync_folder
from pi.slices.writing import sync
from pi.training.state import TrainingState, from_json, to_json

FORMAT = 2
FILE = "state.npz"
DIGEST = "sha256"
"""Of the content of a checkpoint, which holds it beside."""

Arrays = list[NDArray[np.generic]]


class CheckpointError(PiError):
    """A checkpoint that is not there, damaged, or of another network."""


@dataclass(frozen=True)
class Networks:
    """What of a training lives in TensorFlow.

    Attributes:
        denoiser: the network.
        optimizer: built for it.
    """

    denoiser: keras.Model
    optimizer: keras.Optimizer

    def arrays(self) -> tuple[Arrays, Arrays]:
        """Return copies of the weights and of the optimizer's variables."""
        moments = [np.array(variable.numpy()) for variable in self.optimizer.variables]
        return [np.array(array) for array in self.denoiser.get_weights()], moments

    def set_arrays(self, weights: Arrays, moments: Arrays) -> None:
        """Put them back."""
        self.denoiser.set_weights(weights)
        for variable, value in zip(self.optimizer.variables, moments, strict=True):
            variable.assign(value)


def checkpoint_file(run_id: str) -> Path:
    """Return where the checkpoint of a run is kept on this machine, its folder made.

    Raises:
        CheckpointError: the id could not have been given by MLflow.
        PlaceError: PI_CHECKPOINTS names no folder.
    """
    if not run_id.isalnum():
        raise CheckpointError(f"`resume` must be the id of a run but got {quoted(run_id)}.")
    folder = checkpoints_folder() / run_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder / FILE


def save_checkpoint(file: Path, networks: Networks, state: TrainingState, best: Arrays) -> None:
    """Write everything to ``file``, or leave what is there: a kill at any moment does no harm.

    Args:
        file: of this run.
        networks: whose arrays are written.
        state: where the training stands.
        best: weights of the epoch that is kept so far; empty before there is one.

    Raises:
        CheckpointError: an array is not finite, or the disk is full.
    """
    weights, moments = networks.arrays()
    if not all(np.isfinite(array).all() for array in weights):
        raise CheckpointError(
            "the weights must be finite to be kept but are not: the last checkpoint stays; take a "
            "smaller `learning_rate` or `perceptual_weight`."
        )
    content: dict[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT),
        "state": np.array(to_json(state)),
        **_named("weights", weights),
        **_named("optimizer", moments),
        **_named("best", best),
    }
    content[DIGEST] = np.array(_digest(content))
    scratch = file.with_name(f"{file.name}.new")
    try:
        with scratch.open("wb") as target:
            np.savez(target, allow_pickle=False, **content)
            sync(target)
        scratch.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise CheckpointError(
            "the checkpoint must be written below PI_CHECKPOINTS, or else PI_CACHE, but: "
            f"{error.strerror}."
        ) from error


def restore_checkpoint(file: Path, networks: Networks) -> tuple[TrainingState, Arrays]:
    """Put the state in ``file`` into ``networks``; return the rest of it and the best weights.

    Raises:
        CheckpointError: no such file, damaged, of another version, or of another network. Nothing
            has been changed then.
    """
    try:
        with file.open("rb") as source, np.load(source, allow_pickle=False) as content:
            arrays = dict(content.items())
        version = int(arrays["format"])
        # Checkpoints of before have no digest.
        if DIGEST in arrays and str(arrays.pop(DIGEST)) != _digest(arrays):
            raise ValueError("its sha256 is another")
        if version == FORMAT:
            state = from_json(str(arrays["state"]))
    except FileNotFoundError:
        raise CheckpointError(
            "the run must have a checkpoint on this machine but has none."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError("the run's checkpoint must be whole but cannot be read.") from error
    if version != FORMAT:
        raise CheckpointError(f"the checkpoint must have version {FORMAT} but has {version}.")
    weights, moments, best = (_taken(arrays, kind) for kind in ("weights", "optimizer", "best"))
    wanted = networks.arrays()
    _compare(weights, wanted[0], "weights")
    _compare(moments, wanted[1], "optimizer")
    networks.set_arrays(weights, moments)
    return state, best


def _digest(content: Mapping[str, NDArray[np.generic]]) -> str:
    """Return the sha256 of the arrays of a checkpoint, of their names, types and shapes."""
    found = hashlib.sha256()
    for name in sorted(content):
        array = np.ascontiguousarray(content[name])
        found.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _named(kind: str, arrays: Sequence[NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    return {f"{kind}/{number:04d}": array for number, array in enumerate(arrays)}


def _taken(arrays: dict[str, NDArray[np.generic]], kind: str) -> Arrays:
    return [arrays[name] for name in sorted(arrays) if name.startswith(f"{kind}/")]


def _compare(found: Arrays, wanted: Arrays, kind: str) -> None:
    shapes = [[array.shape for array in arrays] for arrays in (found, wanted)]
    if shapes[0] != shapes[1]:
        different = next((s for s in zip(*shapes, strict=False) if s[0] != s[1]), shapes)
        raise CheckpointError(
            f"the checkpoint must fit this network's {kind} but has {len(found)} arrays for "
            f"{len(wanted)}, the first that differs {different[0]} for {different[1]}."
        )
