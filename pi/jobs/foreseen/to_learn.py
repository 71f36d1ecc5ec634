"""What calibrating, screening, training, searching and pre-training would take."""

import math
from collections.abc import Sequence

from pi.denoisers import find_denoiser
from pi.jobs.foreseen.data_ahead import data_ahead
from pi.jobs.foreseen.outlook import Outlook, told_patches
from pi.jobs.foreseen.pace import measured, slice_seconds, step_seconds
from pi.losses.experiments import MSE, Experiment, chosen, find_experiments, require_influence
from pi.parameters import (
    CalibrateParameters,
    ScreenParameters,
    SearchParameters,
    TrainParameters,
)
from pi.parameters.learning import LearningParameters
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.states import find_states
from pi.training import plan


def of_train(p: TrainParameters) -> Outlook:
    """Return what `train` would do."""
    asked = plan.weight_asked(p.experiment, p.perceptual_weight, TrainParameters.perceptual_weight)
    plan.find_experiment(p.experiment, plan.weight_source(asked), p.stand_in, p.as_mse_plus)
    find_denoiser(p.denoiser, p.patch_size, p.start)
    data = data_ahead(p, p.fold, "train", "validation")
    lines = (
        f"one run of train: {p.experiment}, lambda {asked}, schedule {p.schedule}, {p.denoiser}",
        f"{p.epochs} epochs; after each {p.validation_slices} validation slices at most",
        *((f"goes on with run {p.resume}",) if p.resume else ()),
    )
    if data.store is None:
        return data.unread(*lines)
    patches = PatchPopulation(data.store, "train", p.patch_size, p.patch_step, p.grid)
    own = "" if p.experiment == MSE else p.experiment
    step, measure = step_seconds(own, p.denoiser, p.patch_size, p.batch_size, p.precision)
    steps = math.ceil(len(patches) / p.batch_size)
    batches = math.ceil(p.validation_patches / p.batch_size)
    epoch = steps * step + batches * measure + _validation(p, data.store)
    told = f"{steps * p.epochs} steps of {p.batch_size} patches, {steps} an epoch"
    return data.before(
        Outlook(
            (told_patches(patches, p.data), *lines, told),
            p.epochs * epoch,
            why=measured(step, "step"),
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
        batches * pace * len(states),
        most=not p.exhaustive,
        why=measured(pace, "batch"),
    ))  # fmt: skip


def of_screen(p: ScreenParameters) -> Outlook:
    """Return what `screen` would do."""
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    names = ", ".join(one.name for one in experiments)
    line = f"one run of screen: {names} on {p.patches} patches, each degraded in seven ways"
    data = data_ahead(p, p.fold, "train")
    if data.store is None:
        return data.unread(line)
    patches = PatchPopulation(data.store, "train", p.patch_size, p.patch_step, p.grid)
    pace = _forward(experiments, p, 8 * p.batch_size)
    return data.before(
        Outlook(
            (told_patches(patches, p.data), line),
            math.ceil(p.patches / p.batch_size) * pace,
            why=measured(pace, "batch"),
        )
    )


def _forward(
    experiments: Sequence[Experiment], p: CalibrateParameters | ScreenParameters, images: int
) -> float:
    """Return the seconds in which so many patches go forward through all of the experiments."""
    return sum(
        step_seconds(one.loss, p.denoiser, p.patch_size, images, "auto")[1]
        for one in experiments
        if not one.refusal
    )


def of_search(p: SearchParameters) -> Outlook:
    """Return what `search` would do: at most, since the worse trials are given up early."""
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
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
    spelt = [one.loss for one in experiments if not one.refusal]
    paces = [
        step_seconds(one, p.denoiser, p.patch_size, p.batch_size, p.precision)[0] for one in spelt
    ]
    step = sum(paces) / max(len(paces), 1)
    trial = p.epochs * (steps * step + _validation(p, data.store))
    return data.before(
        Outlook(
            (told_patches(patches, p.data), line, f"{p.epochs * steps} steps a trial"),
            p.trials * trial,
            most=True,
            why=measured(step, "step"),
        )
    )
