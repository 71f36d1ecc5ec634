"""What the tracking store holds of a training."""

from collections.abc import Sequence

import numpy as np

from pi.evaluation.doing_nothing import KEPT
from pi.figures.denoised_slices import grey_levels
from pi.figures.training_influence import draw_history, history_table, influence_history
from pi.losses.experiments import Experiment
from pi.network.bank import EncoderBank
from pi.slices.intensity import denormalise
from pi.tracking.kept_denoiser import log_weights
from pi.tracking.loss_facts import loss_params, loss_tags
from pi.tracking.records import DENOISER
from pi.tracking.run import Run
from pi.training.checkpoint import Arrays
from pi.training.epoch_summary import asked_text, gradient_table, note
from pi.training.fit import Trainer
from pi.training.plan import StartingWeight
from pi.training.state import TrainingState
from pi.training.validation import Triple

LAST = "last"
"""Folder of artifacts with the weights of the last epoch, whichever epoch was kept."""


def log_start(
    run: Run,
    start: StartingWeight,
    experiments: Sequence[Experiment],
    bank: EncoderBank,
    precision: str,
) -> None:
    """Log what a training begins with: its lambda, its encoder, its number format.

    Args:
        run: of the training.
        start: the first lambda.
        experiments: the configuration, or none for MSE alone.
        bank: with its encoder.
        precision: of the convolutions.
    """
    run.params({"lambda": f"{start.weight:.6g}"})
    run.tags({"pi.precision": precision})
    if start.target is not None:
        run.params({"target_psi": start.target})
    for experiment in experiments:
        run.params(loss_params(experiment))
        run.tags(loss_tags(experiment, bank))


PICTURED = 2
"""Validation slices that are kept as images of every epoch: the first, and they stay the same."""


def log_progress(
    run: Run, epoch: int, number: int, images: Triple, window: tuple[float, float]
) -> None:
    """Log low dose, denoised and normal dose of a validation slice side by side.

    They are pixels: of a patient only where the user asked for it.

    Args:
        run: of the training.
        epoch: the step of the image.
        number: of the slice.
        images: of it.
        window: HU from black to white, the same for every epoch and run.
    """
    beside = np.hstack([grey_levels(denormalise(image), window) for image in images])
    run.image(beside, f"validation/slice{number}", step=epoch)


def log_result(
    run: Run,
    trainer: Trainer,
    state: TrainingState,
    best: Arrays,
    target: float | None,
    low_dose: float,
) -> None:
    """Log what a training ends with: the weights kept and the last, figure, tables, note.

    Args:
        run: of the training.
        trainer: its parts.
        state: after the last epoch.
        best: the weights that are kept.
        target: the Psi asked for.
        low_dose: validation SSIM of the low dose itself.
    """
    last, kept = state.history[-1], state.history[state.best_epoch - 1]
    final = {"kept_epoch": state.best_epoch, KEPT: kept.ssim}
    if target is not None:
        drift = 100 * (last.training.metrics(())["psi"] - target)
        final |= {"psi_drift": drift, "psi_drift_abs": abs(drift)}
    run.metrics(final)
    if any(record.weight > 0 for record in state.history):  # MSE alone has no influence to draw
        history = influence_history(state.history, trainer.steps)
        data = history_table(history)
        run.figure(draw_history(history, target), "influence_over_epochs", data)
    run.table(gradient_table([g for r in state.history for g in r.gradients]), "gradients.json")
    run.note(note(state, asked_text(trainer.schedule, target), low_dose))
    for folder, weights in ((LAST, trainer.networks.arrays()[0]), (DENOISER, best)):
        trainer.twin.set_weights(weights)
        log_weights(run, trainer.twin, trainer.spec, folder)
