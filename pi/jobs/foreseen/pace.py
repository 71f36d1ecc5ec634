"""How fast this machine is at what a job does most: measured in a few steps on random pixels.

Encoders have random weights, which cost what any cost; those of other people's code are left out.
"""

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pi.choices import MetricSet, PrecisionName
from pi.denoisers import DenoiserSpec
from pi.digits import number
from pi.losses.architecture import OWN
from pi.losses.experiments import Experiment, find_experiments
from pi.losses.input_convention import input_convention

if TYPE_CHECKING:  # TensorFlow, which a refusal does not wait for
    from pi.network.bank import FrozenLoss

ROUNDS = 3
NOISE = np.random.default_rng(0)


def start_tensorflow() -> None:
    """Start TensorFlow, quietly: before anything else imports it."""
    import pi.network  # noqa: F401


FEW = 4
"""Patches of a batch on which its pace is measured: a whole one may take a minute."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast something is.

    Attributes:
        first: seconds of its first time, in which graphs are traced.
        each: of any other.
    """

    first: float
    each: float

    def taking(self, count: float) -> float:
        """Return the seconds of so many of them."""
        return self.first + count * self.each


@cache
def training_pace(
    experiment: str, denoiser: str, patch_size: int, batch_size: int, precision: PrecisionName
) -> Pace:
    """Return the pace of steps of training.

    Args:
        experiment: as it is spelt; empty: MSE alone.
        denoiser: which network.
        patch_size: side of a patch in pixels.
        batch_size: patches of a step.
        precision: number format of the convolutions.

    Raises:
        PiError: one of them is misspelt, or the machine cannot do it.
    """
    start_tensorflow()
    import keras

    from pi.influence.components import loss_terms
    from pi.influence.schedule import WeightRule
    from pi.training.machine import choose_precision, compute_in, scaled, strategy_for
    from pi.training.step import train_step

    chosen, loss = choose_precision(precision), _loss(experiment, patch_size)
    network, few = DenoiserSpec.parse(denoiser).build(0), min(FEW, batch_size)
    optimizer = scaled(keras.optimizers.Adam(1e-3), chosen)
    optimizer.build(network.trainable_variables)
    compute_in([network, *loss.encoders], chosen)
    step = train_step(network, optimizer, loss_terms(loss), strategy_for("none", few), few)
    low, normal = (_pixels(few, patch_size)[..., np.newaxis] for _ in range(2))
    return paced(lambda: step(low, normal, WeightRule(1e-3)), batch_size / few)


@cache
def measuring_pace(
    experiment: str, denoiser: str, patch_size: int, batch_size: int, precision: PrecisionName
) -> Pace:
    """Return the pace of batches whose losses are measured. Arguments as of `training_pace`."""
    start_tensorflow()
    from pi.influence.components import loss_terms
    from pi.training.machine import choose_precision, compute_in
    from pi.training.step import measure_step

    loss, few = _loss(experiment, patch_size), min(FEW, batch_size)
    network = DenoiserSpec.parse(denoiser).build(0)
    compute_in([network, *loss.encoders], choose_precision(precision))
    measure = measure_step(network, loss_terms(loss))
    low, normal = (_pixels(few, patch_size)[..., np.newaxis] for _ in range(2))
    return paced(lambda: measure(low, normal, 1e-3), batch_size / few)


def _loss(experiment: str, patch_size: int) -> "FrozenLoss":
    from pi.network.bank import FrozenLoss, build_bank

    found = [e for e in _experiments(experiment) if e.encoder.architecture != OWN]
    bank = build_bank(found, input_convention("raw255"), seed=0)
    return bank.loss_of(found[0], patch_size) if found else FrozenLoss()


def paced(work: Callable[[], object], times: float = 1.0) -> Pace:
    """Return the pace of so many times some work, which is done a few times."""
    begun = time.perf_counter()
    work()
    return Pace(time.perf_counter() - begun, times * best_of(work))


def _experiments(spelt: str) -> list[Experiment]:
    if not spelt:
        return []
    return [
        replace(one, encoder=replace(one.encoder, context="random"))
        for one in find_experiments(spelt)
        if not one.refusal
    ]


@cache
def slice_seconds(denoiser: str, pixels: int) -> float:
    """Return the seconds in which a network denoises a slice of so many pixels on a side."""
    start_tensorflow()
    from pi.evaluation.whole_slices import slice_denoiser

    spec = DenoiserSpec.parse(denoiser)
    through = slice_denoiser(spec.build(0), spec.design.sizes)
    return paced(lambda: through(_pixels(1, pixels))).each


@cache
def metrics_seconds(
    protocols: str, metrics: MetricSet, pixels: int, images: Sequence[str] = ("low", "denoised")
) -> float:
    """Return the seconds in which a slice is measured: the low dose, and what is made of it."""
    from pi.evaluation.pair import HuErrors, measured
    from pi.evaluation.protocol import find_protocols

    chosen = find_protocols(protocols)
    low, normal = _pixels(2, pixels)

    def measure() -> None:
        for image in images:
            pair = HuErrors(low, normal, 0.7)
            measured(pair, chosen, predicted=image != "low", metrics=metrics)

    return paced(measure).each


@cache
def figure_seconds() -> float:
    """Return the seconds in which a figure of some curves is drawn and written."""
    from matplotlib.figure import Figure

    def draw() -> None:
        figure = Figure(figsize=(9, 4), layout="constrained")
        for axes in figure.subplots(1, 2):
            axes.plot(_pixels(8, 64)[:, 0].T)
        for kind in ("svg", "png"):
            figure.savefig(BytesIO(), format=kind, dpi=150)

    return paced(draw).each


@cache
def pair_seconds(side: int) -> float:
    """Return the seconds in which a pair of slices is checked and laid out as in a file."""
    pair = _pixels(2, side)

    def write() -> None:
        for pixels in pair:
            zlib.crc32(pixels.tobytes())
            BytesIO().write(np.ascontiguousarray(pixels, dtype="<i2").tobytes())

    return best_of(write)


SAMPLE = 16
"""Files that are read to tell how fast they are."""


def reading_seconds(files: Sequence[Path]) -> float:
    """Return the mean seconds in which one of some files is read, by a few of them."""
    some = files[:: max(len(files) // SAMPLE, 1)][:SAMPLE]
    begun = time.perf_counter()
    for file in some:
        file.read_bytes()
    return (time.perf_counter() - begun) / max(len(some), 1)


def measured(seconds: float, of: str) -> str:
    """Return how a time is known: by the pace of one of something."""
    return f"{number(seconds)} s a {of}, measured now"


def best_of(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some rounds; work that is traced first was done once."""
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def _pixels(count: int, side: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    return NOISE.integers(-1000, 1000, (count, side, side)).astype(np.int16)
