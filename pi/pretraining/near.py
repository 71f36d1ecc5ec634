"""A context that stays near the encoder it starts from, so that everyone makes the same one.

Lambda is a ratio of mean losses, and its denominator is the mean squared difference of features at
the tap. Header tasks do not settle how large that is: their heads read standardised features, so
the scale of every layer drifts freely, and how far depends on rounding. Three things settle it.

- Heads are fitted to the features of the initial encoder before any of its weights moves, because
  what flows back from a head that knows nothing distorts features (Kumar et al. 2022, linear
  probing then fine-tuning).
- Each step moves each layer by a given share of its initial norm, along the mean gradient of a
  batch (You et al. 2017, layer-wise rates). Adam's steps go by the sign of each gradient, also of
  those that are nothing but rounding.
- Afterwards each layer is scaled to the mean energy of its initial activations and the next one
  takes the factor back, which changes no answer of a network of ReLUs (Gatys et al. 2016 fix the
  scale of VGG so).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.choices import PrecisionName
from pi.losses.input_convention import input_convention
from pi.network.weight_file import Convolution
from pi.network.weights import load_weights
from pi.pretraining.examples import Examples, Images, Labels
from pi.pretraining.held_out import score_task
from pi.pretraining.learning import LearningError, header_losses
from pi.pretraining.networks import Probe, build_trunk, learned, probe_of, stack_of, with_heads
from pi.pretraining.recipe import Context, Initial, digest_of
from pi.training.machine import choose_precision, compute_in

VERSION = 3
"""Raised whenever the same recipe would give other weights; `pi.pretraining.recipe` had 1 and 2."""

FIT_RATE, FIT_STEPS = 3e-3, 100
"""Of Adam on the heads alone, which see all the images at once: a second's work."""

MEASURED_AT_A_TIME = 16


@dataclass(frozen=True, slots=True)
class NearRecipe:
    """How an encoder learns without going far.

    Attributes:
        architecture: of the encoder.
        initial: context that its weights start from.
        encoder_input: what it is fed, as `pi.losses.input_convention.input_convention` has it.
        patch_size: side of an image in pixels.
        fitted: images that the heads are fitted on.
        steps: of the encoder.
        batch_size: images a step.
        movement: how far all steps lead together, as a share of the norm of each layer's kernel.
        held_out: images that are scored.
        seed: of everything random.
        precision: number format of the convolutions. float32, which every processor has.
    """

    architecture: str = "vgg16"
    initial: Initial = "natural-offline"
    encoder_input: str = "raw255"
    patch_size: int = 96
    fitted: int = 160
    steps: int = 5
    batch_size: int = 16
    movement: float = 5e-4
    held_out: int = 96
    seed: int = 5
    precision: PrecisionName = "float32"

    def digest(self, data: str) -> str:
        """Return a name for what the recipe makes of the data of that digest."""
        facts = asdict(self) | {"precision": choose_precision(self.precision)}
        return digest_of(VERSION, facts, data)

    @property
    def work(self) -> int:
        """How many times `make_near` says that it has gone on."""
        return -(-self.fitted // MEASURED_AT_A_TIME) + self.steps


def make_near(
    recipe: NearRecipe, examples: Examples, step_done: Callable[[NDArray[np.float32]], object]
) -> Context:
    """Fine-tune an encoder by ``recipe`` on ``examples``.

    Args:
        recipe: how.
        examples: on what; with tasks.
        step_done: told the losses of each step, and nothing (an empty array) after each batch that
            heads are fitted on; may end the work by raising.

    Raises:
        LearningError: the loss is no longer a number.
        WeightsError: the initial weights cannot be had.
    """
    precision = choose_precision(recipe.precision)
    convention = input_convention(recipe.encoder_input)
    first = load_weights(recipe.architecture, recipe.initial, seed=recipe.seed).convolutions
    trunk = build_trunk(recipe.architecture, first, convention)
    compute_in([trunk], precision)
    network = with_heads(trunk, examples.tasks, recipe.seed)
    rng = np.random.default_rng([recipe.seed, 0])
    images, labels = examples.training(rng, recipe.fitted)
    probe = probe_of(network, examples.tasks)
    fit_heads(probe, pooled(probe, images, lambda: step_done(np.empty(0, np.float32))), labels)
    step = moving_step(network, trunk)
    history = []
    for _ in range(recipe.steps):
        batch = examples.training(rng, recipe.batch_size)
        history.append(step(*batch, recipe.movement / recipe.steps))
        if not np.isfinite(history[-1]).all():
            raise LearningError(
                f"the loss must be finite but is not at step {len(history)} of the context."
            )
        step_done(history[-1])
    scores = score_task(network, examples, recipe.held_out, np.random.default_rng([recipe.seed, 1]))
    few = images[:MEASURED_AT_A_TIME]
    found = learned(trunk)
    factors = np.sqrt(energies(trunk, first, few) / energies(trunk, found, few))
    return Context(rescaled(found, factors), scores, np.array(history), precision)


def pooled(probe: Probe, images: Images, done: Callable[[], object]) -> NDArray[np.float32]:
    """Return what the heads see of ``images``, (n, features), before it is standardised."""
    see = tf.function(
        lambda batch: probe.trunk(batch, training=False), reduce_retracing=True, autograph=False
    )
    found = []
    for start in range(0, len(images), MEASURED_AT_A_TIME):
        found.append(np.asarray(see(tf.constant(images[start : start + MEASURED_AT_A_TIME]))))
        done()
    return np.concatenate(found)


def fit_heads(probe: Probe, features: NDArray[np.float32], labels: Labels) -> None:
    """Let the heads standardise by the mean and variance of ``features``, and fit them to these."""
    probe.standardise.moving_mean.assign(features.mean(axis=0))
    probe.standardise.moving_variance.assign(features.var(axis=0))
    optimizer = keras.optimizers.AdamW(FIT_RATE, weight_decay=0.1)
    variables = probe.heads.trainable_variables
    optimizer.build(variables)
    seen, told = tf.constant(features), tf.constant(labels)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def fit() -> None:
        with tf.GradientTape() as tape:
            answers = keras.tree.flatten(probe.heads(seen, training=False))
            total = tf.add_n(header_losses(told, answers))
        optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))

    for _ in range(FIT_STEPS):
        fit()


def moving_step(
    network: keras.Model, trunk: keras.Model
) -> Callable[[Images, Labels, float], NDArray[np.float32]]:
    """Return the step that moves each layer of ``trunk`` by a share of its norm as it is now.

    It goes against the gradient of the summed losses of ``network``'s heads, which stay as they
    are, and returns the loss of each task before it went.
    """
    layers = [trunk.get_layer(name) for name in stack_of(trunk.name).layers]
    pairs = [layer.trainable_variables for layer in layers]
    norms = [float(np.linalg.norm(layer.get_weights()[0])) for layer in layers]

    @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
    def move(images: tf.Tensor, labels: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = header_losses(labels, keras.tree.flatten(network(images, training=False)))
            total = tf.add_n(losses)
        for pair, found, norm in zip(pairs, tape.gradient(total, pairs), norms, strict=True):
            length = tf.linalg.global_norm(found)
            for variable, gradient in zip(pair, found, strict=True):
                variable.assign_sub(tf.math.divide_no_nan(share * norm * gradient, length))
        return tf.stack(losses)

    def step(images: Images, labels: Labels, share: float) -> NDArray[np.float32]:
        found: NDArray[np.float32] = move(
            tf.constant(images), tf.constant(labels), tf.constant(share, tf.float32)
        ).numpy()
        return found

    return step


def energies(
    trunk: keras.Model, convolutions: Sequence[Convolution], images: Images
) -> NDArray[np.float64]:
    """Return the mean square of each layer's activations on ``images`` with these weights.

    ``trunk`` has its own weights again afterwards.
    """
    names = stack_of(trunk.name).layers
    kept = learned(trunk)
    outputs = [trunk.get_layer(name).output for name in names]
    _set(trunk, convolutions)
    found = [
        float(tf.reduce_mean(tf.square(tf.cast(a, tf.float32))))
        for a in keras.Model(trunk.input, outputs)(images, training=False)
    ]
    _set(trunk, kept)
    return np.array(found)


def rescaled(
    convolutions: Sequence[Convolution], factors: NDArray[np.float64]
) -> list[Convolution]:
    """Return a stack of convolutions and ReLUs whose layers give ``factors`` (layers,) as much."""
    before = np.concatenate([[1.0], factors[:-1]])
    return [
        ((kernel * (own / last)).astype(np.float32), (bias * own).astype(np.float32))
        for (kernel, bias), own, last in zip(convolutions, factors, before, strict=True)
    ]


def _set(trunk: keras.Model, convolutions: Sequence[Convolution]) -> None:
    for name, arrays in zip(stack_of(trunk.name).layers, convolutions, strict=True):
        trunk.get_layer(name).set_weights(arrays)
