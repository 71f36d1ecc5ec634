"""A configuration of ours calibrated on a store: what `calibrate` does, without a run of MLflow."""

from typing import Any

import numpy as np

from pi.choices import Estimator
from pi.door.calibration import Calibration
from pi.door.extras import needing
from pi.errors import PiError

BATCH = 32


class StoredError(PiError):
    """A calibration on a store that asks for several things where one is wanted."""


def from_store(
    store: str,
    experiment: str,
    target: float,
    state: str,
    estimator: Estimator,
    tolerance: float,
    patch_size: int,
    seed: int,
) -> Calibration:
    """Return the calibration of one experiment on the training patches of a store.

    Args:
        store: ``simulated:PRESET``, or the name of a store that `prepare` made.
        experiment: as the parameter of that name spells it.
        target: Psi asked for.
        state: of the denoiser: ``identity``, ``untrained`` or ``warmup:STEPS``.
        estimator: which Psi is meant.
        tolerance: relative half-width of lambda's interval that is narrow enough.
        patch_size: side of a patch in pixels.
        seed: of the patches, and of a network that is made.

    Raises:
        MissingExtraError: TensorFlow, or what reads stores, is not installed.
        PiError: no such store or experiment, weights that are not there, a Psi that is not defined.
    """
    with needing("platform", "a calibration on a store"):
        return _measured(store, experiment, target, state, estimator, tolerance, patch_size, seed)


def _measured(
    store: str,
    experiment: str,
    target: float,
    state: str,
    estimator: Estimator,
    tolerance: float,
    patch_size: int,
    seed: int,
) -> Calibration:
    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.denoisers import PUBLISHED
    from pi.influence.calibration import calibrate_all
    from pi.influence.measure import patch_facts, patch_measure
    from pi.influence.sampling import Precision
    from pi.influence.weight_units import units_of
    from pi.losses.experiments import find_experiments, require_influence
    from pi.losses.input_convention import RAW255
    from pi.network.bank import build_bank
    from pi.network.state import prepare_denoiser
    from pi.slices.patches import PatchPopulation
    from pi.source import open_data
    from pi.states import find_states

    experiments = find_experiments(experiment)
    require_influence(experiments)
    states = find_states(state)
    if len(experiments) != 1 or len(states) != 1 or states[0].kind in ("logged", "subject"):
        raise StoredError(
            "a calibration here is of one experiment in the state identity, untrained or "
            "warmup:STEPS, but several or a logged one were asked for: use the command calibrate."
        )
    bank = build_bank(experiments, RAW255, seed=seed)
    opened = open_data(store, split="auto", split_seed=seed, study_seed=seed)
    patches = PatchPopulation(opened, "train", patch_size, patch_size, "paper")
    batches = patches.batches(16, np.random.default_rng(seed))
    denoisers = {str(states[0]): prepare_denoiser(states[0], PUBLISHED, seed, batches, _no_run)}
    (found,) = calibrate_all(
        experiments, [bank.reading(experiments[0], patch_size)], list(denoisers),
        patch_measure(patches, denoisers, bank, BATCH, lambda _: None), patches,
        Precision(target, estimator, tolerance, exhaustive=False), "none",
        np.random.default_rng(seed), lambda measured, half_width: None,
        patch_facts(patches, bank.pixels),
    )  # fmt: skip
    units = units_of(found.experiment, bank.input_of(found.experiment.encoder), patch_size)
    return Calibration(
        found.weight, *found.interval, target, found.state, found.losses.image.size,
        found.population, found.image, found.perceptual, estimator, found.heavy_tailed, units,
    )  # fmt: skip


def _no_run(run: str) -> Any:  # noqa: ANN401
    raise StoredError("a calibration here reads no run but one was asked for.")
