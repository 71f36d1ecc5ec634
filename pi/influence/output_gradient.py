"""Influence by gradients at the denoised image, for losses that no share of the total describes.

    Psi_g = lambda |grad P| / (|grad M| + lambda |grad P|)                  method, 2.6

with respect to the output, so that no denoiser's architecture has a part in it. Lengths are root
mean squares over patches of each patch's own gradient.

An adversarial term -D(G(x)) has no zero, but a gradient. No critic is at hand; what is known is
that the optimal critic of a Wasserstein GAN has a gradient of norm 1 almost everywhere between real
and generated images (Gulrajani et al. 2017, Proposition 1), which the gradient penalty enforces. So
the length of its gradient is taken as 1 per patch, in the network's range.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.influence.components import feature_loss, pixel_loss
from pi.influence.gradient_pair import GradientPair
from pi.influence.psi import Floats, odds_of
from pi.losses.experiments import Experiment
from pi.losses.loss import Reading
from pi.network.bank import EncoderBank
from pi.network.state import Denoiser, PatchOutputs
from pi.slices.patches import PatchPopulation

CRITIC = 1.0
"""Length of the critic's gradient, per patch."""


@dataclass(frozen=True, slots=True)
class OutputInfluence:
    """One experiment in one state of the denoiser.

    Attributes:
        experiment: the configuration.
        state: of the denoiser.
        gradients: of image and perceptual loss with respect to the output.
        patches: how many were measured.
    """

    experiment: Experiment
    state: str
    gradients: GradientPair
    patches: int

    def weight_for(self, target: float) -> float:
        """Return the lambda at which Psi_g is ``target``; NaN where no lambda, or each, would do.

        Raises:
            InvalidTargetError: ``target`` is not in (0, 1).
        """
        odds, of = odds_of(target), self.gradients
        return odds * of.image / of.perceptual if of.image * of.perceptual > 0 else float("nan")


def output_influences(
    experiments: Sequence[Experiment],
    bank: EncoderBank,
    denoisers: Mapping[str, Denoiser | PatchOutputs],
    population: PatchPopulation,
    numbers: NDArray[np.int64],
    batch_size: int,
    advance: Callable[[int], object],
) -> list[OutputInfluence]:
    """Return the influence by gradients of each experiment in each state.

    Every encoder runs forward once per patch and state, and back once per column, whatever the
    number of experiments that read it.

    Args:
        experiments: the configurations.
        bank: built for them.
        denoisers: the denoiser in each state.
        population: the patches of the training set.
        numbers: of the patches to measure.
        batch_size: patches at a time.
        advance: told how many patches have just been measured.
    """
    if not experiments:
        return []
    gradients = _gradients(bank)
    readings = [bank.reading(experiment, population.size) for experiment in experiments]
    found: dict[tuple[str, str], Floats] = {}
    for start in range(0, numbers.size, batch_size):
        batch = numbers[start : start + batch_size]
        low_dose, normal_dose = (tf.constant(array) for array in population.read(batch))
        for state, denoiser in denoisers.items():
            output = (
                tf.constant(denoiser.of(batch))
                if isinstance(denoiser, PatchOutputs)
                else denoiser(low_dose)
            )
            fields = gradients(output, normal_dose).numpy()
            for experiment, reading in zip(experiments, readings, strict=True):
                key = experiment.name, state
                found[key] = found.get(key, np.zeros(3)) + _products(fields, reading, bank)
        advance(batch.size)
    return [
        OutputInfluence(e, state, _pair(e, found[e.name, state], numbers.size), numbers.size)
        for e in experiments
        for state in denoisers
    ]


def _gradients(bank: EncoderBank) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return the function that gives the gradient of every image loss and every column."""

    encoders = bank.encoders  # made here: no variable may be made within a graph

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def gradients(prediction: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        """Return (terms, n, pixels): of each patch's own losses with respect to its prediction."""
        references = keras.tree.flatten([encoder(target) for encoder in encoders])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(prediction)
            maps = keras.tree.flatten([encoder(prediction) for encoder in encoders])
            losses = [pixel_loss(prediction, target, term) for term in bank.pixels]
            losses += [
                feature_loss(found, wanted, norm)
                for found, wanted, norm in zip(maps, references, bank.norms, strict=True)
            ]
        fields = [tape.gradient(loss, prediction) for loss in losses]
        return tf.stack([tf.reshape(field, (tf.shape(field)[0], -1)) for field in fields])

    return gradients  # type: ignore[no-any-return]


def _products(fields: NDArray[np.float32], reading: Reading, bank: EncoderBank) -> Floats:
    """Return m.m, p.p and m.p, each summed over the patches, (3,)."""
    columns = [len(bank.pixels) + column for column in reading.features]
    p = np.tensordot(np.asarray(reading.factors), fields[columns].astype(np.float64), axes=1)
    m = np.zeros_like(p) if reading.image is None else fields[reading.image].astype(np.float64)
    return np.array([(m * m).sum(), (p * p).sum(), (m * p).sum()])


def _pair(experiment: Experiment, products: Floats, count: int) -> GradientPair:
    mm, pp, mp = (products / count).tolist()
    if experiment.adversarial:
        return GradientPair(CRITIC, float(np.sqrt(pp)), float("nan"))
    return GradientPair(float(np.sqrt(mm)), float(np.sqrt(pp)), mp)


def gradient_metrics(found: OutputInfluence, target: float) -> dict[str, float]:
    """Return influence by gradients by name; NaN where one is not defined."""
    published = found.experiment.published
    metrics = {
        "lambda_by_gradients": found.weight_for(target),
        "gradient_of_image_loss": found.gradients.image,
        "gradient_of_perceptual_loss": found.gradients.perceptual,
        "gradient_cosine": found.gradients.cosine,
        "gradient_patches": found.patches,
    }
    if published:
        metrics["psi_by_gradients_at/published"] = found.gradients.psi(published.value)
    return metrics
