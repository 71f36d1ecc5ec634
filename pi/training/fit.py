"""The training itself: epochs of steps, what is measured beside them, when the state is saved."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.choices import Keep
from pi.denoisers import DenoiserSpec
from pi.errors import PiError
from pi.influence.gradient_pair import GradientInfluence, GradientPair
from pi.influence.schedule import Schedule
from pi.slices.patches import PatchPopulation
from pi.training.checkpoint import Arrays, Networks
from pi.training.feed import batch_numbers, steps_per_epoch, training_batches
from pi.training.interruption import Interruption, deferred
from pi.training.jit import Settled
from pi.training.machine import told_of_memory
from pi.training.state import EpochRecord, TrainingState
from pi.training.step import (
    Later,
    MeasureStep,
    NumberedStep,
    NumberedStepBegun,
    StepLosses,
    TrainStep,
    in_range,
)
from pi.training.sums import InfluenceSums
from pi.training.validation import Triple, ValidationSet, validation_ssims, validation_sums

GradientMeasure = Callable[[tf.Tensor, tf.Tensor], tuple[GradientPair, GradientPair]]


class DivergedError(PiError):
    """The loss is no longer a number."""

    final = True


@dataclass(frozen=True)
class Settings:
    """How long, how much at a time, how often.

    Attributes:
        seed: of the patches' order.
        epochs: passes over the training patches.
        batch_size: patches per step.
        gradient_every: steps between two measurements of gradient influence; 0: never.
        checkpoint_minutes: most minutes between two checkpoints.
        keep: which epoch's weights are the result.
        validation_patches: most validation patches that are measured after an epoch.
        validation_slices: most validation slices that are denoised after an epoch.
        epoch_steps: steps after which an epoch ends although patches are left, which the next
            epoch's order may bring; 0: an epoch is a pass over all.
        validation_share: most of an epoch's work that the patches and slices of validation may
            take together, at the patches' cost; 1: as much as they do.
    """

    seed: int
    epochs: int
    batch_size: int
    gradient_every: int
    checkpoint_minutes: float
    keep: Keep
    validation_patches: int
    validation_slices: int
    epoch_steps: int = 0
    validation_share: float = 1.0

    def steps(self, patches: int) -> int:
        """Return the steps of an epoch on so many patches."""
        whole = steps_per_epoch(patches, self.batch_size)
        return min(self.epoch_steps or whole, whole)

    def total_steps(self, patches: int) -> int:
        """Return the steps of the whole training on so many patches."""
        return self.epochs * self.steps(patches)


@dataclass(frozen=True)
class Trainer:
    """Everything that a training is made of.

    Attributes:
        settings: how long, how much at a time, how often.
        schedule: makes lambda.
        patches: of the training patients.
        validation: patches and slices of the validation patients.
        networks: denoiser and optimizer.
        spec: what the denoiser is.
        twin: the denoiser's twin in float32, which validates.
        step: trains on a batch.
        measure: measures a batch.
        gradients: measures a batch's gradients.
        cached: trains on a batch whose patches' features are kept; None: they are not.
        jit: on or off: whether XLA compiles the steps.
        ahead: begins a step whose losses are read while the device is at the next one; None: each
            step is waited for, which costs a processor nothing.
    """

    settings: Settings
    schedule: Schedule
    patches: PatchPopulation
    validation: ValidationSet
    networks: Networks
    spec: DenoiserSpec
    twin: keras.Model = field(repr=False)
    step: TrainStep
    measure: MeasureStep
    gradients: GradientMeasure
    cached: NumberedStep | None = field(default=None, repr=False)
    jit: Settled = "off"
    ahead: NumberedStepBegun | None = field(default=None, repr=False)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.settings.steps(len(self.patches))


@dataclass(frozen=True)
class Listener:
    """Who is told of the progress, and saves it.

    Attributes:
        save: keeps a state and the best weights so far.
        step_done: told the losses of a step.
        epoch_done: told of a finished epoch; may end the training by raising.
        slice_seen: shown each validation slice of an epoch, by the numbers of both.
    """

    save: Callable[[TrainingState, Arrays], object]
    step_done: Callable[[StepLosses], object]
    epoch_done: Callable[[EpochRecord], object]
    slice_seen: Callable[[int, int, Triple], object] = lambda epoch, number, images: None


def fit(
    trainer: Trainer, state: TrainingState, best: Arrays, listener: Listener
) -> tuple[TrainingState, Arrays]:
    """Train from ``state`` to the last epoch; return the final state and the weights to keep.

    The state is saved before the first step, every few minutes, after every epoch, and before a
    Ctrl-C or SIGTERM takes effect, always between two steps.

    Raises:
        DivergedError: the loss is NaN or infinite; the last saved state is a good one.
        KeyboardInterrupt: after a Ctrl-C or SIGTERM, when the state has been saved.
        MachineError: the device has too little memory.
    """
    with deferred() as interruption, told_of_memory(trainer.settings.batch_size):
        session = _Session(trainer, listener, interruption, state, best)
        session.save()
        while session.state.epoch < trainer.settings.epochs:
            session.train_epoch()
            session.close_epoch()
    return session.state, session.best


def score(record: EpochRecord, keep: Keep) -> float:
    """Return by how much an epoch is liked; the greatest is kept."""
    match keep:
        case "best_validation_ssim":
            return record.ssim
        case "best_validation_loss":
            return -record.validation.total
        case "last":
            return float(record.epoch)


def best_of(history: Sequence[EpochRecord], keep: Keep) -> int:
    """Return the epoch that is kept, counted from 1; the earlier of equals."""
    return max(history, key=lambda record: (score(record, keep), -record.epoch)).epoch


class _Session:
    """A training under way: the state is replaced as a whole, never edited."""

    def __init__(
        self,
        trainer: Trainer,
        listener: Listener,
        interruption: Interruption,
        state: TrainingState,
        best: Arrays,
    ) -> None:
        self.trainer = trainer
        self.listener = listener
        self.interruption = interruption
        self.state = state
        self.best = best
        self.saved = time.monotonic()
        self.waiting: Later | None = None

    def save(self) -> None:
        self.settle()
        self.listener.save(self.state, self.best)
        self.saved = time.monotonic()

    def poll(self) -> None:
        """End the training here if someone asked for it."""
        if self.interruption.asked:
            self.save()  # of steps that were begun none is forgotten
            raise KeyboardInterrupt

    def train_epoch(self) -> None:
        settings, state, patches = self.trainer.settings, self.state, self.trainer.patches
        where = settings.batch_size, settings.seed, state.epoch, state.step
        numbers = batch_numbers(len(patches), *where)
        batches = zip(training_batches(patches, *where), numbers, strict=True)
        for (low_dose, normal_dose), own in islice(batches, self.trainer.steps - state.step):
            self._train(own, low_dose, normal_dose)
            self.poll()
            if time.monotonic() - self.saved > 60 * settings.checkpoint_minutes:
                self.save()
        self.settle()

    def _train(
        self,
        numbers: NDArray[np.int64],
        low_dose: NDArray[np.int16],
        normal_dose: NDArray[np.int16],
    ) -> None:
        if self._rests_on_the_last():
            self.settle()
        self._measure_gradients(low_dose, normal_dose)
        trainer, schedule = self.trainer, self.state.schedule
        # What is not read yet moves the count of steps alone: see `Schedule.looks_back`.
        rule = trainer.schedule.rule(schedule.stepped() if self.waiting else schedule)
        if trainer.ahead:
            begun = trainer.ahead(numbers, low_dose, normal_dose, rule)
            self.settle()
            self.waiting = begun
        elif trainer.cached is None:
            self._count(trainer.step(low_dose, normal_dose, rule))
        else:
            self._count(trainer.cached(numbers, low_dose, normal_dose, rule))

    def _rests_on_the_last(self) -> bool:
        """Tell whether the next step needs to know the losses of the one that is under way."""
        if self.waiting is None:
            return False
        schedule, state = self.trainer.schedule, self.state.schedule.stepped()
        looks_back = schedule.looks_back(state.steps)
        return looks_back or schedule.asks_gradients(state) or self._measured_next()

    def settle(self) -> None:
        """Wait for the step that is under way, if there is one, and count it."""
        if self.waiting is not None:
            later, self.waiting = self.waiting, None
            self._count(later())

    def _count(self, losses: StepLosses) -> None:
        """Add a step's losses to the state, and tell the listener.

        Raises:
            DivergedError: they are NaN or infinite.
        """
        trainer, state = self.trainer, self.state
        if not (losses.finite and np.isfinite(losses.weight)):
            raise DivergedError(
                f"the loss must be finite but is not at step {state.step + 1} of epoch "
                f"{state.epoch + 1}: the last checkpoint stays; take a smaller `learning_rate` or "
                "`perceptual_weight`."
            )
        self.state = replace(
            state,
            schedule=trainer.schedule.after_step(state.schedule, *losses.means),
            step=state.step + 1,
            sums=state.sums.add(losses.image, losses.perceptual, losses.weight),
        )
        self.listener.step_done(losses)

    def _measure_gradients(
        self, low_dose: NDArray[np.int16], normal_dose: NDArray[np.int16]
    ) -> None:
        """MeasureStep them where they are to be kept, or where lambda is made of them."""
        if self.waiting:  # then they are neither, see `_rests_on_the_last`
            return
        trainer, state = self.trainer, self.state
        kept, asked = self._measured_next(), trainer.schedule.asks_gradients(state.schedule)
        if not (kept or asked):
            return
        number = state.epoch * trainer.steps + state.step
        pair = trainer.gradients(in_range(low_dose), in_range(normal_dose))
        schedule, parameters = state.schedule, pair[0]
        if asked:
            schedule = trainer.schedule.after_gradients(
                schedule, parameters.image, parameters.perceptual, parameters.dot
            )
        found = (GradientInfluence(number, schedule.weight, *pair),) if kept else ()
        self.state = replace(state, schedule=schedule, gradients=state.gradients + found)

    def _measured_next(self) -> bool:
        """Tell whether the gradients of the next step's batch are to be kept."""
        every, state = self.trainer.settings.gradient_every, self.state
        number = state.epoch * self.trainer.steps + state.step + (self.waiting is not None)
        return bool(every) and not number % every

    def close_epoch(self) -> None:
        trainer, state = self.trainer, self.state
        record = self._record()
        history = (*state.history, record)
        best_epoch = best_of(history, trainer.settings.keep)
        if best_epoch == record.epoch:
            self.best = trainer.networks.arrays()[0]
        schedule = trainer.schedule.after_epoch(
            state.schedule, state.sums.image, state.sums.perceptual_sum
        )
        self.state = TrainingState(
            schedule, state.epoch + 1, history=history, best_epoch=best_epoch
        )
        self.save()  # first: what is known of the epoch can be told again, its weights cannot
        self.listener.epoch_done(record)
        self.poll()

    def _record(self) -> EpochRecord:
        trainer, state = self.trainer, self.state
        weight = state.schedule.weight
        sums: InfluenceSums = validation_sums(
            trainer.validation, trainer.measure, trainer.settings.batch_size, weight, self.poll
        )
        if trainer.twin is not trainer.networks.denoiser:
            trainer.twin.set_weights(trainer.networks.denoiser.get_weights())
        sizes = trainer.spec.design.sizes
        seen = partial(self.listener.slice_seen, state.epoch + 1)
        ssims = validation_ssims(trainer.validation, trainer.twin, sizes, self.poll, seen)
        return EpochRecord(
            state.epoch + 1,
            weight,
            state.schedule.clips,
            state.sums,
            sums,
            ssims,
            state.gradients,
        )
