"""A step whose losses are read while the next one is under way: the training is the same."""

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from pi.choices import ScheduleName
from pi.denoisers import DenoiserSpec
from pi.influence.gradient_pair import GradientPair
from pi.influence.named_schedules import find_schedule
from pi.influence.schedule import WeightRule
from pi.training.checkpoint import Arrays
from pi.training.fit import DivergedError, Listener, Trainer, fit
from pi.training.interruption import deferred
from pi.training.machine import MachineError
from pi.training.state import EpochRecord, TrainingState
from pi.training.step import StepLosses

SPEC = DenoiserSpec("redcnn", 2)


class Made:
    """Steps that compute nothing: losses made of the patches' numbers and of lambda's rule."""

    def __init__(self, wrong_at: int = 0) -> None:
        self.log: list[str] = []
        self.begun = 0
        self.wrong_at = wrong_at

    def losses(self, numbers: NDArray[np.int64], rule: WeightRule) -> StepLosses:
        draw = np.random.default_rng(int(numbers[0]))
        image, perceptual = draw.random(numbers.size), draw.random((numbers.size, 1))
        weight = rule(float(image.mean()), float(perceptual.sum(axis=1).mean()))
        self.begun += 1
        return StepLosses(
            image * (np.nan if self.begun == self.wrong_at else 1), perceptual, weight
        )

    def cached(
        self, numbers: NDArray[np.int64], low: object, normal: object, rule: WeightRule
    ) -> StepLosses:
        return self.losses(numbers, rule)

    def ahead(
        self, numbers: NDArray[np.int64], low: object, normal: object, rule: WeightRule
    ) -> Callable[[], StepLosses]:
        found, number = self.losses(numbers, rule), self.begun
        self.log.append(f"begin {number}")

        def read() -> StepLosses:
            self.log.append(f"read {number}")
            return found

        return read

    def gradients(self, low: tf.Tensor, normal: tf.Tensor) -> tuple[GradientPair, GradientPair]:
        mean = float(tf.reduce_mean(low))
        pair = GradientPair(1 + mean, 2 - mean, -0.1)
        return pair, pair


@pytest.fixture
def trainer(make_trainer: Callable[..., Trainer]) -> Trainer:
    return make_trainer(
        encoders=(), spec=SPEC, start="auto", batch_size=16, gradient_every=3, epoch_steps=5,
        validation_patches=1, validation_slices=1,
    )  # fmt: skip


def made(trainer: Trainer, steps: Made, *, ahead: bool) -> Trainer:
    """A trainer whose steps are made up."""
    measured = StepLosses(np.ones(1), np.ones((1, 1)), 1.0)
    return replace(
        trainer, cached=steps.cached, ahead=steps.ahead if ahead else None,
        gradients=steps.gradients, measure=lambda low, normal, weight: measured,
    )  # fmt: skip


def silent(
    save: Callable[[TrainingState, Arrays], object] = lambda state, best: None,
    step_done: Callable[[StepLosses], object] = lambda losses: None,
    epoch_done: Callable[[EpochRecord], object] = lambda record: None,
) -> Listener:
    return Listener(save, step_done, epoch_done)


def test_every_schedule_sees_the_same_and_ends_the_same(trainer: Trainer) -> None:
    other = []
    for name in get_args(ScheduleName):
        schedule = find_schedule(
            name, 0.5, target=0.9, warmup_steps=3, final=0.5 if name == "constant_psi" else None,
            total=10, seed=5,
        )  # fmt: skip
        ends = []
        for ahead in (False, True):
            own = replace(made(trainer, Made(), ahead=ahead), schedule=schedule)
            weights: list[float] = []
            listener = silent(step_done=lambda losses, w=weights: w.append(losses.weight))  # type: ignore[misc]
            ends.append((fit(own, TrainingState(schedule.start()), [], listener)[0], weights))
        if ends[0] != ends[1]:
            other.append(name)
        assert len(ends[0][1]) == 10
    assert other == []


def test_the_next_step_is_begun_before_the_losses_of_one_are_read(trainer: Trainer) -> None:
    steps = Made()
    own = made(trainer, steps, ahead=True)
    own = replace(own, settings=replace(own.settings, gradient_every=0, epochs=1))
    fit(own, TrainingState(own.schedule.start()), [], silent())
    expected = ["begin 1"]
    for number in range(2, 6):
        expected += [f"begin {number}", f"read {number - 1}"]
    assert steps.log == [*expected, "read 5"]


def test_a_stop_keeps_every_step_that_was_begun(trainer: Trainer) -> None:
    steps, saved = Made(), list[TrainingState]()
    own = made(trainer, steps, ahead=True)
    counted = iter(range(1, 100))

    def step_done(losses: StepLosses) -> None:
        if next(counted) == 2:
            signal.raise_signal(signal.SIGTERM)

    listener = silent(lambda state, best: saved.append(state), step_done)
    with pytest.raises(KeyboardInterrupt):
        fit(own, TrainingState(own.schedule.start()), [], listener)
    assert saved[-1].step == steps.begun
    assert saved[-1].sums.patches == 16 * steps.begun
    with deferred() as interruption:
        assert not interruption.asked


def test_memory_that_is_too_small_is_a_sentence_whenever_it_is_told(trainer: Trainer) -> None:
    def full(*_: object) -> StepLosses:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    for own in (
        replace(trainer, step=full, cached=None, ahead=None),
        replace(trainer, ahead=lambda *_: full),  # told when the losses are read
    ):
        own = replace(own, settings=replace(own.settings, gradient_every=0))
        with pytest.raises(MachineError, match="a `batch_size` of 16 but its memory is too small"):
            fit(own, TrainingState(own.schedule.start()), [], silent())


def test_a_loss_that_is_no_number_is_told_at_its_step_and_never_saved(trainer: Trainer) -> None:
    saved: list[TrainingState] = []
    own = made(trainer, Made(wrong_at=3), ahead=True)
    listener = silent(lambda state, best: saved.append(state))
    with pytest.raises(DivergedError, match="is not at step 3 of epoch 1"):
        fit(own, TrainingState(own.schedule.start()), [], listener)
    assert [state.step for state in saved] == [0]
