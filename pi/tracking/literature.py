"""What the tracking store holds of influence by gradients at the output."""

from collections.abc import Sequence

import pandas as pd

from pi.influence.output_gradient import OutputInfluence
from pi.network.bank import EncoderBank
from pi.tracking.encoder import loss_params, loss_tags
from pi.tracking.run import Run

STAGE = "gradients"
"""Of a nested run of an experiment that has no influence by losses, and so no calibration."""


def log_literature(
    run: Run,
    table: pd.DataFrame,
    gradients: Sequence[OutputInfluence],
    bank: EncoderBank,
    target: float,
) -> None:
    """Log the table of presets, and a nested run for each that has no calibration to be in.

    Args:
        run: the parent.
        table: see `pi.influence.literature.literature_table`.
        gradients: the measurements; without any nothing is logged.
        bank: with the encoders.
        target: Psi_g asked for.
    """
    if not gradients:
        return
    run.table(table, "literature.json")
    for found in reversed(gradients):  # the UI lists the newest first
        experiment = found.experiment
        if not experiment.refusal:
            continue
        with run.child(f"{experiment.name} · {found.state}", STAGE) as child:
            child.params(
                {
                    "experiment": experiment.name,
                    **loss_params(experiment),
                    "state": found.state,
                    "target_psi": target,
                    "encoder_input": bank.input_of(experiment.encoder),
                }
            )
            child.tags(loss_tags(experiment, bank) | {"pi.reason": experiment.refusal})
            child.metrics(gradient_metrics(found, target))


def gradient_metrics(found: OutputInfluence, target: float) -> dict[str, float]:
    """Return influence by gradients by name; NaN where one is not defined."""
    published = found.experiment.published
    metrics = {
        "lambda_by_gradients": found.weight_for(target),
        "gradient_of_image_loss": found.gradients.image,
        "gradient_of_perceptual_loss": found.gradients.perceptual,
        "gradient_cosine": found.gradients.cosine,
        "gradient_patches": found.patches,
    }
    if published:
        metrics["psi_by_gradients_at/published"] = found.gradients.psi(published.value)
    return metrics
