"""How a context is made, as data, and the making of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pi.choices import PrecisionName, TaskName
from pi.errors import PiError
from pi.losses.input_convention import input_convention
from pi.network.weight_file import Convolution
from pi.network.weights import Weights, load_weights
from pi.pretraining.examples import Examples
from pi.pretraining.held_out import TaskScore, score_task, settle
from pi.pretraining.learning import learn, learning_step
from pi.pretraining.networks import build_trunk, learned, with_decoder, with_heads
from pi.training.machine import choose_precision, compute_in

VERSION = 2
"""Raised whenever the same recipe would give other weights."""

Initial = Literal["imagenet", "natural-offline", "random"]

INITIAL: dict[str, Initial] = {
    "vgg16": "natural-offline",
    "vgg19": "imagenet",
    "autoencoder": "random",
}
"""What an architecture's weights start from unless something else is asked for."""


class RecipeError(PiError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an encoder is pre-trained.

    Attributes:
        task: header tasks, class-named images, or reconstruction.
        architecture: of the encoder.
        initial: context that its weights start from.
        encoder_input: what it is fed, as `pi.losses.input_convention.input_convention` has it.
        patch_size: side of an image in pixels.
        steps: of Adam.
        batch_size: images a step.
        learning_rate: the highest.
        held_out: images that score_task.
        seed: of everything random.
        precision: number format of the convolutions.
    """

    task: TaskName = "headers"
    architecture: str = "vgg16"
    initial: Initial = "natural-offline"
    encoder_input: str = "raw255"
    patch_size: int = 96
    steps: int = 110
    batch_size: int = 16
    learning_rate: float = 1.5e-4
    held_out: int = 512
    seed: int = 5
    precision: PrecisionName = "auto"

    def first_weights(self) -> Weights:
        """Return the weights that the encoder starts from.

        Raises:
            WeightsError: they cannot be had.
        """
        return load_weights(self.architecture, self.initial, seed=self.seed)

    def digest(self, data: str) -> str:
        """Return a name for what the recipe makes of the data of that digest."""
        facts = asdict(self) | {"precision": choose_precision(self.precision)}
        return digest_of(VERSION, facts, data)


def digest_of(version: int, facts: Mapping[str, object], data: str) -> str:
    """Return a name for what a recipe of these facts makes of the data of that digest."""
    said = json.dumps([version, facts, data], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def find_recipe(asked: Mapping[str, Any]) -> Recipe:
    """Return the recipe that parameters ask for, ``auto`` replaced by what it means.

    Args:
        asked: a value for each attribute of `Recipe`, ``context`` for ``initial``.

    Raises:
        RecipeError: a task and an architecture that do not go together.
    """
    task, architecture = asked["task"], asked["architecture"]
    if architecture == "auto":
        architecture = "autoencoder" if task == "autoencoder" else "vgg16"
    if task == "autoencoder" and architecture != "autoencoder":
        raise RecipeError(
            f"`architecture` must be autoencoder for the task of that name but got {architecture}: "
            "a decoder behind five halvings has nothing left to go on."
        )
    context = asked["context"]
    initial = INITIAL[architecture] if context == "auto" else context
    fed = asked["encoder_input"]
    if fed == "auto":  # what is given back is in [0, 1], and learned faster from the same
        fed = "unit" if task == "autoencoder" else "raw255"
    input_convention(fed)
    settled = {"architecture": architecture, "initial": initial, "encoder_input": fed}
    asis = {field.name for field in fields(Recipe)} - set(settled)
    return Recipe(**settled, **{name: asked[name] for name in asis})


@dataclass(frozen=True)
class Context:
    """A context that was made.

    Attributes:
        convolutions: the encoder's weights.
        scores: of each task, on held-out images.
        history: (steps, tasks) losses.
        precision: number format that it was made in.
    """

    convolutions: list[Convolution] = field(repr=False)
    scores: tuple[TaskScore, ...]
    history: NDArray[np.float32] = field(repr=False)
    precision: str


def make_context(
    recipe: Recipe, examples: Examples, step_done: Callable[[NDArray[np.float32]], object]
) -> Context:
    """Pre-train an encoder by ``recipe`` on ``examples``.

    Args:
        recipe: how.
        examples: on what.
        step_done: told the losses of each step; may end the work by raising.

    Raises:
        EncoderError: an input convention that there is not.
        LearningError: the loss is no longer a number.
        WeightsError: the initial weights cannot be had.
    """
    precision = choose_precision(recipe.precision)
    convention = input_convention(recipe.encoder_input)
    first = recipe.first_weights()
    trunk = build_trunk(recipe.architecture, first.convolutions, convention)
    compute_in([trunk], precision)
    tasks = examples.tasks
    network = with_heads(trunk, tasks, recipe.seed) if tasks else with_decoder(trunk, recipe.seed)
    rng = np.random.default_rng([recipe.seed, 0])
    history = learn(
        learning_step(network, tasks),
        examples,
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        rng=rng,
        step_done=step_done,
    )
    settle(network, examples, recipe.batch_size, rng)
    scores = score_task(network, examples, recipe.held_out, np.random.default_rng([recipe.seed, 1]))
    return Context(learned(trunk), scores, history, precision)
