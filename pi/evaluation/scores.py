"""Every number of an evaluation by the name that the tracking store knows it by."""

import math
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from pi.evaluation.measure import Evaluation
from pi.evaluation.metrics import METRICS, errors, ranked_metrics, similarities
from pi.evaluation.summary import by_image
from pi.evaluation.table import (
    KEY,
    LOW_DOSE,
    by_reconstruction,
    evaluated_image,
    gains,
    protocols_of,
)
from pi.protocol_names import metric_key

MOST = 30
"""Numbers that a run shows as metrics; all of them are in a table."""


def leading(found: Mapping[str, float], protocols: Sequence[str]) -> dict[str, float]:
    """Return the few scores by which runs are told apart: at most `MOST`, in this order.

    How much there was; what ranks runs, under the first protocol, beside doing nothing; errors in
    HU, noise and the tissues that are looked at; the other metrics asked for, under the first
    protocol; SSIM and its gain under the other protocols, as far as there is room; and beside what
    the other metrics are of doing nothing.

    Args:
        found: see `scores`.
        protocols: under which they were measured.
    """
    first, *others = protocols
    beside = ("", "_low_dose", "_gain", "_sd")
    ranked = [METRICS[name].logged(first) + end for name in ranked_metrics() for end in beside]
    other = [one.logged(first) for one in METRICS.values() if not one.ranked]
    more = [name for name in other if name not in IN_HU]
    under = [f"{metric_key(other)}/ssim{end}" for other in others for end in ("", "_gain")]
    last = [name + end for name in more for end in ("_low_dose", "_gain")]
    names = ["slices", "patients", *ranked, *IN_HU, *more, *under, *last]
    wanted = (name for name in dict.fromkeys(names) if math.isfinite(found.get(name, math.nan)))
    return {name: found[name] for name in islice(wanted, MOST)}


IN_HU = (
    "rmse_hu", "rmse_hu_low_dose", "rmse_hu_gain", "mae_hu", "bias_hu", "bias_hu_low_dose",
    "noise/noise_hu", "noise/noise_hu_low_dose",
    "bias_hu_of_tissue/soft_tissue", "bias_hu_of_tissue/bone",
)  # fmt: skip


def scores_table(found: Mapping[str, float]) -> pd.DataFrame:
    """Return every score, one row each: ``score``, ``value``."""
    return pd.DataFrame({"score": [*found], "value": [*found.values()]})


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Return every metric of an evaluation by its name; some may be NaN where no slice counts.

    ``paper8/ssim`` is the mean of the evaluated image (the denoised one; where nothing was denoised
    the low dose), ``paper8/ssim_sd`` its deviation, ``paper8/ssim_low_dose`` the mean of doing
    nothing, ``paper8/ssim_gain`` the mean paired gain (above 0 is better, whatever the metric),
    ``paper8/ssim_in/1mm_B30_25pct`` that in a reconstruction, ``paper8/ssim_of/S009`` of a patient.
    Errors in HU go without a protocol. Infinite PSNR is in no mean, but in ``psnr_infinite``, and
    slices of which a metric has no value are in ``noise_distance_undefined``.
    """
    slices = evaluation.slices
    found: dict[str, float] = {
        "slices": len(slices.drop_duplicates(KEY)),
        "patients": slices["patient"].nunique(),
    }
    protocols = protocols_of(slices)
    for protocol in protocols:
        found |= _of_protocol(slices[slices["protocol"] == protocol], protocol, similarities())
    first = slices[slices["protocol"] == protocols[0]]
    found |= _of_protocol(first, protocols[0], errors())
    return found | _of_noise(evaluation.noise) | _of_tissues(evaluation.tissues)


def _of_protocol(rows: pd.DataFrame, protocol: str, metrics: Sequence[str]) -> dict[str, float]:
    summary, image = by_image(rows), evaluated_image(rows)
    evaluated = rows[rows["image"] == image].replace(np.inf, np.nan)
    found: dict[str, float] = {}
    told = [METRICS[name] for name in metrics if name in rows]
    for metric in (one for one in told if one.speaks(protocol)):
        name, of = metric.logged(protocol), summary[image, metric.name]
        found[name], found[f"{name}_sd"] = of["mean"], of["sd"]
        if (LOW_DOSE, metric.name) in summary:  # a table of somebody else may have none
            found[f"{name}_low_dose"] = summary[LOW_DOSE, metric.name]["mean"]
        if metric.infinite:
            found[f"{name}_infinite"] = of["infinite"]
        if metric.undefined:
            found[f"{name}_undefined"] = of["undefined"]
        if metric.better != "zero" and (LOW_DOSE, metric.name) in summary:
            found[f"{name}_gain"] = _mean_gain(rows, protocol, metric.name)
        for place, inside in by_reconstruction(evaluated):
            found[f"{name}_in/{place.spelt}"] = float(inside[metric.name].mean())
        for patient, own in evaluated.groupby("patient", sort=True):
            found[f"{name}_of/{patient}"] = float(own[metric.name].mean())
    return found


def _mean_gain(rows: pd.DataFrame, protocol: str, metric: str) -> float:
    if rows[metric].isna().all():
        return float("nan")
    gain = gains(rows, protocol, metric)["gain"]
    return float(gain[np.isfinite(gain)].mean())


def _of_noise(noise: pd.DataFrame) -> dict[str, float]:
    if noise.empty:
        return {}
    found = {}
    for image, of in noise.groupby("image", sort=True):
        suffix = "" if image == evaluated_image(noise) else "_low_dose"
        found[f"noise/noise_hu{suffix}"] = float(of["noise_hu"].mean())
    for place, rows in by_reconstruction(noise):
        for image, of in rows.groupby("image", sort=True):
            suffix = "" if image == evaluated_image(noise) else "_low_dose"
            for name in ("noise_hu", "mean_frequency", "peak_frequency"):
                found[f"noise/{name}{suffix}_in/{place.spelt}"] = float(of[name].mean())
    return found


def _of_tissues(tissues: pd.DataFrame) -> dict[str, float]:
    found = {}
    for tissue in tissues["tissue"].unique():
        for image, rows in tissues[tissues["tissue"] == tissue].groupby("image", sort=True):
            suffix = "" if image == evaluated_image(tissues) else "_low_dose"
            bias = float(np.average(rows["bias_hu"], weights=rows["pixels"]))
            found[f"bias_hu_of_tissue/{tissue.replace(' ', '_')}{suffix}"] = bias
    return found
