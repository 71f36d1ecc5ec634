"""The parts of a training, put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np

from pi.choices import Distribution
from pi.denoisers import DenoiserSpec
from pi.influence.calibration import ExperimentCalibration, calibrate_all
from pi.influence.components import loss_terms
from pi.influence.gradient import gradient_measure
from pi.influence.measure import patch_facts, patch_measure
from pi.influence.sampling import Precision
from pi.influence.schedule import Schedule, WeightRule
from pi.losses.experiments import Experiment
from pi.network.bank import EncoderBank, FrozenLoss
from pi.network.start import start_at
from pi.network.state import Denoiser, identity
from pi.slices.patches import PatchPopulation
from pi.states import State
from pi.training.cached_step import NOT_KEPT, FeaturePlan, begin_cached_step, find_features
from pi.training.checkpoint import Networks
from pi.training.feed import batch_numbers
from pi.training.fit import Settings, Trainer
from pi.training.gpus import gpu_kinds
from pi.training.jit import NO_JIT, JitPlan, bearable, settle_jit
from pi.training.machine import compute_in, scaled, strategy_for
from pi.training.step import NumberedStepBegun, StepBegun, begin_train_step, measure_step
from pi.training.validation import ValidationSet, affordable_patches, draw_validation_set

TOLERANCE = 0.05
"""Relative half-width of lambda's interval where it is calibrated before training."""

STARTING_PATCHES = 64
"""Patches whose mean is where the output starts."""


@dataclass(frozen=True, slots=True)
class Adam:
    """The paper's optimizer; its Table 2 gives all but epsilon.

    Attributes:
        learning_rate: step length.
        beta_1: decay of the gradient's average.
        beta_2: decay of the squared gradient's average.
        epsilon: below the root.
    """

    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float


def calibrate_first(
    experiment: Experiment,
    bank: EncoderBank,
    patches: PatchPopulation,
    settings: Settings,
    target: float,
) -> ExperimentCalibration:
    """Return the calibration in the state identity: the residual is the noise (method, 0.4).

    Args:
        experiment: the configuration.
        bank: with its encoder.
        patches: of the training patients.
        settings: their seed draws the patches.
        target: Psi asked for.

    Raises:
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    state = State("identity")
    (found,) = calibrate_each([experiment], bank, patches, settings, target, state, identity)
    return found


def calibrate_each(
    experiments: Sequence[Experiment],
    bank: EncoderBank,
    patches: PatchPopulation,
    settings: Settings,
    target: float,
    state: State,
    denoiser: Denoiser,
) -> list[ExperimentCalibration]:
    """Return the calibration of each configuration in one state, all on the same patches.

    Args:
        experiments: the configurations.
        bank: with their encoders.
        patches: of the training patients.
        settings: their seed draws the patches.
        target: Psi asked for.
        state: of the denoiser.
        denoiser: in that state.

    Raises:
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    name, size = str(state), settings.batch_size
    return calibrate_all(
        experiments,
        [bank.reading(experiment, patches.size) for experiment in experiments],
        [name],
        patch_measure(patches, {name: denoiser}, bank, size, lambda count: count),
        patches,
        Precision(target, "ratio_of_sums", TOLERANCE, exhaustive=False),
        "none",
        np.random.default_rng(settings.seed),
        lambda measured, half_width: None,
        patch_facts(patches, bank.pixels),
    )


def build_trainer(
    settings: Settings,
    schedule: Schedule,
    patches: PatchPopulation,
    frozen_loss: FrozenLoss,
    spec: DenoiserSpec,
    adam: Adam,
    precision: str,
    distribution: Distribution,
    *,
    start: str,
    features: FeaturePlan = NOT_KEPT,
    jit: JitPlan = NO_JIT,
) -> Trainer:
    """Return a trainer whose denoiser is untrained.

    Args:
        settings: how long, how much at a time, how often.
        schedule: makes lambda.
        patches: of the training patients.
        frozen_loss: the loss. Its encoder is set to ``precision``.
        spec: which denoiser.
        adam: the optimizer.
        precision: see `pi.training.machine.choose_precision`.
        distribution: see `pi.training.machine.strategy_for`.
        start: where the output starts: see `pi.denoisers.DenoiserSpec.start`.
        features: whether those of the target are kept; over several devices they never are.
        jit: whether XLA compiles the steps: see `pi.training.jit`.

    Raises:
        DenoiserError: its output cannot start there.
        MachineError: the batch cannot be divided over the devices.
        PatchError: there are no validation patients.
    """
    validation = validation_set(patches, settings)
    strategy = strategy_for(distribution, settings.batch_size)
    with strategy.scope():
        denoiser = spec.build(settings.seed)
        start_at(denoiser, spec.start(start), _mean_of_target(patches, settings.seed))
        optimizer = scaled(
            keras.optimizers.Adam(adam.learning_rate, adam.beta_1, adam.beta_2, adam.epsilon),
            precision,
        )
        optimizer.build(denoiser.trainable_variables)
    compute_in([denoiser, *frozen_loss.encoders], precision)
    terms = loss_terms(frozen_loss)
    alone = strategy.num_replicas_in_sync == 1 and distribution == "none"
    cache = find_features(features, frozen_loss, patches, settings) if alone else None
    if not alone:
        _say_uncached(features)
    jit = bearable(jit, [denoiser, *frozen_loss.encoders], 1 if alone else 2)
    size = settings.batch_size

    def steps(compiled: bool) -> tuple[StepBegun, NumberedStepBegun | None]:
        plain = begin_train_step(denoiser, optimizer, terms, strategy, size, jit=compiled)
        if cache is None:
            return plain, None
        kept = begin_cached_step(denoiser, optimizer, frozen_loss, size, cache, jit=compiled)
        return plain, kept

    networks = Networks(denoiser, optimizer)
    again = partial(_first_batch_again, patches, settings, schedule.rule(schedule.start()))
    gpu = bool(gpu_kinds())
    settled = settle_jit(jit, networks, lambda compiled: again(*steps(compiled)), gpu)
    begin, begin_cached = steps(settled == "on")
    numbered = begin_cached or (lambda numbers, *batch: begin(*batch))
    return Trainer(
        settings,
        schedule,
        patches,
        validation,
        networks,
        spec,
        denoiser if precision == "float32" else spec.build(settings.seed),
        lambda *batch: begin(*batch)(),
        measure_step(denoiser, terms),
        gradient_measure(denoiser, terms),
        (lambda *batch: begin_cached(*batch)()) if begin_cached else None,
        settled,
        numbered if gpu else None,
    )


def validation_set(patches: PatchPopulation, settings: Settings) -> ValidationSet:
    """Return what is measured after an epoch, within its share of it.

    Args:
        patches: of the training patients.
        settings: how much at most.

    Raises:
        PatchError: there are no validation patients.
    """
    population = patches.of("validation")
    drawn = draw_validation_set(
        population, settings.validation_patches, settings.validation_slices, settings.seed
    )
    volumes = [patches.store.volumes[number] for number, _ in drawn.slices]
    affordable = affordable_patches(
        settings.validation_patches,
        settings.validation_share,
        settings.steps(len(patches)) * settings.batch_size,
        sum(volume.rows * volume.columns for volume in volumes),
        patches.size**2,
        settings.batch_size,
    )
    return draw_validation_set(population, affordable, settings.validation_slices, settings.seed)


def _say_uncached(features: FeaturePlan) -> None:
    """Say that features are not kept, where that was asked for."""
    if features.asked in ("memory", "disk"):
        features.say(
            "warning: `feature_cache` must be off where a batch is divided over devices: features "
            "of the target are computed in every step."
        )


def _first_batch_again(
    patches: PatchPopulation,
    settings: Settings,
    rule: WeightRule,
    begin: StepBegun,
    begin_cached: NumberedStepBegun | None,
) -> Callable[[], object]:
    """Return what trains on the first batch, whenever it is called, and waits for its losses."""
    numbers = next(batch_numbers(len(patches), settings.batch_size, settings.seed, epoch=0))
    both = patches.read_hu(numbers)
    if begin_cached:
        return lambda: begin_cached(numbers, *both, rule)()
    return lambda: begin(*both, rule)()


def _mean_of_target(patches: PatchPopulation, seed: int) -> float:
    """Return the mean of some normal-dose patches in the network's range."""
    numbers = np.random.default_rng(seed).integers(len(patches), size=STARTING_PATCHES)
    return float(patches.read(numbers)[1].mean())
