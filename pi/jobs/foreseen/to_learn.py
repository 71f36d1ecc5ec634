"""What calibrating, screening, training, searching and pre-training would take."""

import math
from collections.abc import Sequence

from pi.command_line import numbers
from pi.denoisers import find_denoiser
from pi.influence.psi import checked_weight
from pi.jobs.foreseen.data_ahead import data_ahead
from pi.jobs.foreseen.outlook import Outlook, told_patches
from pi.jobs.foreseen.pace import (
    Pace,
    measured,
    measuring_pace,
    slice_seconds,
    start_tensorflow,
    training_pace,
)
from pi.losses.experiments import MSE, Experiment, chosen, find_experiments, require_influence
from pi.parameters import (
    CalibrateParameters,
    ScreenParameters,
    SearchParameters,
    TrainParameters,
)
from pi.parameters.learning import LearningParameters
from pi.parameters.shared import PatchParameters
from pi.search.objective import find_objective, state_measured
from pi.search.space import find_space
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.states import find_states
from pi.training import plan


def of_train(p: TrainParameters) -> Outlook:
    """Return what `train` would do."""
    asked = plan.weight_asked(p.experiment, p.perceptual_weight, TrainParameters.perceptual_weight)
    source = plan.weight_source(asked)
    found = plan.find_experiment(p.experiment, source, p.stand_in, p.as_mse_plus)
    find_denoiser(p.denoiser, p.patch_size, p.start)
    require_encoders(p, found)
    data = data_ahead(p, p.fold, "train", "validation")
    lines = (
        f"one run of train: {p.experiment}, lambda {asked}, schedule {p.schedule}, {p.denoiser}",
        f"{p.epochs} epochs; after each {p.validation_slices} validation slices at most",
        *((f"goes on with run {p.resume}",) if p.resume else ()),
    )
    if data.store is None:
        return data.unread(*lines)
    patches = PatchPopulation(data.store, "train", p.patch_size, p.patch_step, p.grid)
    steps = math.ceil(len(patches) / p.batch_size)
    require_schedule(p, source, steps * p.epochs)
    own = "" if p.experiment == MSE else p.experiment
    what = (own, p.denoiser, p.patch_size, p.batch_size, p.precision)
    step, measure = training_pace(*what), measuring_pace(*what)
    batches = math.ceil(p.validation_patches / p.batch_size)
    seconds = step.taking(steps * p.epochs) + measure.taking(batches * p.epochs)
    told = f"{steps * p.epochs} steps of {p.batch_size} patches, {steps} an epoch"
    return data.before(
        Outlook(
            (told_patches(patches, p.data), *lines, told),
            seconds + p.epochs * _validation(p, data.store),
            why=measured(step.each, "step"),
        )
    )


def _validation(p: LearningParameters, store: Store) -> float:
    return p.validation_slices * slice_seconds(p.denoiser, side_of(store))


def side_of(store: Store) -> int:
    """Return the side of a store's largest slice in pixels."""
    return max(max(volume.rows, volume.columns) for volume in store.volumes)


def of_calibrate(p: CalibrateParameters) -> Outlook:
    """Return what `calibrate` would do: at most, since it ends once lambda is precise enough."""
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    if not p.gradient_patches:
        require_influence(experiments)
    states = find_states(p.states)
    checked_weight(numbers(p.perceptual_weight, "perceptual_weight"))
    find_denoiser(p.denoiser, p.patch_size)
    require_encoders(p, experiments)
    names = ", ".join(one.name for one in experiments)
    line = f"one run of calibrate: {names} for Psi {p.target_psi:g}, states {p.states}"
    data = data_ahead(p, p.fold, "train")
    if data.store is None:
        return data.unread(line)
    patches = PatchPopulation(data.store, "train", p.patch_size, p.patch_step, p.grid)
    batches = math.ceil(len(patches) / p.batch_size)
    pace = _forward(experiments, p, p.batch_size)
    return data.before(Outlook(
        (told_patches(patches, p.data), line, "patches are measured until lambda's interval is "
         f"narrower than {100 * p.tolerance:g} %"),
        pace.taking(batches * len(states)),
        most=not p.exhaustive,
        why=measured(pace.each, "batch"),
    ))  # fmt: skip


def of_screen(p: ScreenParameters) -> Outlook:
    """Return what `screen` would do."""
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    names = ", ".join(one.name for one in experiments)
    require_influence(experiments)
    require_encoders(p, experiments)
    line = f"one run of screen: {names} on {p.patches} patches, each degraded in seven ways"
    data = data_ahead(p, p.fold, "train")
    if data.store is None:
        return data.unread(line)
    patches = PatchPopulation(data.store, "train", p.patch_size, p.patch_step, p.grid)
    pace = _forward(experiments, p, 8 * p.batch_size)
    return data.before(
        Outlook(
            (told_patches(patches, p.data), line),
            pace.taking(math.ceil(p.patches / p.batch_size)),
            why=measured(pace.each, "batch"),
        )
    )


def _forward(
    experiments: Sequence[Experiment], p: CalibrateParameters | ScreenParameters, images: int
) -> Pace:
    """Return the pace of so many patches going forward through all of the experiments."""
    found = [
        measuring_pace(one.loss, p.denoiser, p.patch_size, images, "auto")
        for one in experiments
        if not one.refusal
    ]
    return Pace(sum(one.first for one in found), sum(one.each for one in found))


def of_search(p: SearchParameters) -> Outlook:
    """Return what `search` would do: at most, since the worse trials are given up early."""
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    require_influence(experiments)
    ranges = (numbers(p.psi_range, "psi_range"), numbers(p.lambda_range, "lambda_range"))
    find_space(p.variable, *ranges, experiments, p.schedules)
    find_objective(p.objective, p.subject_to, p.target_psi, p.measured, p.tolerance, p.epochs)
    state_measured(p.measured)
    find_denoiser(p.denoiser, p.patch_size, p.start)
    require_encoders(p, experiments)
    line = (
        f"one run of search, with {p.trials} trials nested in it: objective {p.objective}, "
        f"{p.epochs} epochs each"
    )
    data = data_ahead(p, p.fold, "train", "validation")
    if data.store is None:
        return data.unread(line)
    patches = PatchPopulation(data.store, "train", p.patch_size, p.patch_step, p.grid)
    whole = math.ceil(len(patches) / p.batch_size)
    steps = min(p.epoch_steps or whole, whole)
    paces = [
        training_pace(one.loss, p.denoiser, p.patch_size, p.batch_size, p.precision)
        for one in experiments
    ]
    step = sum(one.each for one in paces) / len(paces)
    trial = p.epochs * (steps * step + _validation(p, data.store))
    first = sum(one.first for one in paces)
    return data.before(
        Outlook(
            (told_patches(patches, p.data), line, f"{p.epochs * steps} steps a trial"),
            first + p.trials * trial,
            most=True,
            why=measured(step, "step"),
        )
    )


def require_encoders(p: PatchParameters, experiments: Sequence[Experiment]) -> None:
    """Refuse experiments whose encoders are not to be had.

    Raises:
        PiError: see `pi.jobs.contexts.find_encoders`.
    """
    start_tensorflow()
    from pi.jobs.contexts import asked_encoders

    asked_encoders(p, experiments)


def require_schedule(p: TrainParameters, source: plan.WeightSource, steps: int) -> None:
    """Refuse a lambda and a schedule that do not go together, as far as lambda is known.

    Raises:
        PiError: see `pi.training.plan.make_schedule`.
    """
    from pi.jobs.trained.starting_weight import start_ahead

    plan.make_schedule(p.schedule, start_ahead(source), p.warmup_steps, p.final_psi, steps, p.seed)
