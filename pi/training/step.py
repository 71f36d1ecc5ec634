"""One step of training: the losses of a batch, lambda from its rule, one move of the weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.influence.components import Terms
from pi.influence.psi import Floats
from pi.influence.schedule import WeightRule
from pi.slices.intensity import DATA_RANGE_HU, HU_LOW


@dataclass(frozen=True, slots=True)
class StepLosses:
    """What a step saw, before it moved the weights.

    Attributes:
        image: (n,) image loss.
        perceptual: (n, taps) perceptual loss.
        weight: lambda that it was made with.
    """

    image: Floats
    perceptual: Floats
    weight: float

    @property
    def finite(self) -> bool:
        """Whether the loss is a number."""
        return bool(np.isfinite(self.image).all() and np.isfinite(self.perceptual).all())

    @property
    def means(self) -> tuple[float, float]:
        """M and P: the mean of the image loss, and of the perceptual loss over all layers."""
        return float(self.image.mean()), float(self.perceptual.sum(axis=1).mean())


TrainStep = Callable[[NDArray[np.int16], NDArray[np.int16], WeightRule], StepLosses]
"""Trains on low and normal dose, each (n, rows, columns, 1) int16 HU."""

NumberedStep = Callable[
    [NDArray[np.int64], NDArray[np.int16], NDArray[np.int16], WeightRule], StepLosses
]
"""The same, told the numbers (n,) of the patches as well."""

Later = Callable[[], StepLosses]
"""Waits for a step that was begun, and returns its losses."""

StepBegun = Callable[[NDArray[np.int16], NDArray[np.int16], WeightRule], Later]
"""`TrainStep` that does not wait for the device."""

NumberedStepBegun = Callable[
    [NDArray[np.int64], NDArray[np.int16], NDArray[np.int16], WeightRule], Later
]
"""`NumberedStep` that does not wait for the device."""

MeasureStep = Callable[[NDArray[np.int16], NDArray[np.int16], float], StepLosses]
"""Measures the losses of a batch at a lambda and trains nothing."""


Move = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, Terms], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]
"""Moves the weights on low and normal dose in range, by a rule and the two losses; returns the
losses of each patch, and lambda."""


def in_range(hu: tf.Tensor) -> tf.Tensor:
    """`normalise` where the network is, bit for bit: HU are whole, the range a power of two.

    Args:
        hu: any shape, int16.
    """
    return (tf.cast(hu, tf.float32) - HU_LOW) * (1 / DATA_RANGE_HU)


def train_step(
    denoiser: keras.Model,
    optimizer: keras.Optimizer,
    terms: Terms,
    strategy: tf.distribute.Strategy,
    batch_size: int,
    *,
    jit: bool = False,
) -> TrainStep:
    """Return the step of `begin_train_step`, which waits for its losses."""
    begin = begin_train_step(denoiser, optimizer, terms, strategy, batch_size, jit=jit)
    return lambda low_dose, normal_dose, rule: begin(low_dose, normal_dose, rule)()


def begin_train_step(
    denoiser: keras.Model,
    optimizer: keras.Optimizer,
    terms: Terms,
    strategy: tf.distribute.Strategy,
    batch_size: int,
    *,
    jit: bool = False,
) -> StepBegun:
    """Return the step that moves ``denoiser`` along the gradient of M + lambda P.

    Each device takes an equal part of the batch, and the gradient is that of the whole batch's
    means, so the number of devices changes nothing but the order of the sums.

    Args:
        denoiser: made within the strategy's scope.
        optimizer: likewise, and built.
        terms: the two losses.
        strategy: see `pi.training.machine.strategy_for`.
        batch_size: of all devices together.
        jit: whether XLA compiles it, which it does for one device alone.
    """

    move = moving(denoiser, optimizer, batch_size)

    def of_one_device(
        low_dose: tf.Tensor, normal_dose: tf.Tensor, rule: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return move(in_range(low_dose), in_range(normal_dose), rule, terms)

    @tf.function(jit_compile=jit)  # type: ignore[untyped-decorator]
    def of_all_devices(low_dose: object, normal_dose: object, rule: tf.Tensor) -> object:
        return strategy.run(of_one_device, args=(low_dose, normal_dose, rule))

    def begin(
        low_dose: NDArray[np.int16], normal_dose: NDArray[np.int16], rule: WeightRule
    ) -> Later:
        parts = (_divided(strategy, array) for array in (low_dose, normal_dose))
        found = of_all_devices(*parts, as_tensor(rule))
        image, perceptual, weight = (strategy.experimental_local_results(x) for x in found)
        return lambda: StepLosses(joined(image), joined(perceptual), float(weight[0]))

    return begin


def moving(denoiser: keras.Model, optimizer: keras.Optimizer, batch_size: int) -> Move:
    """Return what moves ``denoiser`` on one device's part of a batch; see `train_step`."""

    def move(
        low_dose: tf.Tensor, normal_dose: tf.Tensor, rule: tf.Tensor, terms: Terms
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            image, perceptual = terms(denoiser(low_dose, training=True), normal_dose)
            m = tf.reduce_sum(image) / batch_size
            p = tf.reduce_sum(perceptual) / batch_size
            weight = tf.stop_gradient(_weight(rule, *_over_all_devices(m, p)))
            loss = optimizer.scale_loss(m + weight * p)
        variables = denoiser.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return image, perceptual, weight

    return move


def measure_step(denoiser: keras.Model, terms: Terms) -> MeasureStep:
    """Return the function that measures a batch, in the format that training computes in."""

    @tf.function(reduce_retracing=True, jit_compile=False)  # type: ignore[untyped-decorator]
    def losses(low_dose: tf.Tensor, normal_dose: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return terms(denoiser(in_range(low_dose), training=False), in_range(normal_dose))

    def measure(
        low_dose: NDArray[np.int16], normal_dose: NDArray[np.int16], weight: float
    ) -> StepLosses:
        image, perceptual = losses(tf.constant(low_dose), tf.constant(normal_dose))
        return StepLosses(joined([image]), joined([perceptual]), weight)

    return measure


def _weight(rule: tf.Tensor, m: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    """`WeightRule` in the graph."""
    of_one, of_image, by_one, by_perceptual, low, high = tf.unstack(rule)
    weight = (of_one + of_image * m) / (by_one + by_perceptual * p)
    return tf.clip_by_value(weight, low, high)


def _over_all_devices(m: tf.Tensor, p: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    context = tf.distribute.get_replica_context()
    total_m, total_p = context.all_reduce(tf.distribute.ReduceOp.SUM, [m, p])
    return total_m, total_p


def as_tensor(rule: WeightRule) -> tf.Tensor:
    """Return a rule as the graph takes it, (6,)."""
    parts = (rule.of_one, rule.of_image, rule.by_one, rule.by_perceptual, rule.low, rule.high)
    return tf.constant(parts, tf.float32)


def _divided(strategy: tf.distribute.Strategy, array: NDArray[np.int16]) -> object:
    parts = np.split(array, strategy.num_replicas_in_sync)
    return strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )


def joined(parts: Sequence[tf.Tensor]) -> Floats:
    """Return what each device found of its part of a batch, as one array."""
    return np.concatenate([part.numpy() for part in parts]).astype(np.float64)
