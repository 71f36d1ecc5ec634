"""A calibration as numbers with names, as a tracking store keeps them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pi.influence.calibration import ExperimentCalibration


def calibration_metrics(
    calibration: ExperimentCalibration, asked: Sequence[float]
) -> dict[str, float]:
    """Return every number of a calibration by name.

    Args:
        calibration: which.
        asked: lambdas whose Psi is told, too.
    """
    low, high = calibration.interval
    published = calibration.experiment.published
    layers = calibration.experiment.encoder.layers
    metrics = {
        "psi": float(calibration.psi_of_sums(calibration.weight)),
        "psi_eq5": float(calibration.psi_of_ratios(calibration.weight)),
        "lambda": calibration.weight,
        "log10_lambda": float(np.log10(calibration.weight)),
        "lambda_exact": calibration.exact_weight,
        "lambda_low": low,
        "lambda_high": high,
        "log_lambda_half_width": calibration.half_width,
        "image_loss": calibration.image,
        "image_loss_sum": calibration.losses.total(calibration.losses.image),
        "perceptual_loss_sum": calibration.losses.total(calibration.losses.perceptual),
        "perceptual_loss": calibration.perceptual,
        "patches": calibration.losses.image.size,
        "patches_in_training_set": calibration.population,
        "patches_degenerate": calibration.degenerate,
        "heavy_tailed": float(calibration.heavy_tailed),
    }
    metrics |= {f"psi_at/{w:g}": float(calibration.psi_of_sums(w)) for w in asked}
    if published is not None:
        metrics["psi_at/published"] = float(calibration.psi_of_sums(published.value))
    metrics |= {
        f"psi_of_layer/{layer}": float(share)
        for layer, share in zip(layers, calibration.shares, strict=True)
    }
    for stratum in calibration.strata:
        place = stratum.reconstruction.spelt
        metrics |= {f"psi_in/{place}": stratum.psi, f"lambda_in/{place}": stratum.weight}
    return metrics


def curve_series(curve: pd.DataFrame) -> dict[str, list[tuple[int, float]]]:
    """Return the points of a curve by name, in their order; see `curve_table`."""
    columns = {
        "curve/psi_pct": 100 * curve["psi"],
        "curve/log10_lambda": curve["log10_lambda"],
        "curve/log_odds": curve["log_odds"],
    }
    return {key: list(enumerate(values)) for key, values in columns.items()}
