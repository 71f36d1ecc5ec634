"""Is the context `medical-simulated` the same for everyone?

    python -m benchmarks.context_spread

Makes it in float32 and in bfloat16, on one and on two threads, and with three seeds, each in a
process of its own, and prints lambda of demo3 and demo4 at 95 % (identity, the same patches of
`simulated:small` for all) with the accuracy of the header tasks on held-out patients (chance), and
the largest ratio of two lambdas. Where no hardware multiplies bfloat16 its convolutions are
emulated: inputs, kernels, outputs and gradients are rounded to bfloat16, products summed in
float32, which is what the hardware does. Seconds of the processor are printed beside the clock's,
for the machine may have other work. About six minutes on two idle cores with AVX2.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any, NamedTuple

from benchmarks.processor import features

DATA = "simulated:small"
TAPS = {"demo3": "block3_conv2", "demo4": "block5_conv3"}


class Variant(NamedTuple):
    """How the context is made."""

    precision: str
    threads: int
    seed: int


VARIANTS = (
    Variant("float32", 2, 5),
    Variant("bfloat16", 2, 5),
    Variant("float32", 2, 6),
    Variant("float32", 1, 5),
    Variant("float32", 2, 7),
)


def emulate_bfloat16() -> None:
    """Let convolutions of bfloat16 be computed by float32 ones of rounded numbers."""
    import tensorflow as tf
    from keras.src.layers.convolutional.base_conv import BaseConv

    plain = BaseConv.convolution_op

    def emulated(self: Any, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:  # noqa: ANN401
        wide = plain(self, tf.cast(inputs, tf.float32), tf.cast(kernel, tf.float32))
        return tf.cast(wide, inputs.dtype)

    BaseConv.convolution_op = emulated


def made(variant: Variant, patches: int) -> dict[str, float]:
    """Return lambdas, accuracies and seconds of one context."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there

    # isort: split
    from dataclasses import replace

    import numpy as np

    from pi.losses.input_convention import input_convention
    from pi.network.encoder import build_encoder
    from pi.network.weights import Weights
    from pi.pretraining import simulated
    from pi.pretraining.examples import header_examples
    from pi.pretraining.near import make_near
    from pi.pretraining.tasks import header_tasks
    from pi.slices.patches import PatchPopulation
    from pi.source import open_data
    from pi.training.machine import choose_precision

    if variant.precision == "bfloat16" and choose_precision("auto") != "bfloat16":
        emulate_bfloat16()
    recipe = replace(simulated.RECIPE, precision=variant.precision, seed=variant.seed)
    study = open_data(simulated.DATA, split="auto", split_seed=5, study_seed=5)
    examples = header_examples(
        simulated.nobody_tested(study), header_tasks(study.manifest), recipe.patch_size
    )
    start, processor = time.perf_counter(), time.process_time()
    context = make_near(recipe, examples, lambda losses: None)
    found = {"s": time.perf_counter() - start, "cpu": time.process_time() - processor}
    store = open_data(DATA, split="auto", split_seed=5, study_seed=5)
    population = PatchPopulation(store, "train", 96, 48, "paper")
    low, normal = population.read(np.random.default_rng(5).permutation(len(population))[:patches])
    encoder = build_encoder(
        recipe.architecture, tuple(TAPS.values()), Weights(tuple(context.convolutions), "", ""),
        input_convention(recipe.encoder_input),
    )  # fmt: skip
    image = np.mean((low - normal) ** 2, dtype=np.float64)
    taps = zip(encoder(low), encoder(normal), strict=True)
    weights = [19 * image / np.mean((np.asarray(a) - b) ** 2, dtype=np.float64) for a, b in taps]
    found |= dict(zip(TAPS, map(float, weights), strict=True))
    found |= {one.task: one.score for one in context.scores}
    return found | {f"{one.task} chance": one.chance for one in context.scores}


def _child(variant: Variant, patches: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.context_spread", "--child", *map(str, variant)]
    there = os.environ | {"TF_NUM_INTRAOP_THREADS": str(variant.threads)}
    done = subprocess.run(
        [*command, "--patches", str(patches)],
        check=True, stdout=subprocess.PIPE, text=True, env=there,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print a line for each, and the largest ratios; or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patches", type=int, default=32, help="patches that lambda is from")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        precision, threads, seed = a.child
        print(json.dumps(made(Variant(precision, int(threads), int(seed)), a.patches)))
        return
    print(features(), flush=True)
    found = []
    for variant in VARIANTS:
        one = _child(variant, a.patches)
        found.append(one)
        tasks = [name for name in one if f"{name} chance" in one]
        said = ", ".join(
            f"{t} {100 * one[t]:.0f} % ({100 * one[f'{t} chance']:.0f})" for t in tasks
        )
        print(
            f"{variant.precision}, {variant.threads} threads, seed {variant.seed}: "
            + ", ".join(f"{name} {one[name]:.4g}" for name in TAPS)
            + f"; {said}; {one['s']:.0f} s, {one['cpu']:.0f} s of the processor",
            flush=True,
        )
    for name in TAPS:
        ratio = max(one[name] for one in found) / min(one[name] for one in found)
        print(f"{name}: largest lambda over smallest {ratio:.3f} (1.25 was wanted)")


if __name__ == "__main__":
    main()
