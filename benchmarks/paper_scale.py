"""What does the paper's size take on this machine?

    python -m benchmarks.paper_scale [--gpu gpu-check.json]

Measures the rate of each stage here for a few minutes at most, and reckons linearly what 16,628
pairs of 512 x 512 slices of ten patients take: ten epochs of Table 2 of five experiments (E1 to E4
and the baseline: two at block3_conv2, three at block5_conv4 of VGG-19), once with the paper's split
(11,168 pairs train, 3,780 are tested) and in ten folds of a patient each (eight patients train, one
validates, each is tested once). Training is told with and without cached features of the target,
and with and without oneDNN; of a GPU from the file that `benchmarks.gpu_check` writes, where there
is one. Gradients, which `train` measures every 100 steps, and tracking are left out.

Rates are those of short stretches: they tell hours, not minutes. Steps are timed in processes of
their own, the best of two after two. About five minutes on two cores with AVX2.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.processor import features

PAIRS, TRAINING, TESTED = 16_628, 11_168, 3_780
"""Of all ten patients; of the paper's split."""

IN_FOLDS = PAIRS * 8 // 10
"""Pairs that a fold trains on, on average."""

PATCHES = 25
"""Of a slice: `grid=paper`, 96 pixels wide, 96 apart."""

EPOCHS, FOLDS = 10, 10
LAYERS = {"block3_conv2": 2, "block5_conv4": 3}
"""Experiments that are tapped there."""

EXPERIMENTS = sum(LAYERS.values())
CALIBRATED = 1_620
"""Patches whose networks' losses a calibration at 5 % reads at most on real pairs."""

CONTEXTS = 2
FEATURE_BYTES = {"block3_conv2": 24 * 24 * 256 * 4, "block5_conv4": 6 * 6 * 512 * 4}
"""Of a patch's features in float32."""


@dataclass(frozen=True)
class Stage:
    """A stage whose rate was measured.

    Attributes:
        name: of it.
        rate: as it is printed.
        split: hours for the paper's split, five experiments.
        folds: hours in ten folds.
    """

    name: str
    rate: str
    split: float
    folds: float

    def __str__(self) -> str:
        return f"{self.name:<50}{self.rate:>26}{hours(self.split):>12}{hours(self.folds):>12}"


def hours(number: float) -> str:
    """Return hours as days, hours or minutes."""
    if number >= 48:
        return f"{number / 24:.1f} d"
    return f"{number:.1f} h" if number >= 1 else f"{60 * number:.1f} min"


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of ``work``."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def preparing_and_evaluating(pairs: int, evaluated: int) -> list[Stage]:
    """Measure both on noise around water, written as DICOM."""
    from benchmarks.ingest import write
    from pi.denoisers import PUBLISHED
    from pi.evaluation.denoising import of_pixels
    from pi.evaluation.measure import evaluate
    from pi.evaluation.protocol import find_protocols
    from pi.evaluation.whole_slices import slice_denoiser
    from pi.slices.preparing import prepare
    from pi.slices.store import Store

    with tempfile.TemporaryDirectory() as scratch:
        for count in (pairs, evaluated):
            source, store = Path(scratch, f"in{count}"), Path(scratch, f"out{count}")
            write(source, 2 * count)
            seconds = timed(
                lambda a=source, b=store: prepare(a, b, split="auto", seed=0, secret=bytes(32))
            )
            if count == pairs:
                preparing = seconds / pairs
        opened = Store.open(store)
        tested = tuple(replace(volume, split="test") for volume in opened.manifest.volumes)
        opened = Store(replace(opened.manifest, volumes=tested), opened.maps)
        network = slice_denoiser(PUBLISHED.build(5), PUBLISHED.design.sizes)
        network(opened.pair(0, 0)[0][None])
        whole = lambda: evaluate(  # noqa: E731
            opened, "test", of_pixels(network), find_protocols("usual"), 4, lambda _: None
        )
        evaluating = timed(whole) / evaluated
    once = preparing * PAIRS / 3600
    return [
        Stage("prepare, once", f"{1e3 * preparing:.0f} ms a pair", once, once),
        Stage(
            "evaluate, four protocols", f"{evaluating:.2f} s a slice",
            EXPERIMENTS * TESTED * evaluating / 3600, EXPERIMENTS * PAIRS * evaluating / 3600,
        ),
    ]  # fmt: skip


def calibrating(patches: int) -> Stage:
    """Measure the reading of image losses and the passes through one VGG-19 at both layers."""
    import numpy as np

    from pi.influence.measure import patch_facts, patch_measure
    from pi.jobs.opening import open_asked
    from pi.losses.experiments import find_experiments
    from pi.losses.input_convention import RAW255
    from pi.network.bank import build_bank
    from pi.network.state import identity
    from pi.parameters import CalibrateParameters
    from pi.slices.patches import PatchPopulation

    store = open_asked(CalibrateParameters(), 0, "train")
    population = PatchPopulation(store, "train", 96, 96, "covering")
    bank = build_bank(find_experiments(f"vgg19:random:{'+'.join(LAYERS)}"), RAW255, seed=5)
    measure = patch_measure(population, {"identity": identity}, bank, 32, lambda _: None)
    measure(np.arange(32), ["identity"])
    losses = timed(lambda: measure(np.arange(patches), ["identity"])) / patches
    reading = timed(lambda: patch_facts(population, bank.pixels)) / len(population)
    own = CALIBRATED * CONTEXTS * losses
    return Stage(
        "calibrate E1 to E4 in one survey", f"{1e3 * losses:.0f} ms a patch",
        (TRAINING * PATCHES * reading + own) / 3600,
        FOLDS * (IN_FOLDS * PATCHES * reading + own) / 3600,
    )  # fmt: skip


def making_a_context() -> Stage:
    """Measure the whole of it, its study there: it depends on nobody's data."""
    from pi.pretraining import simulated
    from pi.pretraining.examples import header_examples
    from pi.pretraining.near import make_near
    from pi.pretraining.tasks import header_tasks
    from pi.source import open_data

    recipe = simulated.RECIPE
    store = open_data(
        simulated.DATA, split="auto", split_seed=recipe.seed, study_seed=recipe.seed
    )  # fmt: skip
    store = simulated.nobody_tested(store)
    examples = header_examples(store, header_tasks(store.manifest), recipe.patch_size)
    seconds = timed(lambda: make_near(recipe, examples, lambda _: None))
    return Stage(
        "context medical-simulated, once", f"{seconds:.0f} s", seconds / 3600, seconds / 3600
    )


def comparing() -> Stage:
    """Measure all pairs of five runs of 3,780 slices and five metrics."""
    import numpy as np

    from benchmarks.compare import COMPARED, make_runs
    from pi.comparison.comparison import compare_runs

    runs = make_runs()[:EXPERIMENTS]
    rng = np.random.default_rng(0)
    seconds = timed(lambda: compare_runs(runs, COMPARED, "paper8", None, rng))
    folds = seconds * PAIRS / TESTED
    return Stage("compare, all pairs", f"{seconds:.1f} s", seconds / 3600, folds / 3600)


def step_seconds(layer: str, *, cached: bool) -> float:
    """Return the seconds of Table 2's step in this process."""
    from benchmarks.gpu_steps import TABLE_2, Case, our_step
    from benchmarks.train_step import best_seconds
    from pi.training.machine import choose_precision, make_deterministic

    make_deterministic(5)
    case = Case(layer, choose_precision("auto"), cached, jit=False, repeatable=True)
    return best_seconds(our_step(TABLE_2, case), 2)


def in_a_process(layer: str, cached: bool, onednn: bool) -> float:
    """Return the same of a process of its own, with oneDNN or without."""
    words = ["-m", "benchmarks.paper_scale", "--step", layer, *(["--cached"] if cached else [])]
    there = os.environ | {"TF_ENABLE_ONEDNN_OPTS": str(int(onednn))}
    done = subprocess.run(
        [sys.executable, *words], check=True, capture_output=True, text=True, env=there
    )
    return float(done.stdout.splitlines()[-1])


def training(name: str, per_patch: dict[str, float]) -> Stage:
    """Return what ten epochs of five experiments take, from the seconds of a patch by layer."""
    rate = "; ".join(f"{1e3 * seconds:.3g}" for seconds in per_patch.values())
    whole = sum(count * per_patch[layer] for layer, count in LAYERS.items())
    split, folds = (
        pairs * PATCHES * EPOCHS * whole / 3600 for pairs in (TRAINING, FOLDS * IN_FOLDS)
    )
    return Stage(f"train, {name}", f"{rate} ms a patch", split, folds)


def trained_here() -> Iterator[Stage]:
    """Measure every way to take a step on this processor."""
    for onednn, cached in product((True, False), (False, True)):
        ways = f"{'with' if onednn else 'without'} oneDNN, {'with' if cached else 'without'} cache"
        seconds = {layer: in_a_process(layer, cached, onednn) / 16 for layer in LAYERS}
        yield training(ways, seconds)


def trained_on_gpu(result: dict[str, Any]) -> list[Stage]:
    """Return the same of what `benchmarks.gpu_check` measured, deterministic and at its fastest."""
    if result["tiny"]:
        raise SystemExit("`gpu` must be of a whole check but is of one with --tiny.")
    found = []
    for number_format, cached, repeatable in product(
        ("float32", "bfloat16"), (False, True), (True, False)
    ):
        asked, best = (number_format, cached, repeatable), dict[str, float]()
        for rate in result["rates"]:
            if tuple(rate[k] for k in ("number_format", "cached", "repeatable")) == asked:
                layer, seconds = rate["layer"], 1 / rate["patches_per_second"]
                best[layer] = min(seconds, best.get(layer, seconds))
        if best.keys() == LAYERS.keys():
            how = "deterministic" if repeatable else "or faster"
            name = f"{number_format}, {'with' if cached else 'without'} cache, {how}"
            found.append(training(name, {layer: best[layer] for layer in LAYERS}))
    return found


def measured_stages() -> Iterator[Stage]:
    """Measure the stages in their order."""
    prepare, evaluate = preparing_and_evaluating(40, 8)
    yield prepare
    yield calibrating(128)
    yield making_a_context()
    yield from trained_here()
    yield evaluate
    yield comparing()


def cache_text() -> str:
    """Return what the features take, and whether this machine has room for them."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    disk = shutil.disk_usage(".").free / 2**30
    needed = {k: v * TRAINING * PATCHES / 2**30 for k, v in FEATURE_BYTES.items()}
    takes = ", ".join(f"{size:.0f} GiB at {layer}" for layer, size in needed.items())
    return (
        f"features of the paper's training patches take {takes} in float32, and half in bfloat16; "
        f"here are {memory:.0f} GiB of memory and {disk:.0f} GiB of free disk: a cache that has no "
        "room is no cache"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or be one of the processes whose step is timed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gpu", type=Path, default=Path("gpu-check.json"))
    parser.add_argument("--step", choices=tuple(LAYERS), help=argparse.SUPPRESS)
    parser.add_argument("--cached", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.step:
        print(step_seconds(asked.step, cached=asked.cached))
        return
    start = time.monotonic()
    print(f"{features()}; {PAIRS:,} pairs, {EPOCHS} epochs, {EXPERIMENTS} experiments")
    print(f"{'':<50}{'measured':>26}{'one split':>12}{f'{FOLDS} folds':>12}")
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there

    for stage in measured_stages():
        print(stage, flush=True)
    print(cache_text())
    if asked.gpu.exists():
        result = json.loads(asked.gpu.read_text(encoding="utf-8"))
        print(f"on {result['device']}, from {asked.gpu.name}:")
        print("\n".join(map(str, trained_on_gpu(result))))
    else:
        print(
            "of a GPU nothing is known: `make gpu-check` was not run on one, or its file not here"
        )
    print(f"measured in {(time.monotonic() - start) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
