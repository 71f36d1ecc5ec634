"""What the GPU here does, and how fast: `make gpu-check`, in under eight minutes.

    python -m benchmarks.gpu_check [--on cpu] [--tiny] [--to gpu-check.json]

Prints the device; Table 2's step (U-Net of 32 channels, 16 patches of 96 x 96, Adam) at
block3_conv2 and block5_conv4 of VGG-19, in float32 and bfloat16, with and without cached features,
with and without XLA, last with deterministic operations alone, which is how `train` does it and XLA
cannot, in patches per second, beside plain PyTorch in the same process where that is installed; how
far losses are from the processor's; the share of an epoch's
time in which the device waits; peak memory; and a whole small `main`. What there is no time left
for is left out, and said. All of it is written to a JSON file, too, from which
`benchmarks.paper_scale` reckons what the paper's size takes on this GPU.

Exit code: 0; 1 where losses are too far apart or `main` fails; 2 where there is no GPU, unless
`--on cpu` runs the same on the processor. `--tiny` shrinks all of it, to prove the script itself.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.processor import features
from benchmarks.train_step import has_torch

SECONDS = 450
"""Of the whole check; it ends with `main`, for which `FOR_MAIN` are kept."""

FOR_MAIN = 120
FOR_A_CASE = 30
"""Seconds that a case of XLA may take to be compiled: none is begun with fewer left."""

FOR_THE_LAST = 60
"""Seconds kept for the cases behind those of XLA."""

FORMATS = ("float32", "bfloat16")
FARTHEST = {"float32": 0.01, "bfloat16": 0.1}
"""By which part of itself a loss may differ from the processor's in the same format: TensorFloat-32
has 10 bits of a product's factors, bfloat16 has 7."""

OVERRIDES = (
    "calibrate.tolerance=0.2,train.denoiser=unet:8,train.patch_size=32,train.patch_step=64,"
    "train.epochs=2,train.validation_slices=2,train.validation_patches=64,train.gradient_every=0"
)
TINY_OVERRIDES = (
    "calibrate.tolerance=0.5,train.denoiser=unet:2,train.patch_size=32,train.patch_step=64,"
    "train.batch_size=112,train.epochs=1,train.gradient_every=0,train.validation_slices=1,"
    "train.validation_patches=16,train.precision=float32,evaluate.protocols=paper8"
)


@dataclass(frozen=True)
class Clock:
    """How much of the check's time is left."""

    end: float

    def bears(self, seconds: float) -> bool:
        """Return whether so many seconds are left, and those of `main` beside them."""
        return time.monotonic() + seconds + FOR_MAIN < self.end


def device_facts(gpu: bool) -> dict[str, str]:
    """Return what the device is: the GPU's kind, memory and driver, or the processor's features."""
    import tensorflow as tf

    from pi.training.gpus import gpu_kinds

    facts = {"tensorflow": tf.__version__, "processor": features()}
    if not gpu:
        return {"device": "processor", **facts}
    asked = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        told = ""
    tf32 = tf.config.experimental.tensor_float_32_execution_enabled()
    return {
        "device": "; ".join(gpu_kinds()),
        "nvidia-smi": "; ".join(told.strip().splitlines()) or "not here",
        "TensorFloat-32": "on" if tf32 else "off",
        **facts,
    }


def peak_bytes(gpu: bool) -> float:
    """Return the most bytes that the device held, of a processor those of this process."""
    import tensorflow as tf

    from benchmarks.denoise import peak

    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"]) if gpu else peak()


def rates(size: Any, formats: Sequence[str], clock: Clock, gpu: bool) -> list[dict[str, Any]]:  # noqa: ANN401
    """Print and return patches per second of every way to take a step; the plain ones first."""
    import keras
    import tensorflow as tf

    from benchmarks.gpu_steps import Case, patches_per_second
    from pi.training.machine import make_deterministic

    kinds = ((False, False), (True, False), (False, True))  # what repeats is last: it stays so
    found: list[dict[str, Any]] = []
    for (jit, repeatable), cached, layer, number_format in product(
        kinds, (False, True), size.layers, formats
    ):
        if repeatable:
            make_deterministic(5)
        case = Case(layer, number_format, cached, jit, repeatable)
        if not clock.bears(FOR_A_CASE + FOR_THE_LAST if jit else 0):
            print(f"  {case.name}: left out, for there is no time left")
            continue
        if gpu:
            tf.config.experimental.reset_memory_stats("GPU:0")
        keras.backend.clear_session()
        gc.collect()
        try:
            rate = patches_per_second(size, case)
        except tf.errors.OpError as error:  # XLA that lacks a library, say: the rest goes on
            print(f"  {case.name}: left out, for it ends with {type(error).__name__}")
            continue
        found.append({**asdict(case), "patches_per_second": rate, "peak_bytes": peak_bytes(gpu)})
        memory = found[-1]["peak_bytes"] / 2**30
        print(f"  {case.name}: {rate:.1f} patches/s, peak {memory:.2f} GiB", flush=True)
    return found


def torch_rates(size: Any, formats: Sequence[str], gpu: bool) -> list[dict[str, Any]]:  # noqa: ANN401
    """Print and return patches per second of plain PyTorch in this process; none without it."""
    if not has_torch(sys.executable):
        print("  PyTorch is not installed here: there is nothing to compare with")
        return []
    from benchmarks.train_step import torch_step

    found = []
    shape = (size.batch, size.side, size.channels)
    for layer, number_format in product(size.layers, formats):
        device = "cuda" if gpu else "cpu"
        seconds = torch_step(number_format, layer, device=device, shape=shape, times=size.steps)
        rate = size.batch / seconds
        found.append({"layer": layer, "number_format": number_format, "patches_per_second": rate})
        print(f"  {layer} {number_format} PyTorch: {rate:.1f} patches/s", flush=True)
    return found


def agreement(size: Any, formats: Sequence[str], gpu: bool) -> tuple[dict[str, float], bool]:  # noqa: ANN401
    """Print and return how far losses are from the processor's, and whether none is too far."""
    from benchmarks.gpu_steps import apart, losses_on

    found, near = {}, True
    for layer, number_format in product(size.layers, formats):
        here = losses_on("/GPU:0" if gpu else "/CPU:0", size, layer, number_format)
        far = apart(here, losses_on("/CPU:0", size, layer, number_format))
        found[f"{layer} {number_format}"] = far
        near &= far <= FARTHEST[number_format]
        print(f"  {layer} {number_format}: losses {far:.2g} of themselves from the processor's")
    return found, near


def whole_main(tiny: bool) -> tuple[float, bool]:
    """Print and return the seconds of a whole small `main`, and whether it came to its end."""
    overrides = TINY_OVERRIDES if tiny else OVERRIDES
    experiments = "vgg16:random:block1_conv1,mse" if tiny else "demo1,mse"
    words = ["--data", "simulated:tiny", "--experiments", experiments, "--overrides", overrides]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        there = {"MLFLOW_TRACKING_URI": f"sqlite:///{Path(folder, 'mlflow.db')}"}
        done = subprocess.run(
            [sys.executable, "-m", "entrypoints.main", *words, "--quiet"],
            env=os.environ | there, capture_output=True, text=True, check=False,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip
    seconds = time.perf_counter() - start
    ended = done.returncode == 0
    print(f"a whole small `main`: {seconds:.0f} s" + ("" if ended else f", failed: {done.stderr}"))
    return seconds, ended


def check(on_cpu: bool, tiny: bool, to: Path, clock: Clock) -> int:
    """Do all of it and return the exit code."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.training.gpus import gpu_kinds, unused_note
    from pi.training.machine import choose_precision

    gpu = bool(gpu_kinds()) and not on_cpu
    if not gpu and not on_cpu:
        there_is_none = "error: an NVIDIA GPU must be here but is not: `--on cpu` checks without."
        print(unused_note() or there_is_none, file=sys.stderr)
        return 2
    from benchmarks.gpu_steps import TABLE_2, TINY, idle_share
    from pi.jobs.opening import open_asked
    from pi.parameters import TrainParameters
    from pi.slices.patches import PatchPopulation

    size = TINY if tiny else TABLE_2
    formats = FORMATS if tiny or choose_precision("auto") == "bfloat16" else FORMATS[:1]
    result: dict[str, Any] = {"tiny": tiny, **device_facts(gpu)}
    for name, value in result.items():
        print(f"{name}: {value}")
    print(f"agreement of losses, each at most {FARTHEST}")
    result["apart"], near = agreement(size, formats, gpu)
    patches = PatchPopulation(
        open_asked(TrainParameters(data=size.data), 0, "train", "validation"), "train",
        size.side, size.side, "covering",
    )  # fmt: skip
    wall, device = idle_share(size, patches, formats[-1])
    result["idle"] = {"wall": wall, "device": device, "share": max(0.0, 1 - device / wall)}
    print(
        f"a step of an epoch takes {1e3 * wall:.2f} ms, its device's work {1e3 * device:.2f}: the "
        f"device waits for {100 * result['idle']['share']:.1f} % of the time"
    )
    print("patches per second")
    result["torch"] = torch_rates(size, formats, gpu)
    result["rates"] = rates(size, formats, clock, gpu)
    result["main_seconds"], ended = whole_main(tiny)
    to.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(f"written to {to.name}")
    return 0 if near and ended else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--on", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--tiny", action="store_true", help="shrink it: to prove the script alone")
    parser.add_argument("--to", type=Path, default=Path("gpu-check.json"))
    asked = parser.parse_args(arguments)
    if asked.on == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # before TensorFlow looks for devices
    return check(asked.on == "cpu", asked.tiny, asked.to, Clock(time.monotonic() + SECONDS))


if __name__ == "__main__":
    sys.exit(main())
