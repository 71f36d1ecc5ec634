"""How much faster is a step whose target's features are kept, and are its losses the same?

    python -m benchmarks.feature_cache

Table 2's step (U-Net of 32 channels, 16 patches of 96 x 96, Adam) with a VGG-19 tapped at
block3_conv2 and at block5_conv4, in one process, in turn: a step without a cache, one that fills
it, one that reads it (from memory, and from a file). Each begins from the same weights and sees the
same patches, in other batches than those that filled the cache; the losses must be equal bit for
bit. Ratios are of medians, in seconds and in seconds of the processor, which others on the machine
do not stretch. The processor's features are printed, because ratios are those of its kind.

About three minutes on two idle cores.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.choices import FeatureCacheName
from pi.denoisers import PUBLISHED
from pi.influence.components import loss_terms
from pi.influence.schedule import WeightRule
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import RAW255
from pi.network.bank import build_bank
from pi.network.feature_cache import GIB, find_cache
from pi.training.cached_step import cached_step
from pi.training.machine import compute_in, make_deterministic, strategy_for
from pi.training.step import StepLosses, train_step

LAYERS = ("block3_conv2", "block5_conv4")
BATCH, SIZE, BATCHES = 16, 96, 2
KINDS = ("without", "filling", "memory", "disk")
Step = Callable[[np.ndarray], StepLosses]
"""Trains on numbered patches."""


@dataclass(frozen=True)
class Times:
    """Seconds of each step, on the wall and of the processor."""

    wall: list[float]
    processor: list[float]


def steps(layer: str, number_format: str, folder: Path) -> dict[str, Step]:
    """Return a step of each kind, each with a denoiser of its own."""
    experiments = find_experiments(f"vgg19:random:{layer}")
    frozen_loss = build_bank(experiments, RAW255, seed=5).loss_of(experiments[0], SIZE)
    compute_in(frozen_loss.encoders, number_format)
    rng = np.random.default_rng(5)
    low, normal = rng.integers(-1024, 3072, (2, BATCH * BATCHES, SIZE, SIZE, 1), np.int16)
    rule = WeightRule(1e-5)

    def without() -> Step:
        denoiser, optimizer = _networks(number_format)
        step = train_step(
            denoiser, optimizer, loss_terms(frozen_loss), strategy_for("none", BATCH), BATCH
        )
        return lambda numbers: step(low[numbers], normal[numbers], rule)

    def keeping(asked: FeatureCacheName) -> Step:
        (encoder,) = frozen_loss.encoders
        cache = find_cache(
            asked, encoder, SIZE, np.arange(len(low)), len(low), {"layer": layer}, 4 * GIB,
            folder, print,
        )  # fmt: skip
        if cache is None:
            raise SystemExit("the machine has no room for the features of 32 patches")
        denoiser, optimizer = _networks(number_format)
        step = cached_step(denoiser, optimizer, frozen_loss, BATCH, cache)
        return lambda numbers: step(numbers, low[numbers], normal[numbers], rule)

    return {"without": without(), "memory": keeping("memory"), "disk": keeping("disk")}


def _networks(number_format: str) -> tuple:  # type: ignore[type-arg]
    import keras

    denoiser = PUBLISHED.build(5)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(denoiser.trainable_variables)
    compute_in([denoiser], number_format)
    return denoiser, optimizer


def measure(layer: str, number_format: str, rounds: int) -> None:
    """Print the ratios of one layer."""
    with tempfile.TemporaryDirectory() as folder:
        by_kind = steps(layer, number_format, Path(folder))
        times = {kind: Times([], []) for kind in KINDS}
        every = np.arange(BATCH * BATCHES)
        equal = True
        for number in range(BATCHES * (rounds + 1)):
            if number % BATCHES == 0:  # other batches each time, like another epoch
                order = np.random.default_rng(number).permutation(every)
            numbers = order[(number % BATCHES) * BATCH :][:BATCH]
            losses = []
            for kind, step in by_kind.items():
                filled = "filling" if kind == "memory" and number < BATCHES else kind
                wall, processor = time.perf_counter(), time.process_time()
                losses.append(step(numbers))
                # The first of each graph is traced: the second batch counts, for filling alone.
                if number >= BATCHES + 1 or (filled == "filling" and number):
                    times[filled].wall.append(time.perf_counter() - wall)
                    times[filled].processor.append(time.process_time() - processor)
            equal &= all(_same(losses[0], other) for other in losses[1:])
    plain = times["without"]
    print(f"{layer}, {number_format}: losses {'equal bit for bit' if equal else 'NOT EQUAL'}")
    for kind in KINDS:
        own = times[kind]
        wall, busy = np.median(own.wall), np.median(own.processor)
        ratios = f"{np.median(plain.wall) / wall:.2f}x, {np.median(plain.processor) / busy:.2f}x"
        print(f"  {kind:<8} {wall:.3f} s, {busy:.3f} s of processor; {ratios}", flush=True)


def _same(a: StepLosses, b: StepLosses) -> bool:
    return np.array_equal(a.image, b.image) and np.array_equal(a.perceptual, b.perceptual)


def processor() -> str:
    """Return what the processor multiplies with, as far as Linux tells."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    found = sorted(set(re.findall(r"\b(?:avx2|avx512\w*|amx_\w+|asimd|bf16)\b", text)))
    return " ".join(found) or "no vector instructions that this knows"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratios of both layers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--layer", choices=LAYERS)
    parser.add_argument("--format", choices=("float32", "bfloat16"), default="float32")
    asked = parser.parse_args(arguments)
    make_deterministic(5)
    print(f"processor: {processor()}")
    for layer in [asked.layer] if asked.layer else LAYERS:
        measure(layer, asked.format, asked.rounds)


if __name__ == "__main__":
    main()
