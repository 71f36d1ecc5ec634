"""A training from where its run stands to its end, every epoch kept as soon as it is known."""

from collections.abc import Sequence

from pi.jobs.trained.checkpoints import Checkpoints
from pi.losses.experiments import Experiment
from pi.progress import counting
from pi.tracking.logged_training import log_result
from pi.training.checkpoint import Arrays
from pi.training.epoch_summary import epoch_metrics
from pi.training.fit import Listener, Trainer, fit
from pi.training.state import TrainingState


def fit_kept(
    checkpoints: Checkpoints,
    trainer: Trainer,
    experiments: Sequence[Experiment],
    target: float | None,
) -> TrainingState:
    """Train from where the run stands, log every epoch and the result, return the final state.

    Args:
        checkpoints: of the run, which is gone on with from there.
        trainer: its parts.
        experiments: the configuration, or none for MSE alone.
        target: the Psi asked for.

    Raises:
        CheckpointError: see `Checkpoints.restore`.
        DivergedError: see `fit`.
    """
    layers = experiments[0].encoder.layers if experiments else ()
    run = checkpoints.run
    found = checkpoints.restore(trainer.networks)
    state, best = found or (TrainingState(trainer.schedule.start()), Arrays())
    with counting("training", "step") as bar:
        listener = Listener(
            lambda state, best: checkpoints.save(trainer.networks, state, best),
            lambda losses: bar.advance(1),
            lambda record: run.metrics(epoch_metrics(record, layers), step=record.epoch),
        )
        state, best = fit(trainer, state, best, listener)
    log_result(run, trainer, state, best, target)
    return state
