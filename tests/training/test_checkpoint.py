"""Checkpoints: everything back exactly, nothing lost to a kill, nothing executed."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pi.denoisers import DenoiserSpec
from pi.influence.adaptive_rules import GradNorm, ReLoBRaLo, SoftAdapt, Uncertainty
from pi.influence.gradient_pair import GradientInfluence, GradientPair
from pi.influence.gradient_rules import UPGrad
from pi.influence.schedule import Schedule, ScheduleState, WeightRule
from pi.slices.patches import PatchPopulation
from pi.training import checkpoint
from pi.training.checkpoint import (
    CheckpointError,
    Networks,
    checkpoint_file,
    restore_checkpoint,
    save_checkpoint,
)
from pi.training.fit import Trainer
from pi.training.state import EpochRecord, TrainingState, from_json, to_json
from pi.training.sums import InfluenceSums

SUMS = InfluenceSums(0.1, (1 / 3, 2e-9), 0.7, 0.2, 3, 4)
PAIR = GradientPair(0.1, 1e-30, -0.3)
GRADIENT = GradientInfluence(7, 0.1, PAIR, PAIR)
STATE = TrainingState(
    ScheduleState(0.1, 1 / 3, 1e-9, 7, 1),
    1,
    3,
    SUMS,
    (GRADIENT,),
    (EpochRecord(1, 0.1, 0, SUMS, SUMS, (0.5, 1 / 3), (GRADIENT,)),),
    1,
)


def test_the_state_is_read_back_exactly() -> None:
    assert to_json(from_json(to_json(STATE))) == to_json(STATE)
    assert from_json(to_json(STATE)).history[0].training == SUMS
    assert from_json(to_json(STATE)).schedule == STATE.schedule


RULES = [
    Uncertainty(0.2), GradNorm(0.2, every=1), SoftAdapt(0.2), ReLoBRaLo(0.2, 5),
    UPGrad(0.2, every=1),
]  # fmt: skip


@pytest.mark.parametrize("schedule", RULES)
def test_what_a_rule_remembers_is_read_back_exactly(schedule: Schedule) -> None:
    def step(state: ScheduleState, image: float, perceptual: float) -> ScheduleState:
        state = schedule.after_gradients(state, image / 3, perceptual / 7, -image)
        state = schedule.after_step(state, image, perceptual)
        return schedule.after_epoch(state, image, perceptual)

    state = step(step(schedule.start(), 0.1, 1 / 3), 0.07, 2 / 3)
    read = from_json(to_json(TrainingState(state))).schedule
    assert read == state
    assert step(read, 0.05, 0.3) == step(state, 0.05, 0.3)
    assert len(read.memory) >= 2


def test_a_state_of_before_there_was_a_memory_is_read() -> None:
    content = json.loads(to_json(STATE))
    del content["schedule"]["memory"]
    assert from_json(json.dumps(content)).schedule == STATE.schedule


def test_weights_moments_and_best_are_read_back_exactly(
    make_trainer: Callable[..., Trainer], patches: PatchPopulation, tmp_path: Path
) -> None:
    batch = patches.read_hu(np.arange(16))
    first, second = make_trainer(), make_trainer()
    first.step(*batch, WeightRule(1e-3))
    best = [np.array(w) + 1 for w in first.networks.arrays()[0]]
    save_checkpoint(tmp_path / "state.npz", first.networks, STATE, best)
    state, kept = restore_checkpoint(tmp_path / "state.npz", second.networks)
    assert to_json(state) == to_json(STATE)
    assert all(np.array_equal(a, b) for a, b in zip(kept, best, strict=True))
    for a, b in zip(first.networks.arrays(), second.networks.arrays(), strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_a_kill_while_writing_leaves_the_checkpoint_before(
    make_trainer: Callable[..., Trainer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, file = make_trainer(), tmp_path / "state.npz"
    save_checkpoint(file, trainer.networks, STATE, [])
    before = file.read_bytes()

    def killed(*args: object, **arrays: object) -> None:
        args[0].write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.np, "savez", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(file, trainer.networks, STATE, [])
    assert file.read_bytes() == before


def test_weights_that_are_not_finite_are_never_kept(
    make_trainer: Callable[..., Trainer], tmp_path: Path
) -> None:
    trainer, file = make_trainer(), tmp_path / "state.npz"
    save_checkpoint(file, trainer.networks, STATE, [])
    before = file.read_bytes()
    weights = trainer.networks.arrays()[0]
    trainer.networks.denoiser.set_weights([np.full_like(w, np.nan) for w in weights])
    with pytest.raises(CheckpointError, match="must be finite to be kept but are not"):
        save_checkpoint(file, trainer.networks, STATE, [])
    assert file.read_bytes() == before


class Dangerous:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (Path.touch, (Path("executed"),))  # type: ignore[return-value]


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "pickle", "without state"])
def test_a_damaged_checkpoint_is_one_sentence_and_changes_nothing(
    make_trainer: Callable[..., Trainer],
    tmp_path: Path,
    damage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    trainer, file = make_trainer(), tmp_path / "state.npz"
    save_checkpoint(file, trainer.networks, STATE, [])
    whole = file.read_bytes()
    match damage:
        case "empty":
            file.write_bytes(b"")
        case "text":
            file.write_text("not a checkpoint")
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "pickle":
            file.write_bytes(pickle.dumps(Dangerous()))
        case "without state":
            with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "new", "w") as new:
                for name in old.namelist():
                    if name != "state.npy":
                        new.writestr(name, old.read(name))
            (tmp_path / "new").replace(file)
    before = trainer.networks.arrays()[0]
    with pytest.raises(CheckpointError, match="must be whole but cannot be read"):
        restore_checkpoint(file, trainer.networks)
    assert all(
        np.array_equal(a, b) for a, b in zip(before, trainer.networks.arrays()[0], strict=True)
    )
    assert not Path("executed").exists()


def test_a_checkpoint_of_another_network_is_refused(
    make_trainer: Callable[..., Trainer], tmp_path: Path
) -> None:
    trainer = make_trainer()
    save_checkpoint(tmp_path / "state.npz", trainer.networks, STATE, [])
    other = Networks(DenoiserSpec("unet", 3).build(5), trainer.networks.optimizer)
    with pytest.raises(CheckpointError, match="must fit this network's weights"):
        restore_checkpoint(tmp_path / "state.npz", other)


def test_another_version_and_a_missing_file_are_told(
    make_trainer: Callable[..., Trainer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, file = make_trainer(), tmp_path / "state.npz"
    with pytest.raises(
        CheckpointError, match="must have a checkpoint on this machine but has none"
    ):
        restore_checkpoint(file, trainer.networks)
    monkeypatch.setattr(checkpoint, "FORMAT", 1)
    monkeypatch.setattr(checkpoint, "to_json", lambda state: '{"known": "to version 1 alone"}')
    save_checkpoint(file, trainer.networks, STATE, [])
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="must have version 2 but has 1"):
        restore_checkpoint(file, trainer.networks)


@pytest.mark.parametrize("run_id", ["../outside", "", "a/b", "."])
def test_a_run_id_is_never_a_path(run_id: str) -> None:
    with pytest.raises(CheckpointError, match="must be the id of a run"):
        checkpoint_file(run_id)
