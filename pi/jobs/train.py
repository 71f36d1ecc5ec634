"""A denoiser trained on MSE + lambda * perceptual loss, its influence watched."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pi.command_line import recorded
from pi.denoisers import DenoiserSpec, find_denoiser
from pi.jobs.called import training_name
from pi.jobs.opening import notes_of, open_asked
from pi.jobs.result import Kept, Result, joined
from pi.losses.experiments import Experiment
from pi.losses.input_convention import input_convention
from pi.parameters import TrainParameters
from pi.slices.patches import PatchPopulation
from pi.tracking.tracker import UNTRACKED, Tracker
from pi.training import plan

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    import keras

    from pi.network.bank import EncoderBank
    from pi.tracking.run import Run
    from pi.training.cached_step import FeaturePlan
    from pi.training.fit import Trainer
    from pi.training.jit import JitPlan
    from pi.training.state import TrainingState

JIT = "pi.jit"
"""Tag of a run: on or off, whether XLA compiled its steps; a resumed one stays with it."""


@dataclass(frozen=True, repr=False)
class TrainingResult(Result):
    """A training that came to its end.

    Attributes:
        state: after the last epoch, with every epoch's record.
        target: Psi that was asked for; None of a lambda that was given as a number.
        denoiser: the network, with the weights that are kept.
        summary: the result in a line.
        kept: where the run is.
    """

    state: "TrainingState" = field(repr=False)
    target: float | None
    denoiser: "keras.Model" = field(repr=False)
    summary: str
    kept: Kept

    @property
    def headline(self) -> str:
        """Which epoch was kept, how good it is, and what the influence became."""
        return self.summary

    def text(self) -> str:
        """Return the result and where the run is."""
        return joined(self.summary, self.kept.text())


def train(parameters: TrainParameters, tracker: Tracker = UNTRACKED) -> TrainingResult:
    """Train, or go on with a training; what the influence becomes is kept epoch by epoch.

    Raises:
        PiError: something that was asked for cannot be had, or the training diverges.
    """
    asked = plan.weight_asked(
        parameters.experiment, parameters.perceptual_weight, TrainParameters.perceptual_weight
    )
    p = replace(parameters, perceptual_weight=asked)
    source = plan.weight_source(p.perceptual_weight)
    experiments = plan.find_experiment(p.experiment, source, p.stand_in, p.as_mse_plus)
    convention = input_convention(p.encoder_input)
    spec = find_denoiser(p.denoiser, p.patch_size, p.start)
    store = open_asked(p, p.fold, "train", "validation")
    patches = PatchPopulation(store, "train", p.patch_size, p.patch_step, p.grid)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.figures.slice_row import WINDOWS
    from pi.jobs.agreement import require_resumable, require_same_data
    from pi.jobs.contexts import find_encoders
    from pi.jobs.trained.checkpoints import Checkpoints
    from pi.jobs.trained.fitting import fit_kept
    from pi.jobs.trained.starting_weight import start_ahead
    from pi.tracking.kept_denoiser import log_denoiser
    from pi.tracking.logged_calibration import log_setup
    from pi.tracking.saved_view import save_view
    from pi.training.cached_step import FeaturePlan
    from pi.training.epoch_summary import asked_text, summary_text
    from pi.training.jit import JitPlan, Settled
    from pi.training.machine import machine_notes, make_deterministic

    encoders = find_encoders(experiments, convention, p.seed, p.medical_weights, p.patch_size)
    typed = recorded(p)
    require_resumable("train", p.resume, recorded(parameters))
    require_same_data(p.resume, store.digest)
    steps = p.epochs * math.ceil(len(patches) / p.batch_size)
    plan.make_schedule(
        p.schedule, start_ahead(source), p.warmup_steps, p.final_psi, steps, p.seed
    )  # which is made again once lambda is known: what is wrong with it is told now
    if p.deterministic:
        make_deterministic(p.seed)
    for note in (*notes_of(store), *machine_notes(p.precision, p.distribution)):
        tracker.say(note)
    name = training_name(p, target=source.target, weight=source.number or 0.0)
    with tracker.open("train", name, p.resume) as run:
        run.params({name: value for name, value in typed.items() if name != "resume"})
        log_setup(run, typed, patches, experiments)
        bank = encoders.bank(tracker.say)
        features = FeaturePlan(p.feature_cache, p.feature_cache_gib, say=tracker.say)
        settled = run.tag(JIT) if p.resume else ""
        known: dict[str, Settled] = {"on": "on", "off": "off"}
        jit = JitPlan(p.jit, known.get(settled), p.deterministic, tracker.say)
        trainer, target = _trainer(p, run, source, experiments, bank, patches, spec, features, jit)
        run.tags({JIT: trainer.jit})
        checkpoints = Checkpoints(run, p.checkpoint_to)
        shown = WINDOWS[p.window] if store.simulated or p.log_images else None
        state, low_dose = fit_kept(checkpoints, trainer, experiments, target, tracker.say, shown)
        log_denoiser(run, trainer.twin, spec, store)
        kept = Kept.of(run, save_view(run, "train"))
        if not p.keep_checkpoints:
            checkpoints.remove()
    summary = summary_text(state, asked_text(trainer.schedule, target), low_dose)
    return TrainingResult(state, target, trainer.twin, summary, kept)


def _trainer(
    p: TrainParameters,
    run: "Run",
    source: plan.WeightSource,
    experiments: Sequence[Experiment],
    bank: "EncoderBank",
    patches: PatchPopulation,
    spec: DenoiserSpec,
    features: "FeaturePlan",
    jit: "JitPlan",
) -> "tuple[Trainer, float | None]":
    """Return the parts of the training and the Psi aimed at; log what it starts from."""
    from pi.jobs.trained.starting_weight import made_of, starting_weight
    from pi.network.bank import FrozenLoss
    from pi.tracking.logged_training import log_start
    from pi.training import build
    from pi.training.fidelity import settle_precision
    from pi.training.fit import Settings
    from pi.training.machine import divided_precision

    settings = Settings(
        p.seed, p.epochs, p.batch_size, p.gradient_every, p.checkpoint_minutes, p.keep,
        p.validation_patches, p.validation_slices, validation_share=p.validation_share,
    )  # fmt: skip
    frozen_loss = bank.loss_of(experiments[0], p.patch_size) if experiments else FrozenLoss()
    asked = divided_precision(p.precision, p.distribution)
    precision = settle_precision(asked, frozen_loss, patches, p.seed)
    start = starting_weight(
        run, source, made_of(experiments, bank, patches.store.digest, p.schedule),
        lambda psi: build.calibrate_first(experiments[0], bank, patches, settings, psi),
    )  # fmt: skip
    log_start(run, start, experiments, bank, precision)
    run.rename(training_name(p, target=start.target, weight=start.weight))
    schedule = plan.make_schedule(
        p.schedule, start, p.warmup_steps, p.final_psi, settings.total_steps(len(patches)), p.seed
    )
    adam = build.Adam(p.learning_rate, p.beta_1, p.beta_2, p.epsilon)
    trainer = build.build_trainer(
        settings,
        schedule,
        patches,
        frozen_loss,
        spec,
        adam,
        precision,
        p.distribution,
        start=p.start,
        features=features,
        jit=jit,
    )
    return trainer, start.target
