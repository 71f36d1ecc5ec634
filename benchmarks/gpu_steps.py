"""The steps that `benchmarks.gpu_check` times: Table 2's, in any format, with a cache, by XLA.

Every piece runs on whatever device TensorFlow has: a machine without a GPU can prove them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from benchmarks.train_step import best_seconds
from pi.denoisers import DenoiserSpec
from pi.influence.components import loss_terms
from pi.influence.schedule import Fixed, WeightRule
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import RAW255
from pi.network.bank import FrozenLoss, build_bank
from pi.network.feature_cache import GIB, find_cache
from pi.places import cache_folder
from pi.slices.patches import PatchPopulation
from pi.training.build import Adam, build_trainer
from pi.training.cached_step import cached_step
from pi.training.fit import Listener, Settings, fit
from pi.training.machine import compute_in, scaled, strategy_for
from pi.training.state import TrainingState
from pi.training.step import StepLosses, as_tensor, in_range, measure_step, moving, train_step

# isort: split
import tensorflow as tf

SEED, RULE = 5, WeightRule(1e-5)


@dataclass(frozen=True)
class Size:
    """How large everything is.

    Attributes:
        batch: patches of a step.
        side: pixels of a patch's side.
        channels: of the U-Net's first level.
        layers: of VGG-19, each tapped alone.
        steps: that are timed.
        epoch: steps of the epoch whose idle share is measured.
        data: simulated study that this epoch trains on.
    """

    batch: int
    side: int
    channels: int
    layers: tuple[str, ...]
    steps: int
    epoch: int
    data: str

    @property
    def denoiser(self) -> DenoiserSpec:
        """The network that is trained."""
        return DenoiserSpec("unet", self.channels)


TABLE_2 = Size(16, 96, 32, ("block3_conv2", "block5_conv4"), 20, 60, "simulated:small")
TINY = Size(4, 32, 2, ("block1_conv2", "block2_conv1"), 2, 4, "simulated:tiny")


@dataclass(frozen=True)
class Case:
    """One way to take a step."""

    layer: str
    number_format: str
    cached: bool
    jit: bool
    repeatable: bool = False

    @property
    def name(self) -> str:
        """As it is printed."""
        ways = [
            " with cache" if self.cached else "",
            " with XLA" if self.jit else "",
            " deterministic" if self.repeatable else "",
        ]
        return f"{self.layer} {self.number_format}{''.join(ways)}"


def random_batch(size: Size) -> np.ndarray:
    """Return low and normal dose, each (n, side, side, 1) int16 HU."""
    shape = (2, size.batch, size.side, size.side, 1)
    return np.random.default_rng(SEED).integers(-1024, 3072, shape, np.int16)


def frozen_loss(size: Size, layer: str, number_format: str) -> FrozenLoss:
    """Return the loss of a VGG-19 with random weights."""
    experiments = find_experiments(f"vgg19:random:{layer}")
    found = build_bank(experiments, RAW255, seed=SEED).loss_of(experiments[0], size.side)
    compute_in(found.encoders, number_format)
    return found


def networks(size: Size, number_format: str) -> tuple[keras.Model, keras.Optimizer]:
    """Return an untrained denoiser and its optimizer."""
    denoiser = size.denoiser.build(SEED)
    optimizer = scaled(keras.optimizers.Adam(1e-3), number_format)
    optimizer.build(denoiser.trainable_variables)
    compute_in([denoiser], number_format)
    return denoiser, optimizer


def our_step(size: Size, case: Case) -> Callable[[], StepLosses]:
    """Return our step on a batch that stays the same."""
    denoiser, optimizer = networks(size, case.number_format)
    loss, (low, normal) = frozen_loss(size, case.layer, case.number_format), random_batch(size)
    if not case.cached:
        strategy = strategy_for("none", size.batch)
        terms = loss_terms(loss)
        step = train_step(denoiser, optimizer, terms, strategy, size.batch, jit=case.jit)
        return lambda: step(low, normal, RULE)
    numbers, (encoder,) = np.arange(size.batch), loss.encoders
    cache = find_cache(
        "memory", encoder, size.side, numbers, size.batch, {"case": case.name}, 4 * GIB,
        cache_folder(), print,
    )  # fmt: skip
    if cache is None:
        raise SystemExit("the machine must have room for the features of a batch but has none.")
    kept = cached_step(denoiser, optimizer, loss, size.batch, cache, jit=case.jit)
    return lambda: kept(numbers, low, normal, RULE)


def patches_per_second(size: Size, case: Case) -> float:
    """Return how many patches a way of our step trains on."""
    return size.batch / best_seconds(our_step(size, case), size.steps)


def losses_on(device: str, size: Size, layer: str, number_format: str) -> StepLosses:
    """Return the losses of an untrained denoiser on one device."""
    with tf.device(device):
        denoiser, _ = networks(size, number_format)
        measure = measure_step(denoiser, loss_terms(frozen_loss(size, layer, number_format)))
        low, normal = random_batch(size)
        return measure(low, normal, RULE.of_one)


def apart(a: StepLosses, b: StepLosses) -> float:
    """Return the largest relative difference of any loss of any patch."""
    pairs = ((a.image, b.image), (a.perceptual, b.perceptual))
    return float(max(np.max(np.abs(x - y) / np.abs(y)) for x, y in pairs))


def idle_share(size: Size, patches: PatchPopulation, number_format: str) -> tuple[float, float]:
    """Return seconds of a step in a real epoch, and of the device's work alone for it.

    The epoch is `pi.training.fit`'s: batches read ahead, losses read and summed, lambda made. The
    device's work is the same graph, called again and again on a batch that lies there, its results
    read at the end alone, so that the device has the next step before it is done with one.
    """
    layer = size.layers[0]
    loss = frozen_loss(size, layer, number_format)
    settings = Settings(
        SEED, 1, size.batch, 0, 60.0, "last", 1, 1, epoch_steps=size.epoch
    )  # fmt: skip
    trainer = build_trainer(
        settings, Fixed(1e-5), patches, loss, size.denoiser, Adam(1e-3, 0.9, 0.999, 1e-7),
        number_format, "none", start="mean",
    )  # fmt: skip
    ends: list[float] = []
    listener = Listener(lambda *_: None, lambda _: ends.append(time.perf_counter()), lambda _: None)
    fit(trainer, TrainingState(trainer.schedule.start()), [], listener)
    warm = len(ends) // 4
    wall = (ends[-1] - ends[warm]) / (len(ends) - 1 - warm)

    move = moving(trainer.networks.denoiser, trainer.networks.optimizer, size.batch)
    terms = loss_terms(loss)

    @tf.function(jit_compile=trainer.jit == "on")
    def step(low: tf.Tensor, normal: tf.Tensor, rule: tf.Tensor) -> tf.Tensor:
        return move(in_range(low), in_range(normal), rule, terms)[2]

    given = (*map(tf.constant, random_batch(size)), as_tensor(RULE))
    step(*given).numpy()
    start = time.perf_counter()
    for _ in range(len(ends) - 1 - warm):
        last = step(*given)
    last.numpy()
    return wall, (time.perf_counter() - start) / (len(ends) - 1 - warm)
