"""How long does the default medical context take, and what does it tell apart on unseen patients?

    python -m benchmarks.pretraining

Makes the context `medical-simulated` by its recipe and prints the time of its study (where that is
not in the cache yet), of making it, and of as many plain steps: the trunk alone, forward and
backward on one batch of noise. Each header task is judged on all ten patients of another study
(`simulated:small:7`), whom learning has never shown; beside it the bare score of guessing,
and the 95 % interval that so many images leave. Three minutes on two idle cores.
"""

import argparse
import time
from dataclasses import replace

from pi.network.weights import load_weights  # first, because TensorFlow starts quietly there

# isort: split
import numpy as np
import tensorflow as tf

from pi.losses.input_convention import input_convention
from pi.parameters import SimulateParameters
from pi.pretraining.examples import drawing, header_examples
from pi.pretraining.held_out import TaskScore
from pi.pretraining.near import make_near
from pi.pretraining.networks import build_trunk
from pi.pretraining.simulated import DATA, RECIPE
from pi.pretraining.tasks import header_tasks
from pi.progress import counting
from pi.slices.store import Store
from pi.source import open_data
from pi.text_table import aligned
from pi.training.machine import choose_precision, compute_in

UNSEEN = "simulated:small:7"


def opened(data: str) -> Store:
    """Return a simulated study, made first where it is not in the cache."""
    return open_data(data, split="auto", split_seed=RECIPE.seed, study_seed=SimulateParameters.seed)


def held_out_whole(store: Store) -> Store:
    """Return the store with all its patients in the part that is held out."""
    volumes = tuple(replace(volume, split="validation") for volume in store.volumes)
    return Store(replace(store.manifest, volumes=volumes), store.maps)


def plain_seconds(steps: int) -> float:
    """Return the seconds of so many steps of the trunk alone."""
    weights = load_weights(RECIPE.architecture, RECIPE.initial, seed=RECIPE.seed)
    convention = input_convention(RECIPE.encoder_input)
    trunk = build_trunk(RECIPE.architecture, weights.convolutions, convention)
    compute_in([trunk], choose_precision(RECIPE.precision))
    size = (RECIPE.batch_size, RECIPE.patch_size, RECIPE.patch_size, 1)
    batch = tf.constant(np.random.default_rng(0).random(size, np.float32))

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.cast(trunk(batch, training=True), tf.float32)))
        return [tf.reduce_sum(g) for g in tape.gradient(loss, trunk.trainable_variables)]

    step()
    start = time.perf_counter()
    for _ in range(steps):
        step()[0].numpy()
    return time.perf_counter() - start


def row(judged: TaskScore) -> list[str]:
    """Return a line of the table; the interval is that of as many independent answers."""
    there = judged.confusion.sum(axis=1)
    recalls = np.diag(judged.confusion) / np.maximum(there, 1)
    variance = np.sum((recalls * (1 - recalls) / np.maximum(there, 1))[there > 0])
    half = 1.96 * np.sqrt(variance) / max(1, np.count_nonzero(there))
    return [judged.task, f"{100 * judged.score:.1f} +- {100 * half:.1f} %",
            f"{100 * judged.chance:.1f} %", str(judged.images)]  # fmt: skip


def main() -> None:
    """Make the context, time it, and judge it on patients of another study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--plain", type=int, default=10, help="plain steps, extrapolated")
    a = parser.parse_args()
    start = time.perf_counter()
    store = opened(DATA)
    print(f"study {DATA}: {time.perf_counter() - start:.0f} s", flush=True)
    unseen = held_out_whole(opened(UNSEEN))
    headed = header_tasks(store.manifest)
    examples = replace(
        header_examples(store.without("test"), headed, RECIPE.patch_size),
        held_out=drawing(unseen, headed, "validation", RECIPE.patch_size, mirror=False),
    )
    start, processor = time.perf_counter(), time.process_time()
    with counting("pre-training", "step") as bar:
        recipe = replace(RECIPE, held_out=a.images)
        context = make_near(recipe, examples, lambda losses: bar.advance(1))
    seconds, used = time.perf_counter() - start, time.process_time() - processor
    plain = plain_seconds(a.plain) * RECIPE.steps / a.plain
    print(
        f"{RECIPE.steps} steps in {context.precision}, {a.images} images judged: {seconds:.0f} s "
        f"({used:.0f} s of processor), {seconds / plain:.2f} times the {plain:.0f} s of plain steps"
    )
    heads = ["task", f"ten patients of {UNSEEN}", "chance", "images"]
    print(aligned([heads, *map(row, context.scores)]))


if __name__ == "__main__":
    main()
