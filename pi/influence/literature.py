"""The presets of the literature side by side on one data set: the table that no paper has."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pi.digits import number, percent
from pi.influence.calibration import ExperimentCalibration
from pi.influence.output_gradient import OutputInfluence
from pi.losses.experiments import Experiment
from pi.text_table import aligned

CRITIC_SAID = (
    "Psi_g of an adversarial preset: no critic is at hand; the length of its gradient is taken as "
    "1 per patch,\nwhich holds at the gradient penalty's optimum (Gulrajani 2017, Proposition 1)"
)


def literature_table(
    calibrations: Sequence[ExperimentCalibration],
    gradients: Sequence[OutputInfluence],
    patch_size: int,
    target: float,
) -> pd.DataFrame:
    """Return one row a (experiment, state) whose influence by gradients was measured.

    Columns: ``experiment``, ``evidence``, ``state``, ``loss``, ``published`` (lambda in print, in
    the units of its own loss), ``psi`` and ``psi_g`` that it gives here, ``lambda`` and
    ``lambda_g`` that would give the target by losses and by gradients, and ``mean_units``, by
    which each of these lambdas is multiplied for a loss that is a mean over features. What is not
    defined is NaN.

    Args:
        calibrations: by losses, of those experiments for which it is defined.
        gradients: by gradients, of all.
        patch_size: in pixels.
        target: influence asked for.
    """
    by_losses = {(c.experiment.name, c.state): c for c in calibrations}
    rows = []
    for found in gradients:
        e = found.experiment
        calibration = by_losses.get((e.name, found.state))
        weight = e.published.value if e.published else np.nan
        known = calibration is not None and e.published is not None
        rows.append(
            {
                "experiment": e.name,
                "evidence": e.preset.evidence if e.preset else "",
                "state": found.state,
                "loss": e.loss,
                "published": weight,
                "psi": float(calibration.psi_of_sums(weight)) if calibration and known else np.nan,
                "psi_g": found.gradients.psi(weight) if e.published else np.nan,
                "lambda": calibration.exact_weight if calibration else np.nan,
                "lambda_g": found.weight_for(target),
                "mean_units": e.distance.mean_units(e.encoder, patch_size),
                "patches": found.patches,
            }
        )
    return pd.DataFrame(rows)


def literature_text(table: pd.DataFrame, experiments: Sequence[Experiment], target: float) -> str:
    """Return `literature_table` for a terminal, then why a cell is empty and what is assumed."""
    asked = f"{100 * target:g} %"
    titles = ["experiment", "evidence", "state", "lambda in print", "Psi", "Psi_g"]
    titles += [f"lambda for Psi = {asked}", f"lambda for Psi_g = {asked}"]
    rows = [
        [
            row.experiment,
            row.evidence,
            row.state,
            _weight(row.published, row.mean_units),
            _percent(row.psi),
            _percent(row.psi_g),
            _weight(row["lambda"], row.mean_units),
            _weight(row.lambda_g, row.mean_units),
        ]
        for _, row in table.iterrows()
    ]
    reasons: dict[str, list[str]] = {}
    for e in experiments:
        if e.refusal:
            reasons.setdefault(e.refusal, []).append(e.name)
    refused = [f"no Psi for {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    assumed = [f"{e.name}: {e.assumptions}" for e in experiments if e.assumptions]
    return "\n".join(
        [
            "influence of each lambda in print, by losses (Psi) and by gradients at the output "
            "(Psi_g);",
            "lambdas are in the units of each loss, in brackets in means over features:",
            aligned([titles, *rows]),
            "",
            *([*refused, CRITIC_SAID, ""] if refused else []),
            *assumed,
            "",
        ]
    )


def _weight(value: float, mean_units: float) -> str:
    if not np.isfinite(value):
        return "-"
    if mean_units == 1 or not np.isfinite(mean_units):
        return number(value)
    return f"{number(value)} ({number(value * mean_units)})"


def _percent(share: float) -> str:
    return percent(share) if np.isfinite(share) else "-"
