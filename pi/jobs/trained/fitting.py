"""A training from where its run stands to its end, every epoch kept as soon as it is known."""

import time
from collections.abc import Sequence

from pi.evaluation.doing_nothing import LOW_DOSE, before_sentence
from pi.jobs.trained.checkpoints import EVERY_EPOCH, Checkpoints
from pi.losses.experiments import Experiment
from pi.progress import counting, time_left
from pi.tracking.logged_training import PICTURED, log_progress, log_result
from pi.tracking.tracker import Say
from pi.training.checkpoint import Arrays
from pi.training.epoch_summary import epoch_line, epoch_metrics, losses_so_far
from pi.training.fit import Listener, Trainer, fit
from pi.training.state import EpochRecord, TrainingState, mean_ssim
from pi.training.validation import Triple, low_dose_ssims


def fit_kept(
    checkpoints: Checkpoints,
    trainer: Trainer,
    experiments: Sequence[Experiment],
    target: float | None,
    say: Say,
    window: tuple[float, float] | None = None,
) -> tuple[TrainingState, float]:
    """Train from where the run stands, log every epoch and the result.

    What doing nothing is worth is said before the first epoch and beside every one.

    Args:
        checkpoints: of the run, which is gone on with from there.
        trainer: its parts.
        experiments: the configuration, or none for MSE alone.
        target: the Psi asked for.
        say: told what the output is worth.
        window: HU from black to white of the slices that are kept as images; None: none are.

    Returns:
        The final state, and the validation SSIM of the low dose itself.

    Raises:
        CheckpointError: see `Checkpoints.restore`.
        DivergedError: see `fit`.
    """
    layers = experiments[0].encoder.layers if experiments else ()
    run = checkpoints.run
    found = checkpoints.restore(trainer.networks)
    state, best = found or (TrainingState(trainer.schedule.start()), Arrays())
    for record in state.history[-1:]:  # it was kept, but perhaps not logged any more
        if run.step_of(EVERY_EPOCH) < record.epoch:
            run.metrics(epoch_metrics(record, layers), step=record.epoch)

    def checkpoint(state: TrainingState, best: Arrays) -> None:
        checkpoints.save(trainer.networks, state, best)

    low_dose = mean_ssim(low_dose_ssims(trainer.validation))
    run.metrics({LOW_DOSE: low_dose})
    say(before_sentence(low_dose))

    epochs, begun, before = trainer.settings.epochs, time.monotonic(), state.epoch
    steps = trainer.settings.total_steps(len(trainer.patches))
    with counting("training", "step", steps) as bar:
        bar.start_at(state.epoch * trainer.steps + state.step)

        def epoch_done(record: EpochRecord) -> None:
            run.metrics(epoch_metrics(record, layers), step=record.epoch)
            gone, done = time.monotonic() - begun, record.epoch - before
            left = time_left(gone, done, epochs - before)
            say(epoch_line(record, epochs, left, low_dose))
            bar.note(" · ".join(losses_so_far(record.training)))

        def slice_seen(epoch: int, number: int, images: Triple) -> None:
            if window is not None and number <= PICTURED:
                log_progress(run, epoch, number, images, window)

        listener = Listener(checkpoint, lambda losses: bar.advance(1), epoch_done, slice_seen)
        state, best = fit(trainer, state, best, listener)
    log_result(run, trainer, state, best, target, low_dose)
    return state, low_dose
