"""What is known of one configuration's lambda, in one state of the denoiser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from pi.choices import Rounding
from pi.identity import Reconstruction
from pi.influence.losses import Losses, Measured, share_weights, weighted_mean
from pi.influence.mean_of_ratios import mean_of_ratios
from pi.influence.psi import Floats, InfluenceError, layer_shares, psi, round_weight
from pi.influence.sampling import (
    Measure,
    Precision,
    Watch,
    exact_weight,
    sample_losses,
    weight_and_interval,
)
from pi.influence.survey import PatchFacts, frame_of
from pi.influence.surveying import survey_losses
from pi.losses.experiments import Experiment
from pi.losses.loss import Reading
from pi.slices.patches import PatchPopulation


@dataclass(frozen=True, slots=True)
class Stratum:
    """The influence within one reconstruction at the lambda chosen for all.

    Attributes:
        reconstruction: which slices.
        patches: how many of theirs were measured.
        weight: the lambda that they alone would ask for; NaN where they have none.
        psi: their ratio of sums at the lambda chosen for all; NaN where they have none.
    """

    reconstruction: Reconstruction
    patches: int
    weight: float
    psi: float


@dataclass(frozen=True)
class ExperimentCalibration:
    """The lambda of one experiment in one state of the denoiser, and what it rests on.

    Attributes:
        experiment: the configuration.
        state: the denoiser's state.
        precision: what was asked for.
        population: patches in the training set.
        losses: per patch; ``perceptual`` (n, layers) in the order of the encoder's layers.
        exact_weight: the lambda that reaches the target.
        weight: the same after rounding: the lambda to be used.
        half_width: of the 95 % interval of ln ``exact_weight``.
        heavy_tailed: whether that interval was widened for heavy tails.
        strata: breakdown by reconstruction.
    """

    experiment: Experiment
    state: str
    precision: Precision
    population: int
    losses: Losses
    exact_weight: float
    weight: float
    half_width: float
    heavy_tailed: bool
    strata: tuple[Stratum, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the exact lambda, for this training set."""
        factor = float(np.exp(self.half_width))
        return self.exact_weight / factor, self.exact_weight * factor

    @property
    def image(self) -> float:
        """Mean image loss."""
        return float(self.losses.mean(self.losses.image))

    @property
    def perceptual(self) -> float:
        """Mean perceptual loss, summed over the layers."""
        return float(self.losses.mean(self.losses.perceptual.sum(axis=1)))

    @property
    def surveyed(self) -> bool:
        """Whether some were drawn with the image loss of all patches known, and weighed by it."""
        return self.losses.sample is not None and self.losses.patches.size < self.population

    @property
    def degenerate(self) -> int:
        """Patches with both losses 0, which say nothing and are dropped."""
        return int(((self.losses.image == 0) & (self.losses.perceptual.sum(axis=1) == 0)).sum())

    @property
    def shares(self) -> Floats:
        """Each layer's share of the total at `weight`, (layers,)."""
        return layer_shares(self.image, self.losses.mean(self.losses.perceptual), self.weight)

    def psi_of_sums(self, weight: ArrayLike) -> Floats:
        """Psi of Algorithm 2 at ``weight`` (any shape)."""
        return psi(self.image, self.perceptual, weight)

    def log_odds_of_sums(self, weight: ArrayLike) -> Floats:
        """Log-odds of it: not from Psi, which has lost all its digits where it is nearly 1."""
        return np.asarray(np.log(weight) + np.log(self.perceptual / self.image))

    def psi_of_ratios(self, weight: ArrayLike) -> Floats:
        """Psi of Eq. (5) at ``weight`` (any shape)."""
        m, p = self.losses.image, self.losses.perceptual.sum(axis=1)
        return mean_of_ratios(m, p, weight, self.losses.counts)


def calibrate(
    experiment: Experiment,
    state: str,
    losses: Losses,
    reconstructions: Sequence[Reconstruction],
    population: int,
    precision: Precision,
    rounding: Rounding,
) -> ExperimentCalibration:
    """Return the lambda that gives the target Psi: paper, Algorithm 2, solved for lambda.

    Args:
        experiment: the configuration.
        state: the denoiser's state.
        losses: of the measured patches, as this experiment reads them.
        reconstructions: of each measured patch.
        population: patches in the training set.
        precision: what is asked for.
        rounding: rule that rounds lambda.

    Raises:
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    exact, interval = weight_and_interval(losses, population, precision)
    perceptual = losses.perceptual.sum(axis=1)
    mean_image, mean_perceptual = (float(losses.mean(x)) for x in (losses.image, perceptual))
    weight = round_weight(exact, rounding, lambda w: float(psi(mean_image, mean_perceptual, w)))
    return ExperimentCalibration(
        experiment,
        state,
        precision,
        population,
        losses,
        exact,
        weight,
        interval.half_width,
        interval.heavy_tailed,
        _strata(losses, reconstructions, weight, precision),
    )


def _strata(
    losses: Losses, reconstructions: Sequence[Reconstruction], weight: float, precision: Precision
) -> tuple[Stratum, ...]:
    strata = []
    found = sorted(set(reconstructions))
    numbers = {reconstruction: number for number, reconstruction in enumerate(found)}
    of_patches = np.array([numbers[reconstruction] for reconstruction in reconstructions])
    for number, reconstruction in enumerate(found):
        chosen = of_patches == number
        m, p = losses.image[chosen], losses.perceptual.sum(axis=1)[chosen]
        counts = None if losses.counts is None else losses.counts[chosen]
        try:
            own = exact_weight(m, p, precision, counts)
            mean_m, mean_p = (float(weighted_mean(x, counts)) for x in (m, p))
            share = float(psi(mean_m, mean_p, weight))
        except InfluenceError:  # air alone, say: these patches have no answer of their own
            own = share = np.nan
        strata.append(Stratum(reconstruction, int(chosen.sum()), own, share))
    return tuple(strata)


def calibrate_all(
    experiments: Sequence[Experiment],
    readings: Sequence[Reading],
    states: Sequence[str],
    measure: Measure,
    patches: PatchPopulation,
    precision: Precision,
    rounding: Rounding,
    rng: np.random.Generator,
    report: Watch,
    known: PatchFacts | None = None,
    early: Callable[[ExperimentCalibration], object] = lambda calibration: None,
) -> list[ExperimentCalibration]:
    """Calibrate every experiment in every state on the same random patches.

    Where ``known`` is told they are drawn and weighed by it, see `pi.influence.survey`; unless
    all are to be measured, which is Algorithm 2 as it is written.

    Args:
        experiments: the configurations.
        readings: where each of them finds its losses.
        states: names of the denoiser's states.
        measure: see `pi.influence.measure.patch_measure`.
        patches: of the training set.
        precision: what is asked for.
        rounding: rule that rounds lambda.
        rng: draws the patches.
        report: told of the progress.
        known: what every patch tells without a network, see `pi.influence.measure.patch_facts`.
        early: told of a calibration that is narrow enough while others of its state are not; more
            patches make it narrower still.

    Raises:
        InfluenceError: a Psi is not defined, or the target not attainable.
    """
    if not experiments:
        return []

    def found_on(losses: Measured) -> list[Reconstruction]:
        return [patch.key.reconstruction for patch in patches.describe(losses.patches)]

    def one(
        place: int, state: str, losses: Measured, on: Sequence[Reconstruction]
    ) -> ExperimentCalibration:
        experiment, reading = experiments[place], readings[place]
        return calibrate(
            _with_weights(experiment, reading, losses), state, losses.read(reading), on,
            len(patches), precision, rounding,
        )  # fmt: skip

    if known is None or precision.exhaustive:
        sampled = sample_losses(measure, states, readings, len(patches), precision, rng, report)
    else:
        frame = frame_of(known, patches.strata, precision.estimator)
        sampled = survey_losses(
            measure, states, readings, frame, precision, rng, report,
            lambda state, place, losses: early(one(place, state, losses, found_on(losses))),
        )  # fmt: skip
    all_of = {state: (state, losses, found_on(losses)) for state, losses in sampled.items()}
    return [one(k, *all_of[state]) for k in range(len(experiments)) for state in states]


def _with_weights(experiment: Experiment, reading: Reading, measured: Measured) -> Experiment:
    """Return the experiment, the shares of its layers turned into weights: those train it."""
    if not reading.shares:
        return experiment
    weights = tuple(share_weights(measured.mean_of(reading), reading.shares).tolist())
    return replace(experiment, distance=experiment.distance.weighing(weights))
