"""What pre-training would take: its steps, and what is looked at afterwards."""

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pi.jobs.foreseen.data_ahead import DataAhead, data_ahead
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import Pace, best_of, measured, paced, start_tensorflow
from pi.parameters import PretrainParameters
from pi.places import data_place

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    from pi.pretraining.recipe import Recipe
    from pi.pretraining.sources import Source
    from pi.pretraining.tasks import Task

RNG = np.random.default_rng(0)


def of_pretrain(p: PretrainParameters) -> Outlook:
    """Return what `pretrain` would do; images of the user's own are not read."""
    own = p.task == "supervised"
    data = DataAhead(None) if own else data_ahead(p, p.fold, "train", "validation")
    start_tensorflow()
    from pi.pretraining.recipe import find_recipe
    from pi.pretraining.sources import from_store, require_folder

    recipe = find_recipe(vars(p))
    recipe.first_weights()
    if own:
        require_folder(p.data)
        data_place()
    source = from_store(data.store, recipe.task, p.patch_size) if data.store else None
    tasks = source.examples.tasks if source else _unread(p)
    drawing = _drawing(source, p.batch_size) if source and not data.said else 0.0
    named = f", registered as {p.name}" if p.name else ""
    made = f"{recipe.architecture} from {recipe.initial}, task {p.task}, {p.steps} steps"
    return data.before(_outlook(p, recipe, tasks, drawing, (
        _told(p, data, tasks), f"one run of pretrain: {made} of {p.batch_size}{named}"
    )))  # fmt: skip


def _outlook(
    p: PretrainParameters, recipe: "Recipe", tasks: "tuple[Task, ...]", drawing: float,
    lines: tuple[str, ...],
) -> Outlook:  # fmt: skip
    """Return the time of all steps and of what is looked at after them.

    Args:
        p: as asked for.
        recipe: that they mean.
        tasks: of the heads.
        drawing: seconds in which the images of a step are read; 0 where they are not there.
        lines: what would be done.
    """
    from pi.pretraining.held_out import SETTLING

    step, look = pretraining_seconds(recipe, tasks)
    looks = SETTLING + math.ceil(p.held_out / p.batch_size)
    why = measured(step.each + drawing, "step")
    why += "" if drawing else ", without reading its images"
    seconds = step.taking(p.steps) + looks * look + (p.steps + looks) * drawing
    return Outlook(lines, seconds, why=why)


def _told(p: PretrainParameters, data: DataAhead, tasks: "Sequence[Task]") -> str:
    if p.task == "supervised":
        return "the images that PI_DATA names are read"
    if data.store is None:
        return f"data {p.data}: what their headers tell apart is not read"
    names = ", ".join(task.name for task in tasks) or "the image itself"
    patients = {volume.patient for volume in data.store.volumes if volume.split == "train"}
    return f"data {p.data}: {len(patients)} training patients; learned: {names}"


def _unread(p: PretrainParameters) -> "tuple[Task, ...]":
    """Return as many tasks as data that nobody has read may set."""
    from pi.pretraining.tasks import THIRDS, Task

    if p.task == "autoencoder":
        return ()
    usual = ("dose", "kernel", "thickness", "position") if p.task == "headers" else ("class",)
    return tuple(Task(name, THIRDS) for name in usual)


def _drawing(source: "Source", count: int) -> float:
    return best_of(lambda: source.examples.training(RNG, count))


@cache
def pretraining_seconds(recipe: "Recipe", tasks: "tuple[Task, ...]") -> tuple[Pace, float]:
    """Return the pace of steps of pre-training, and the seconds of looking at as many images.

    Args:
        recipe: how; its weights cost what random ones do.
        tasks: of the heads; none of a decoder.
    """
    from pi.losses.input_convention import input_convention
    from pi.network.weights import load_weights
    from pi.pretraining.learning import learning_step
    from pi.pretraining.networks import build_trunk, with_decoder, with_heads
    from pi.training.machine import choose_precision, compute_in

    weights = load_weights(recipe.architecture, "random", seed=0)
    convention = input_convention(recipe.encoder_input)
    trunk = build_trunk(recipe.architecture, weights.convolutions, convention)
    compute_in([trunk], choose_precision(recipe.precision))
    network = with_heads(trunk, tasks, 0) if tasks else with_decoder(trunk, 0)
    images = RNG.random((recipe.batch_size, recipe.patch_size, recipe.patch_size, 1), np.float32)
    labels = np.zeros((recipe.batch_size, len(tasks)), np.int32)
    step = learning_step(network, tasks)
    network(images, training=False)
    return (
        paced(lambda: step(images, labels, 1e-6)),
        best_of(lambda: network(images, training=False)),
    )
