"""How fast is a step of training, against the same step in plain PyTorch and against the machine?

    python -m benchmarks.train_step

Table 2's step (U-Net of 32 channels, 16 patches of 96 x 96, Adam) with a VGG-19 tapped at
block3_conv2 and at block5_conv4. PyTorch runs the same networks on the same shapes as plainly
as one would write them (channels_last, eager), in as many threads. Each (library, format, layer)
is timed in a process of its own, in turn, and the best of the rounds counts, because other work on
the machine only ever adds time. The step's share of the machine's rate is its multiplications (2
operations each; the encoder forward twice and backward once) over those of a large product of
matrices in the same format.

PyTorch is no dependency of the project: it is looked for here, then in `.venv-torch` (which
`make test-torch` builds); elsewhere `--torch` names the Python that has it, or the comparison is
left out. TensorFlow is timed without oneDNN too, which is what it does by itself on AVX2; and with
its target's features kept, which is how `train` goes from the second epoch on (PyTorch, as one
would write it, computes them in every step; the share of GEMM is not told then, for fewer products
are made). Where no hardware multiplies bfloat16 it is not timed: emulated, a step takes half a
minute. About five minutes on two cores.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.processor import features

LAYERS = ("block3_conv2", "block5_conv4")
FORMATS = ("float32", "bfloat16")
TORCH_PYTHON = Path(__file__).parents[1] / ".venv-torch" / "bin" / "python"
BATCH, SIZE, CHANNELS, LEVELS = 16, 96, 32, 5
WIDTHS = (64,) * 2 + (128,) * 2 + (256,) * 4 + (512,) * 8
BLOCKS = (2, 2, 4, 4, 4)
POOLED_BEFORE = (2, 4, 8, 12)


def tapped(layer: str) -> int:
    """Return the number of VGG-19's convolutions up to ``layer``, itself included."""
    block, number = (int(part.removeprefix("block")) for part in layer.split("_conv"))
    return sum(BLOCKS[: block - 1]) + number


def unet_operations() -> float:
    """Return the operations of the U-Net forward, on one batch."""
    pixels, total, before = float(BATCH * SIZE**2), 0.0, 1
    for level in range(LEVELS):
        width, area = CHANNELS * 2**level, pixels / 4**level
        total += 18 * area * (before * width + width * width)
        if level < LEVELS - 1:
            total += 8 * area / 4 * 2 * width * width  # upwards: 2 x 2 from twice the width
            total += 18 * area * (2 * width * width + width * width)
        before = width
    return total + 2 * pixels * CHANNELS


def encoder_operations(layer: str) -> float:
    """Return the operations of the encoder forward up to ``layer``, on one batch."""
    area, total, before = float(BATCH * SIZE**2), 0.0, 3
    for number, width in enumerate(WIDTHS[: tapped(layer)]):
        if number in POOLED_BEFORE:
            area /= 4
        total += 18 * area * before * width
        before = width
    return total


def step_operations(layer: str) -> float:
    """Return the operations of one step: forward once and backward twice, or the other way."""
    return 3 * unet_operations() + 3 * encoder_operations(layer)


def best_seconds(step: Callable[[], object], times: int) -> float:
    """Return the seconds of the fastest of some runs, after two that do not count."""
    step()
    step()
    return min(_seconds(step) for _ in range(times))


def tensorflow_step(number_format: str, layer: str, *, kept: bool) -> tuple[float, float]:
    """Return seconds of our step, and operations per second of a product of matrices.

    Of ``kept`` the features of its targets are there already.
    """
    import numpy as np

    from pi.denoisers import PUBLISHED
    from pi.influence.components import loss_terms
    from pi.influence.schedule import WeightRule
    from pi.losses.experiments import find_experiments
    from pi.losses.input_convention import RAW255
    from pi.network.bank import build_bank
    from pi.network.feature_cache import GIB, find_cache
    from pi.training.cached_step import cached_step
    from pi.training.machine import compute_in, make_deterministic, strategy_for
    from pi.training.step import train_step

    make_deterministic(5)  # import order: TensorFlow only after pi.network
    import keras
    import tensorflow as tf

    experiments = find_experiments(f"vgg19:random:{layer}")
    bank = build_bank(experiments, RAW255, seed=5)
    frozen_loss = bank.loss_of(experiments[0], SIZE)
    denoiser = PUBLISHED.build(5)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(denoiser.trainable_variables)
    compute_in([denoiser, *frozen_loss.encoders], number_format)
    rng = np.random.default_rng(5)
    low, normal = rng.integers(-1024, 3072, (2, BATCH, SIZE, SIZE, 1), np.int16)
    rule, numbers = WeightRule(1e-5), np.arange(BATCH)
    if kept:
        cache = find_cache(
            "memory", frozen_loss.encoders[0], SIZE, numbers, BATCH, {}, 4 * GIB, Path(), print
        )
        if cache is None:
            raise SystemExit("the machine has no room for the features of a batch")
        reading = cached_step(denoiser, optimizer, frozen_loss, BATCH, cache)
        seconds = best_seconds(lambda: reading(numbers, low, normal, rule), 5)
    else:
        step = train_step(
            denoiser, optimizer, loss_terms(frozen_loss), strategy_for("none", BATCH), BATCH
        )
        seconds = best_seconds(lambda: step(low, normal, rule), 5)
    side = 3072
    matrix = tf.cast(tf.random.stateless_uniform((side, side), (1, 2)), number_format)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    return seconds, 2 * side**3 / best_seconds(lambda: product().numpy(), 5)


def torch_step(
    number_format: str,
    layer: str,
    threads: int = 0,
    device: str = "cpu",
    shape: tuple[int, int, int] = (BATCH, SIZE, CHANNELS),
    times: int = 5,
) -> float:
    """Return seconds of the same step in PyTorch; of ``threads`` 0 is as many as it likes.

    ``shape`` is that of a batch: patches, their side, and the U-Net's first channels.
    """
    import torch
    from torch import nn

    if threads:
        torch.set_num_threads(threads)
    batch, side, channels = shape

    class Up(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
            self.after = double(2 * width, width)

        def forward(self, x: Any, skip: Any) -> Any:  # noqa: ANN401
            return self.after(torch.cat([skip, self.up(x)], dim=1))

    def double(before: int, width: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(before, width, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
        )  # fmt: skip

    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [channels * 2**level for level in range(LEVELS)]
            self.down = nn.ModuleList(
                double(a, b) for a, b in zip([1, *widths[:-1]], widths, strict=True)
            )
            self.up = nn.ModuleList(Up(width) for width in reversed(widths[:-1]))
            self.last = nn.Conv2d(channels, 1, 1)

        def forward(self, x: Any) -> Any:  # noqa: ANN401
            skips = []
            for level, block in enumerate(self.down):
                x = block(x if level == 0 else nn.functional.max_pool2d(x, 2))
                skips.append(x)
            for block, skip in zip(self.up, reversed(skips[:-1]), strict=True):
                x = block(x, skip)
            return torch.sigmoid(self.last(x))

    encoder = nn.Sequential()
    before = 3
    for number, width in enumerate(WIDTHS[: tapped(layer)]):
        if number in POOLED_BEFORE:
            encoder.append(nn.MaxPool2d(2))
        encoder.append(nn.Conv2d(before, width, 3, padding=1)).append(nn.ReLU())
        before = width
    encoder = encoder.to(device, memory_format=torch.channels_last).requires_grad_(False)
    unet = UNet().to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(unet.parameters(), 1e-3, eps=1e-7)
    low, normal = torch.rand(2, batch, 1, side, side, device=device)

    def features(image: Any) -> Any:  # noqa: ANN401
        grey = (255 * image).expand(-1, 3, -1, -1)
        return encoder(grey.contiguous(memory_format=torch.channels_last)).float()

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=number_format == "bfloat16"):
            denoised = unet(low.contiguous(memory_format=torch.channels_last))
            with torch.no_grad():
                wanted = features(normal)
            loss = nn.functional.mse_loss(denoised.float(), normal)
            loss = loss + 1e-5 * nn.functional.mse_loss(features(denoised), wanted)
        loss.backward()
        optimizer.step()
        return float(loss)

    return best_seconds(step, times)


class Timed(NamedTuple):
    """What is timed in a process of its own."""

    library: str
    number_format: str
    onednn: bool = True
    kept: bool = False

    @property
    def name(self) -> str:
        """As it is printed."""
        without = "" if self.onednn else " without oneDNN"
        kept = ", features kept" if self.kept else ""
        return f"{self.library} {self.number_format}{without}{kept}"


def compare(layers: Sequence[str], threads: int, rounds: int, torch_python: str) -> None:
    """Print the ratios."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.training.machine import choose_precision

    formats = FORMATS if choose_precision("auto") == "bfloat16" else FORMATS[:1]
    if not torch_python:
        print("PyTorch is not installed, so there is nothing to compare with: pip install torch.")
    libraries = ("tensorflow", "torch") if torch_python else ("tensorflow",)
    asked = [Timed(library, f) for f in formats for library in libraries]
    asked += [Timed("tensorflow", f, kept=True) for f in formats]
    asked.append(Timed("tensorflow", "float32", onednn=False))
    print(f"{features()}; seconds per step, best of {rounds} rounds of 5, {threads} threads")
    for layer in layers:
        found: dict[Timed, list[list[float]]] = {}
        for _ in range(rounds):
            for timed in asked:
                found.setdefault(timed, []).append(_child(timed, layer, threads, torch_python))
        best = {timed: min(times[0] for times in rounds) for timed, rounds in found.items()}
        for timed, seconds in best.items():
            line = f"  {layer} {timed.name}: {seconds:.3f} s"
            if timed.library == "tensorflow":
                rate = max(times[1] for times in found[timed])
                own = step_operations(layer) / seconds
                if not timed.kept:
                    line += f", {own / 1e9:.0f} of {rate / 1e9:.0f} Gop/s, {100 * own / rate:.0f} %"
            if torch_python and timed.library == "tensorflow":
                line += f", {best[Timed('torch', 'float32')] / seconds:.2f} times PyTorch float32"
                same = best[Timed("torch", timed.number_format)]
                line += f", {same / seconds:.2f} times PyTorch's same"
            print(line, flush=True)


def _child(timed: Timed, layer: str, threads: int, torch_python: str) -> list[float]:
    python = torch_python if timed.library == "torch" else sys.executable
    command = [python, "-m", "benchmarks.train_step", "--child", timed.library]
    command += ["--format", timed.number_format, "--layer", layer, "--threads", str(threads)]
    there = {"TF_NUM_INTRAOP_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command += ["--kept"] if timed.kept else []
    there |= {} if timed.onednn else {"TF_ENABLE_ONEDNN_OPTS": "0"}
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | there
    )
    times: list[float] = json.loads(done.stdout.splitlines()[-1])
    return times


def has_torch(python: str) -> bool:
    """Return whether ``python`` is one that can import PyTorch."""
    try:
        return not subprocess.run([python, "-c", "import torch"], capture_output=True).returncode
    except OSError:
        return False


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def main() -> None:
    """Compare, or be one of the processes that are timed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--layer", choices=LAYERS)
    parser.add_argument("--format", choices=FORMATS, default="float32")
    parser.add_argument("--torch", default="", help="the Python that has PyTorch")
    parser.add_argument("--child", choices=("tensorflow", "torch"), help=argparse.SUPPRESS)
    parser.add_argument("--kept", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child == "torch":
        print(json.dumps([torch_step(a.format, a.layer, a.threads)]))
    elif a.child == "tensorflow":
        print(json.dumps(tensorflow_step(a.format, a.layer, kept=a.kept)))
    else:
        pythons = [a.torch] if a.torch else [sys.executable, str(TORCH_PYTHON)]
        found = next(filter(has_torch, pythons), "")
        compare([a.layer] if a.layer else LAYERS, a.threads, a.rounds, found)


if __name__ == "__main__":
    main()
