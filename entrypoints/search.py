"""Search lambda: for the Psi asked for, for validation SSIM, or for both.

Psi is varied in log-odds and turned into lambda by the calibration of each configuration. A trial
is a short training; the worse ones are given up early. Lambda = 0.1, the lambda in print and that
of the target are always tried. The test patients are out of reach here. OPTUNA_STORAGE names the
database of the study (default: optuna.db beside mlflow.db); with PostgreSQL any number of
processes started with the same command work at the same study.
"""

import sys

from entrypoints.parameters import SearchParameters, find_contexts, open_asked
from pi.command_line import numbers, recorded, run


def main(parameters: SearchParameters) -> None:
    """Work at the study until it has its trials, and say what it found."""
    # What is told of parameters and patients waits for no slow import.
    from pi.denoisers import find_denoiser
    from pi.losses.experiments import (
        chosen,
        find_experiments,
        require_influence,
    )
    from pi.losses.input_convention import input_convention
    from pi.search.objective import Objective
    from pi.search.space import find_space

    p = parameters
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    require_influence(experiments)
    ranges = (numbers(p.psi_range, "psi_range"), numbers(p.lambda_range, "lambda_range"))
    space = find_space(p.variable, *ranges, experiments, p.schedules)
    objective = Objective(p.objective, p.target_psi, p.measured, p.tolerance, p.epochs)
    convention = input_convention(p.encoder_input)
    store = open_asked(p, p.fold, "train", "validation")

    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.network.bank import build_bank
    from pi.search.pruning import HalvingOfPairs
    from pi.search.sampler import SeededByTrial
    from pi.search.storage import open_storage, storage_url
    from pi.search.study import open_study
    from pi.search.summary import answer_text, onward_text
    from pi.slices.dose_levels import dose_notes
    from pi.slices.patches import PatchPopulation
    from pi.tracking import study as track
    from pi.tracking.address import farewell, tracking_uri
    from pi.tracking.calibration import log_setup
    from pi.tracking.search import search_tracked, train_arguments
    from pi.tracking.view import save_view
    from pi.training.build import Adam
    from pi.training.fit import Settings
    from pi.training.machine import choose_precision, make_deterministic
    from pi.training.repeated import Bench

    state = track.state_of(p.measured)
    url = storage_url(tracking_uri())
    storage = open_storage(url, tracking_uri())
    spec = find_denoiser(p.denoiser, p.patch_size, p.start)
    choose_precision(p.precision)  # what this machine cannot do is told before any work
    typed = recorded(p)
    if p.deterministic:
        make_deterministic(p.seed)
    for note in dose_notes(store.volumes):
        print(note)
    patches = PatchPopulation(store.without("test"), "train", p.patch_size, p.patch_step, p.grid)
    settings = Settings(
        p.seed, p.epochs, p.batch_size, 0, 60.0, "best_validation_ssim", 0, p.validation_slices,
        p.epoch_steps,
    )  # fmt: skip
    files = find_contexts(p, experiments)
    bank = build_bank(experiments, convention, seed=p.seed, files=files)
    adam = Adam(p.learning_rate, p.beta_1, p.beta_2, p.epsilon)
    bench = Bench(experiments, bank, settings, patches, spec, adam, p.precision, p.start)
    searched, title = track.signature(typed, bench), f"search {p.experiments} on {p.data}"
    study = open_study(
        storage, p.study or track.name_of(searched), searched, objective.directions,
        SeededByTrial(p.seed), HalvingOfPairs(p.reduction, p.prune_below), track.begin(title),
    )  # fmt: skip
    with track.open_search(study, title) as tracked:
        tracked.params(typed)
        log_setup(tracked, typed, patches, experiments)
        found = search_tracked(tracked, study, bench, space, objective, state, p.trials)
        view = save_view(tracked, "search")
    print(answer_text(found))
    print(onward_text(study.study_name, url, train_arguments(tracked.run_id, found)))
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, view))


if __name__ == "__main__":
    sys.exit(run(main, SearchParameters, __doc__ or ""))
