"""A training from where its run stands to its end, every epoch kept as soon as it is known."""

from collections.abc import Sequence

from pi.losses.experiments import Experiment
from pi.progress import counting
from pi.tracking.logged_training import log_result
from pi.tracking.run import Run
from pi.training.checkpoint import Arrays, checkpoint_file, restore_checkpoint, save_checkpoint
from pi.training.epoch_summary import epoch_metrics
from pi.training.fit import Listener, Trainer, fit
from pi.training.state import TrainingState


def fit_kept(
    run: Run, trainer: Trainer, experiments: Sequence[Experiment], target: float | None
) -> TrainingState:
    """Train from where the run stands, log every epoch and the result, return the final state.

    Args:
        run: of the training; its checkpoint lies in a folder of its id. Without one there is none.
        trainer: its parts.
        experiments: the configuration, or none for MSE alone.
        target: the Psi asked for.

    Raises:
        CheckpointError: see `restore_checkpoint`.
        DivergedError: see `fit`.
    """
    layers = experiments[0].encoder.layers if experiments else ()
    file = checkpoint_file(run.run_id) if run.kept else None
    state, best = TrainingState(trainer.schedule.start()), Arrays()
    if file and file.exists():
        state, best = restore_checkpoint(file, trainer.networks)

    def checkpoint(state: TrainingState, best: Arrays) -> None:
        if file:
            save_checkpoint(file, trainer.networks, state, best)

    with counting("training", "step") as bar:
        listener = Listener(
            checkpoint,
            lambda losses: bar.advance(1),
            lambda record: run.metrics(epoch_metrics(record, layers), step=record.epoch),
        )
        state, best = fit(trainer, state, best, listener)
    log_result(run, trainer, state, best, target)
    return state
