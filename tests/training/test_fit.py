"""The training loop: resumed bit for bit, ended politely, stopped where the loss is no number."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from pi.denoisers import DenoiserSpec, dncnn
from pi.influence.adaptive_rules import GradNorm
from pi.influence.calibrated_schedules import ConstantPsi
from pi.influence.schedule import Fixed, Schedule
from pi.slices.store import Store
from pi.training.checkpoint import Arrays
from pi.training.fit import DivergedError, Listener, Trainer, best_of, fit
from pi.training.interruption import deferred
from pi.training.state import EpochRecord, TrainingState
from pi.training.step import StepLosses
from pi.training.sums import InfluenceSums

Saved = list[tuple[TrainingState, Arrays, tuple[Arrays, Arrays]]]


def listening(
    trainer: Trainer, saved: Saved, step_done: Callable[[StepLosses], object]
) -> Listener:
    def save(state: TrainingState, best: Arrays) -> None:
        saved.append((state, best, trainer.networks.arrays()))

    return Listener(save, step_done, lambda record: None)


def trained(
    trainer: Trainer,
    state: TrainingState | None = None,
    best: Arrays | None = None,
    step_done: Callable[[StepLosses], object] = lambda losses: None,
    saved: Saved | None = None,
) -> tuple[TrainingState, Arrays]:
    listener = listening(trainer, [] if saved is None else saved, step_done)
    return fit(trainer, state or TrainingState(trainer.schedule.start()), best or [], listener)


def same(a: Arrays, b: Arrays) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def interrupting(at: int, number: int) -> Callable[[StepLosses], object]:
    steps = iter(range(1, 10_000))

    def step_done(losses: StepLosses) -> None:
        if next(steps) == at:
            os.kill(os.getpid(), number)

    return step_done


UNET, DNCNN, REDCNN = (DenoiserSpec(name, 2) for name in ("unet", "dncnn", "redcnn"))
QUICK: dict[str, Any] = {"spec": REDCNN, "start": "auto", "gradient_every": 0}
"""The denoiser whose graph is traced in the shortest time, where any would do."""


@pytest.mark.parametrize(
    ("schedule", "spec", "every"),
    [
        (ConstantPsi(1e-3, 0.9, 0.9, 20, every=2), UNET, 0),
        (GradNorm(1e-3, every=2), REDCNN, 0),
        (Fixed(1e-3), DNCNN, 3),  # with moving averages, which a measured gradient must not move
    ],
)
def test_an_interrupted_training_goes_on_as_if_nothing_had_been(
    schedule: Schedule,
    spec: DenoiserSpec,
    every: int,
    make_trainer: Callable[..., Trainer],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if spec != REDCNN:  # whose graphs are traced in the shortest time
        request.getfixturevalue("eager")
    monkeypatch.setattr(dncnn, "DEPTH", 4)  # of 17, whose graphs take most of a minute to trace
    number = signal.SIGTERM
    made = partial(make_trainer, schedule, gradient_every=every, spec=spec, start="auto")
    whole = made()
    begun = whole.networks.arrays()
    final, best = trained(whole)
    ended = whole.networks.arrays()
    steps = whole.steps
    assert steps >= 3

    first, saved = whole, Saved()  # from the beginning again; the graphs are traced
    first.networks.set_arrays(*begun)
    handler = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        trained(first, step_done=interrupting(steps + 2, number), saved=saved)
    assert signal.getsignal(number) is handler
    state, kept, arrays = saved[-1]
    assert (state.epoch, state.step) == (1, 2)

    second = made()
    second.networks.set_arrays(*arrays)
    resumed, resumed_best = trained(second, state, kept)
    assert resumed == final
    assert same(resumed_best, best)
    for a, b in zip(second.networks.arrays(), ended, strict=True):
        assert same(a, b)


def test_gradnorm_begins_with_gradients_of_equal_length(
    eager: None,
    make_trainer: Callable[..., Trainer],
) -> None:
    final, _ = trained(make_trainer(GradNorm(1.0), gradient_every=1, epochs=1))
    (record,) = final.history
    found = [one.parameters.psi(one.weight) for one in record.gradients]
    assert len(found) > 1
    assert found[0] == pytest.approx(0.5)
    assert [one.weight for one in record.gradients] == [record.weight] * len(found)
    assert record.clips == 0


def test_what_is_tracked_adds_up(eager: None, make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer()
    seen: list[StepLosses] = []
    final, _ = trained(trainer, step_done=seen.append)
    first = final.history[0]
    own = seen[: trainer.steps]
    assert first.training.patches == 112 * trainer.steps
    assert first.training.image == pytest.approx(sum(float(s.image.sum()) for s in own))
    assert first.training.weighted == pytest.approx(1e-3 * first.training.perceptual_sum)
    assert len(first.training.perceptual) == 2
    assert first.validation.patches == 20
    assert first.ssim == np.mean(first.ssims)
    assert all(-1 < ssim < 1 for ssim in first.ssims)
    assert [g.step for r in final.history for g in r.gradients] == list(
        range(0, 2 * trainer.steps, 3)
    )
    assert final.epoch == 2
    assert final.best_epoch == best_of(final.history, "best_validation_ssim")


def test_no_patient_of_the_test_part_is_ever_read(
    eager: None,
    make_trainer: Callable[..., Trainer],
    tiny_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, pair = set(), Store.pair

    def noting(self: Store, volume: int, index: int) -> object:
        read.add(self.volumes[volume].split)
        return pair(self, volume, index)

    monkeypatch.setattr(Store, "pair", noting)
    trained(make_trainer(Fixed(0.0), encoders=(), epochs=1, **QUICK))
    assert "test" in {volume.split for volume in tiny_store.volumes}
    assert read == {"train", "validation"}


def test_a_loss_that_is_no_number_stops_with_the_last_good_state(
    eager: None,
    make_trainer: Callable[..., Trainer],
) -> None:
    trainer, saved = make_trainer(Fixed(0.0), encoders=(), **QUICK), Saved()
    steps = iter(range(100))

    def step(low: object, normal: object, rule: object) -> StepLosses:
        losses = trainer.step(low, normal, rule)  # type: ignore[arg-type]
        return replace(losses, image=losses.image * np.nan) if next(steps) == 2 else losses

    sick = replace(trainer, step=step)
    with pytest.raises(DivergedError, match="must be finite but is not at step 3 of epoch 1"):
        trained(sick, saved=saved)
    assert len(saved) == 1
    assert all(np.isfinite(array).all() for array in saved[-1][2][0])


def test_a_training_that_is_over_is_not_trained_again_and_no_global_generator_is_touched(
    eager: None,
    make_trainer: Callable[..., Trainer],
) -> None:
    trainer = make_trainer(Fixed(0.0), encoders=(), epochs=1, **QUICK)
    np.random.seed(3)
    generator = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    final, best = trained(trainer)
    assert np.array_equal(generator, np.random.get_state()[1])  # type: ignore[index]
    before = trainer.networks.arrays()[0]
    again, kept = trained(trainer, final, best)
    assert again == final
    assert same(kept, best)
    assert same(before, trainer.networks.arrays()[0])


def record(epoch: int, ssim: float, image: float) -> EpochRecord:
    sums = InfluenceSums().add(np.array([image]), np.zeros((1, 0)), 0.0)
    return EpochRecord(epoch, 0.0, 0, sums, sums, (ssim,), ())


def test_the_epoch_that_is_kept_follows_its_rule() -> None:
    history = [record(1, 0.5, 3.0), record(2, 0.9, 1.0), record(3, 0.9, 0.5), record(4, 0.1, 2.0)]
    assert best_of(history, "best_validation_ssim") == 2  # the earlier of equals
    assert best_of(history, "best_validation_loss") == 3
    assert best_of(history, "last") == 4


def test_the_second_signal_does_not_wait() -> None:
    with deferred() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_short_epoch_ends_early_and_the_next_has_patches_of_its_own(
    eager: None,
    make_trainer: Callable[..., Trainer],
) -> None:
    short = make_trainer(Fixed(0.0), encoders=(), epoch_steps=2, **QUICK)
    assert (short.steps, short.settings.total_steps(len(short.patches))) == (2, 4)
    seen: list[StepLosses] = []
    final, _ = trained(short, step_done=seen.append)
    assert [record.training.patches for record in final.history] == [2 * 112, 2 * 112]
    assert len(seen) == 4
    long = make_trainer(Fixed(0.0), encoders=(), epoch_steps=10**6, **QUICK)
    assert long.steps == len(long.patches) // 112


def test_whoever_is_told_of_an_epoch_may_end_the_training(
    eager: None,
    make_trainer: Callable[..., Trainer],
) -> None:
    trainer = make_trainer(Fixed(0.0), encoders=(), epoch_steps=1, epochs=9, **QUICK)
    heard: list[int] = []

    def epoch_done(record: EpochRecord) -> None:
        heard.append(record.epoch)
        if record.epoch == 2:
            raise StopIteration

    listener = Listener(lambda state, best: None, lambda losses: None, epoch_done)
    with pytest.raises(StopIteration):
        fit(trainer, TrainingState(trainer.schedule.start()), [], listener)
    assert heard == [1, 2]


def test_gradients_are_measured_beside_the_step_and_change_nothing(
    make_trainer: Callable[..., Trainer],
) -> None:
    with_them, without = (
        make_trainer(epochs=1, **(QUICK | {"gradient_every": 1})),
        make_trainer(epochs=1, **QUICK),
    )
    trained(with_them)
    trained(without)
    assert same(with_them.networks.arrays()[0], without.networks.arrays()[0])
