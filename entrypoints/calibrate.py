"""Measure how much a perceptual loss would dominate training, and set lambda by it.

Algorithm 2 of the paper on random patches of the training patients: for each configuration the
curve Psi(lambda), and the lambda that gives the influence asked for, with its 95 % interval. For
presets of the literature also the influence by gradients, which adversarial ones have alone.
Everything is kept in MLflow; MLFLOW_TRACKING_URI says where (default: mlflow.db in this folder).
"""

import sys

from entrypoints.parameters import CalibrateParameters, find_contexts, open_asked
from pi.command_line import numbers, recorded, run


def main(parameters: CalibrateParameters) -> None:
    """Calibrate, log, and say what came out and where it is."""
    # Slow to import, and --help needs none of it.
    import numpy as np

    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.denoisers import find_denoiser
    from pi.influence.calibration import calibrate_all
    from pi.influence.literature import literature_table, literature_text
    from pi.influence.measure import patch_measure
    from pi.influence.output_gradient import output_influences
    from pi.influence.psi import checked_weight
    from pi.influence.sampling import Precision
    from pi.influence.table import summary_text
    from pi.losses.experiments import (
        chosen,
        find_experiments,
        require_influence,
    )
    from pi.losses.input_convention import input_convention
    from pi.network.bank import build_bank
    from pi.network.state import find_states, prepare_denoiser
    from pi.progress import counting
    from pi.slices.dose_levels import dose_notes
    from pi.slices.parts import OF_ONE
    from pi.slices.patches import PatchPopulation
    from pi.tracking.address import farewell
    from pi.tracking.calibration import log_calibrations, log_setup
    from pi.tracking.literature import log_literature
    from pi.tracking.model import fetch_denoiser
    from pi.tracking.run import open_run
    from pi.tracking.view import save_view

    p = parameters
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    by_losses = [e for e in experiments if not e.refusal]
    by_gradients = [e for e in experiments if p.gradient_patches and (e.preset or e.refusal)]
    if not p.gradient_patches:
        require_influence(experiments)
    states, spec = find_states(p.states), find_denoiser(p.denoiser, p.patch_size)
    convention = input_convention(p.encoder_input)
    asked = checked_weight(numbers(p.perceptual_weight, "perceptual_weight")).tolist()
    precision = Precision(p.target_psi, p.estimator, p.tolerance, p.exhaustive)

    typed = recorded(p)
    with open_run("calibrate", f"calibrate {p.experiments} on {p.data}") as tracked:
        tracked.params(typed)
        files = find_contexts(p, experiments)
        bank = build_bank(experiments, convention, seed=p.seed, files=files)
        store = open_asked(p, p.fold)
        patches = PatchPopulation(store, "train", p.patch_size, p.patch_step, p.grid)
        log_setup(tracked, typed, patches, experiments)
        denoisers = {}
        for s in states:  # each with batches of its own: no state depends on the others
            batches = patches.batches(16, np.random.default_rng(p.seed))
            denoisers[str(s)] = prepare_denoiser(s, spec, p.seed, batches, fetch_denoiser)
        own = bank.only(by_losses)
        with counting("measuring", "patch") as bar:
            calibrations = calibrate_all(
                by_losses, [own.reading(e, p.patch_size) for e in by_losses], list(denoisers),
                patch_measure(patches, denoisers, own, p.batch_size, bar.advance), patches,
                precision, p.rounding, np.random.default_rng(p.seed),
                lambda _, width: bar.note(f"lambda within {100 * np.expm1(width):.1f} %"),
            )  # fmt: skip
        with counting("measuring gradients", "patch") as bar:
            drawn = np.random.default_rng(p.seed).permutation(len(patches))[: p.gradient_patches]
            gradients = output_influences(
                by_gradients, bank.only(by_gradients), denoisers, patches, drawn, p.batch_size,
                bar.advance,
            )  # fmt: skip
        table = literature_table(calibrations, gradients, p.patch_size, p.target_psi)
        log_literature(tracked, table, gradients, bank, p.target_psi)
        if calibrations:
            log_calibrations(
                tracked, calibrations, bank, spec, denoisers, patches, asked, gradients
            )
        view = save_view(tracked, "calibrate")
    for note in dose_notes(store.volumes):
        print(note)
    if calibrations:
        print(summary_text(calibrations, asked))
    if len(patches.patients) == 1:
        print(f"warning: {OF_ONE}.")
    if gradients:
        print(literature_text(table, by_gradients, p.target_psi))
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, view))


if __name__ == "__main__":
    sys.exit(run(main, CalibrateParameters, __doc__ or ""))
