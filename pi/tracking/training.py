"""What the tracking store holds of a training."""

from collections.abc import Sequence

from pi.figures.training_influence import draw_history, history_table, influence_history
from pi.losses.experiments import Experiment
from pi.progress import counting
from pi.tracking.earlier import DENOISER
from pi.tracking.model import log_weights
from pi.tracking.run import Run
from pi.training.checkpoint import Arrays, checkpoint_file, restore_checkpoint, save_checkpoint
from pi.training.fit import Listener, Trainer, fit
from pi.training.state import TrainingState
from pi.training.summary import epoch_metrics, gradient_table, note

LAST = "last"
"""Folder of artifacts with the weights of the last epoch, whichever epoch was kept."""


def train_tracked(
    run: Run, trainer: Trainer, experiments: Sequence[Experiment], target: float | None
) -> TrainingState:
    """Train from where the run stands, log every epoch and the result, return the final state.

    Args:
        run: of the training; its checkpoint lies in a folder of its id.
        trainer: its parts.
        experiments: the configuration, or none for MSE alone.
        target: the Psi asked for.

    Raises:
        CheckpointError: see `restore_checkpoint`.
        DivergedError: see `fit`.
    """
    layers = experiments[0].encoder.layers if experiments else ()
    file = checkpoint_file(run.run_id)
    state, best = TrainingState(trainer.schedule.start()), Arrays()
    if file.exists():
        state, best = restore_checkpoint(file, trainer.networks)
    with counting("training", "step") as bar:
        listener = Listener(
            lambda state, best: save_checkpoint(file, trainer.networks, state, best),
            lambda losses: bar.advance(1),
            lambda record: run.metrics(epoch_metrics(record, layers), step=record.epoch),
        )
        state, best = fit(trainer, state, best, listener)
    log_result(run, trainer, state, best, target)
    return state


def log_result(
    run: Run, trainer: Trainer, state: TrainingState, best: Arrays, target: float | None
) -> None:
    """Log what a training ends with: the weights kept and the last, figure, tables, note.

    Args:
        run: of the training.
        trainer: its parts.
        state: after the last epoch.
        best: the weights that are kept.
        target: the Psi asked for.
    """
    last, kept = state.history[-1], state.history[state.best_epoch - 1]
    final = {"kept_epoch": state.best_epoch, "kept/ssim": kept.ssim}
    if target is not None:
        drift = 100 * (last.training.metrics(())["psi"] - target)
        final |= {"psi_drift": drift, "psi_drift_abs": abs(drift)}
    run.metrics(final)
    if any(record.weight > 0 for record in state.history):  # MSE alone has no influence to draw
        history = influence_history(state.history, trainer.steps)
        data = history_table(history)
        run.figure(draw_history(history, target), "influence_over_epochs", data)
    run.table(gradient_table([g for r in state.history for g in r.gradients]), "gradients.json")
    run.note(note(state, target))
    for folder, weights in ((LAST, trainer.networks.arrays()[0]), (DENOISER, best)):
        trainer.judge.set_weights(weights)
        log_weights(run, trainer.judge, trainer.spec, folder)
