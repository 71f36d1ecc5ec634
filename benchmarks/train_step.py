"""How fast is a step of training, against the same step in plain PyTorch and against the machine?

    python -m benchmarks.train_step

Table 2's step (U-Net of 32 channels, 16 patches of 96 x 96, Adam) with a VGG-19 tapped at
block3_conv2 and at block5_conv4. PyTorch runs the same networks on the same shapes as plainly
as one would write them (channels_last, eager), in as many threads. Each (library, format, layer)
is timed in a process of its own, in turn, and the best of the rounds counts, because other work on
the machine only ever adds time. The step's share of the machine's rate is its multiplications (2
operations each; the encoder forward twice and backward once) over those of a large product of
matrices in the same format.

PyTorch is no dependency of the project: `pip install torch` beside it, or the comparison is left
out. About two minutes on two cores.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

LAYERS = ("block3_conv2", "block5_conv4")
FORMATS = ("float32", "bfloat16")
BATCH, SIZE, CHANNELS, LEVELS = 16, 96, 32, 5
WIDTHS = (64,) * 2 + (128,) * 2 + (256,) * 4 + (512,) * 8
TAPPED = {"block3_conv2": 6, "block5_conv4": 16}
POOLED_BEFORE = (2, 4, 8, 12)


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
    for number, width in enumerate(WIDTHS[: TAPPED[layer]]):
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


def tensorflow_step(number_format: str, layer: str) -> tuple[float, float]:
    """Return seconds of our step, and operations per second of a product of matrices."""
    import numpy as np

    from pi.denoisers import PUBLISHED
    from pi.influence.components import loss_terms
    from pi.influence.schedule import WeightRule
    from pi.losses.experiments import find_experiments
    from pi.losses.input_convention import RAW255
    from pi.network.bank import build_bank
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
    step = train_step(
        denoiser, optimizer, loss_terms(frozen_loss), strategy_for("none", BATCH), BATCH
    )
    rng = np.random.default_rng(5)
    low, normal = rng.integers(-1024, 3072, (2, BATCH, SIZE, SIZE, 1), np.int16)
    seconds = best_seconds(lambda: step(low, normal, WeightRule(1e-5)), 5)
    side = 3072
    matrix = tf.cast(tf.random.stateless_uniform((side, side), (1, 2)), number_format)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    return seconds, 2 * side**3 / best_seconds(lambda: product().numpy(), 5)


def torch_step(number_format: str, layer: str, threads: int) -> float:
    """Return seconds of the same step in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)

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
            widths = [CHANNELS * 2**level for level in range(LEVELS)]
            self.down = nn.ModuleList(
                double(a, b) for a, b in zip([1, *widths[:-1]], widths, strict=True)
            )
            self.up = nn.ModuleList(Up(width) for width in reversed(widths[:-1]))
            self.last = nn.Conv2d(CHANNELS, 1, 1)

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
    for number, width in enumerate(WIDTHS[: TAPPED[layer]]):
        if number in POOLED_BEFORE:
            encoder.append(nn.MaxPool2d(2))
        encoder.append(nn.Conv2d(before, width, 3, padding=1)).append(nn.ReLU())
        before = width
    encoder = encoder.to(memory_format=torch.channels_last).requires_grad_(False)
    unet = UNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(unet.parameters(), 1e-3, eps=1e-7)
    low, normal = torch.rand(2, BATCH, 1, SIZE, SIZE)

    def features(image: Any) -> Any:  # noqa: ANN401
        grey = (255 * image).expand(-1, 3, -1, -1)
        return encoder(grey.contiguous(memory_format=torch.channels_last)).float()

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=number_format == "bfloat16"):
            denoised = unet(low.contiguous(memory_format=torch.channels_last))
            with torch.no_grad():
                wanted = features(normal)
            loss = nn.functional.mse_loss(denoised.float(), normal)
            loss = loss + 1e-5 * nn.functional.mse_loss(features(denoised), wanted)
        loss.backward()
        optimizer.step()
        return float(loss)

    return best_seconds(step, 5)


def compare(layers: Sequence[str], threads: int, rounds: int) -> None:
    """Print the ratios."""
    with_torch = importlib.util.find_spec("torch") is not None
    if not with_torch:
        print("PyTorch is not installed, so there is nothing to compare with: pip install torch.")
    libraries = ("tensorflow", "torch") if with_torch else ("tensorflow",)
    print(f"seconds per step, best of {rounds} rounds of 5, {threads} threads")
    for layer in layers:
        found: dict[tuple[str, str], list[list[float]]] = {}
        for _ in range(rounds):
            for number_format in FORMATS:
                for library in libraries:
                    key = (library, number_format)
                    found.setdefault(key, []).append(_child(*key, layer, threads))
        best = {key: min(times[0] for times in rounds) for key, rounds in found.items()}
        for (library, number_format), seconds in best.items():
            line = f"  {layer} {library} {number_format}: {seconds:.3f} s"
            if library == "tensorflow":
                rate = max(times[1] for times in found[library, number_format])
                own = step_operations(layer) / seconds
                line += f", {own / 1e9:.0f} of {rate / 1e9:.0f} Gop/s, {100 * own / rate:.0f} %"
            if with_torch and library == "tensorflow":
                line += f", {best['torch', 'float32'] / seconds:.2f} times PyTorch float32"
                line += f", {best['torch', number_format] / seconds:.2f} times PyTorch's same"
            print(line, flush=True)


def _child(library: str, number_format: str, layer: str, threads: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.train_step", "--child", library]
    command += ["--format", number_format, "--layer", layer, "--threads", str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    times: list[float] = json.loads(done.stdout.splitlines()[-1])
    return times


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
    parser.add_argument("--child", choices=("tensorflow", "torch"), help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child == "torch":
        print(json.dumps([torch_step(a.format, a.layer, a.threads)]))
    elif a.child == "tensorflow":
        print(json.dumps(tensorflow_step(a.format, a.layer)))
    else:
        compare([a.layer] if a.layer else LAYERS, a.threads, a.rounds)


if __name__ == "__main__":
    main()
