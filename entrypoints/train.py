"""Train a denoiser on MSE + lambda * perceptual loss, and watch how much of it is perceptual.

Eq. (4) of the paper with its Table 2 as defaults. lambda is a number, or calibrated for an
influence. What the influence becomes while the network learns, by losses and by gradients, is kept
in MLflow with the weights. Stopped in any way, `--resume RUN` goes on where it was.
"""

import sys

from entrypoints.parameters import TrainParameters, find_contexts, open_asked, recall
from pi.command_line import recorded, run


def main(parameters: TrainParameters) -> None:
    """Train, log, and say what came out and where it is."""
    # What is told of parameters and patients waits for no slow import.
    from pi.denoisers import find_denoiser
    from pi.losses.input_convention import input_convention
    from pi.training import plan

    p = parameters
    source = plan.weight_source(p.perceptual_weight)
    experiments = plan.find_experiment(p.experiment, source, p.stand_in, p.as_mse_plus)
    convention = input_convention(p.encoder_input)
    spec = find_denoiser(p.denoiser, p.patch_size, p.start)
    store = open_asked(p, p.fold, "train", "validation")

    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.network.bank import Judge, build_bank
    from pi.slices.dose_levels import dose_notes
    from pi.slices.patches import PatchPopulation
    from pi.tracking.address import farewell
    from pi.tracking.calibration import log_setup
    from pi.tracking.model import log_denoiser
    from pi.tracking.resume import require_resumable, require_same_data
    from pi.tracking.run import open_run
    from pi.tracking.starting_weight import log_start, made_of, starting_weight
    from pi.tracking.training import train_tracked
    from pi.tracking.view import save_view
    from pi.training import build
    from pi.training.fidelity import settle_precision
    from pi.training.fit import Settings
    from pi.training.machine import choose_precision, make_deterministic
    from pi.training.summary import summary_text

    choose_precision(p.precision)  # what this machine cannot do is told before any work
    typed = recorded(p)
    require_resumable("train", p.resume, typed)
    if p.deterministic:
        make_deterministic(p.seed)
    for note in dose_notes(store.volumes):
        print(note)
    patches = PatchPopulation(store, "train", p.patch_size, p.patch_step, p.grid)
    settings = Settings(
        p.seed, p.epochs, p.batch_size, p.gradient_every, p.checkpoint_minutes, p.keep,
        p.validation_patches, p.validation_slices,
    )  # fmt: skip
    require_same_data(p.resume, store.digest)
    with open_run("train", f"train {p.experiment} on {p.data}", p.resume) as tracked:
        tracked.params({name: value for name, value in typed.items() if name != "resume"})
        log_setup(tracked, typed, patches, experiments)
        files = find_contexts(p, experiments)
        bank = build_bank(experiments, convention, seed=p.seed, files=files)
        judge = bank.judge(experiments[0], p.patch_size) if experiments else Judge()
        precision = settle_precision(p.precision, judge, patches, p.seed)
        start = starting_weight(
            tracked, source, made_of(experiments, bank, store.digest, p.schedule),
            lambda psi: build.calibrate_first(experiments[0], bank, patches, settings, psi),
        )  # fmt: skip
        log_start(tracked, start, experiments, bank, precision)
        trainer = build.build_trainer(
            settings, plan.make_schedule(
                p.schedule, start, p.warmup_steps, p.final_psi,
                settings.total_steps(len(patches)), p.seed,
            ), patches, judge, spec,
            build.Adam(p.learning_rate, p.beta_1, p.beta_2, p.epsilon), precision, p.distribution,
            start=p.start,
        )  # fmt: skip
        state = train_tracked(tracked, trainer, experiments, start.target)
        log_denoiser(tracked, trainer.judge, spec, store)
    print(summary_text(state, start.target))
    print(farewell(tracked.uri, tracked.experiment_id, tracked.run_id, save_view(tracked, "train")))


if __name__ == "__main__":
    sys.exit(run(main, TrainParameters, __doc__ or "", recall=recall))
