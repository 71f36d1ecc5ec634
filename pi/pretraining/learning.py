"""Learning: a network is moved along the summed losses of all its tasks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.errors import PiError
from pi.pretraining.examples import Examples, Images, Labels
from pi.pretraining.networks import NEW
from pi.pretraining.tasks import UNKNOWN, Task

WARM_UP = 0.1
"""Share of the steps in which the learning rate rises; it falls to 0 along a cosine afterwards."""

NEW_RATE = 10
"""By how much faster heads learn, which know nothing yet, than the trunk, which does."""


class LearningError(PiError):
    """Learning that came to nothing."""


Step = Callable[[Images, Labels, float], NDArray[np.float32]]
"""Learns from a batch at a learning rate and returns the loss of each task before it did."""


def rate_at(step: int, steps: int, highest: float) -> float:
    """Return the learning rate of ``step``, counted from 0, of so many."""
    rising = (step + 1) / max(1.0, WARM_UP * steps)
    falling = 0.5 * (1 + np.cos(np.pi * step / steps))
    return float(highest * min(1.0, rising) * falling)


@dataclass(frozen=True)
class _Group:
    """Variables that are moved by one optimizer, and by how much faster than the rate asked for."""

    variables: list[keras.Variable]
    optimizer: keras.Optimizer
    faster: int


def learning_step(network: keras.Model, tasks: Sequence[Task]) -> Step:
    """Return the step of Adam on the summed losses of ``network``, which it moves.

    Args:
        network: see `pi.pretraining.networks`.
        tasks: of its heads, whose losses are cross-entropies; none of a decoder, whose loss is
            the squared error as a share of the patches' variance.
    """
    heads = {
        id(v) for layer in network.layers if layer.name.startswith(NEW) for v in layer.variables
    }
    trunk = [v for v in network.trainable_variables if id(v) not in heads]
    new = [v for v in network.trainable_variables if id(v) in heads]
    groups = [
        _Group(variables, keras.optimizers.Adam(), faster)
        for variables, faster in ((trunk, 1), (new, NEW_RATE))
        if variables
    ]
    for group in groups:
        group.optimizer.build(group.variables)

    @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
    def move(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = keras.tree.flatten(network(images, training=True))
            losses = header_losses(labels, outputs) if tasks else _error(images, outputs)
            total = tf.add_n(losses)
        gradients = tape.gradient(total, [group.variables for group in groups])
        for group, found in zip(groups, gradients, strict=True):
            group.optimizer.apply_gradients(zip(found, group.variables, strict=True))
        return tf.stack(losses)

    def step(images: Images, labels: Labels, rate: float) -> NDArray[np.float32]:
        for group in groups:
            group.optimizer.learning_rate = group.faster * rate
        found: NDArray[np.float32] = move(tf.constant(images), tf.constant(labels)).numpy()
        return found

    return step


def learn(
    step: Step,
    examples: Examples,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    rng: np.random.Generator,
    step_done: Callable[[NDArray[np.float32]], object],
) -> NDArray[np.float32]:
    """Take all steps and return the loss of each task at each of them, (steps, tasks).

    Raises:
        LearningError: a loss is no longer a number.
    """
    history = []
    for number in range(steps):
        losses = step(*examples.training(rng, batch_size), rate_at(number, steps, learning_rate))
        if not np.isfinite(losses).all():
            raise LearningError(
                f"the loss must be finite but is not at step {number + 1}; take a smaller "
                f"`learning_rate` than {learning_rate:g}."
            )
        history.append(losses)
        step_done(losses)
    return np.array(history)


def header_losses(labels: tf.Tensor, outputs: list[tf.Tensor]) -> list[tf.Tensor]:
    """Return the cross-entropy of each task, over the images whose label is known; 0 over none."""
    losses = []
    for k, logits in enumerate(outputs):
        known = tf.not_equal(labels[:, k], UNKNOWN)
        told, wanted = tf.boolean_mask(logits, known), tf.boolean_mask(labels[:, k], known)
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=told)
        count = tf.reduce_sum(tf.cast(known, tf.float32))
        losses.append(tf.math.divide_no_nan(tf.reduce_sum(each), count))
    return losses


def _error(images: tf.Tensor, outputs: list[tf.Tensor]) -> list[tf.Tensor]:
    error = tf.reduce_mean(tf.square(images - outputs[0]))
    return [error / (tf.math.reduce_variance(images) + 1e-12)]
