"""Calibrations as tables: the curve, the patches, the summary."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pi.digits import number, percent
from pi.influence.calibration import ExperimentCalibration
from pi.influence.psi import Floats
from pi.influence.survey import SurveySample
from pi.slices.patches import PatchPopulation
from pi.text_table import aligned

POINTS_PER_DECADE = 10

IMAGE_LOSS, PERCEPTUAL_LOSS = "image_loss", "perceptual_loss/"
"""Columns of a patch table; the second is followed by a layer."""

WEIGHT, INCLUSION, KNOWN = "weight", "inclusion", "known/"
"""Columns of a survey's patch table; the last is followed by a number."""


def weight_grid(calibrations: Sequence[ExperimentCalibration], beyond: int = 3) -> Floats:
    """Return the lambdas of the curves: the paper's 1e-7 to 1, and decades beyond any answer."""
    exact = np.log10([calibration.exact_weight for calibration in calibrations])
    low = min(-7.0, np.floor(exact.min()) - beyond)
    high = max(0.0, np.ceil(exact.max()) + beyond)
    return np.asarray(10.0 ** np.linspace(low, high, int((high - low) * POINTS_PER_DECADE) + 1))


def curve_table(calibration: ExperimentCalibration, weights: Floats) -> pd.DataFrame:
    """Return Psi over lambda: one row per point of Algorithm 2's curve.

    Columns: ``log10_lambda``, ``lambda``, ``psi`` (ratio of sums) with the bounds ``psi_low`` and
    ``psi_high`` that lambda's interval implies, ``psi_eq5`` (mean of ratios) and ``log_odds``.
    """
    factor = np.exp(calibration.half_width)
    return pd.DataFrame(
        {
            "log10_lambda": np.log10(weights),
            "lambda": weights,
            "psi": calibration.psi_of_sums(weights),
            "psi_low": calibration.psi_of_sums(weights / factor),
            "psi_high": calibration.psi_of_sums(weights * factor),
            "psi_eq5": calibration.psi_of_ratios(weights),
            "log_odds": calibration.log_odds_of_sums(weights),
        }
    )


def patch_table(calibration: ExperimentCalibration, patches: PatchPopulation) -> pd.DataFrame:
    """Return the losses that the calibration rests on: one row per patch.

    Columns: the slice key, ``row`` and ``column`` of the patch's corner, ``image_loss`` and one
    ``perceptual_loss/LAYER`` per layer. Of a survey also ``weight``, the patches that each stands
    for, ``inclusion``, the probability of its being drawn, and ``known/0`` and so on, what it was
    weighed by.
    """
    losses = calibration.losses
    table = pd.DataFrame(
        [
            {**asdict(p.key), "row": p.row, "column": p.column}
            for p in patches.describe(losses.patches)
        ]
    )
    table[IMAGE_LOSS] = losses.image
    for k, layer in enumerate(calibration.experiment.encoder.layers):
        table[f"{PERCEPTUAL_LOSS}{layer}"] = losses.perceptual[:, k]
    return table if losses.sample is None else table.assign(**sample_columns(losses.sample))


def sample_columns(sample: SurveySample) -> dict[str, Floats]:
    """Return how patches were drawn as columns of a patch table."""
    known = {f"{KNOWN}{k}": column for k, column in enumerate(sample.known.T)}
    return {WEIGHT: sample.weights, INCLUSION: sample.inclusion, **known}


def summary_table(
    calibrations: Sequence[ExperimentCalibration], weights: Sequence[float]
) -> pd.DataFrame:
    """Return the answer: one row per calibration, with Psi at each of ``weights``.

    ``psi`` is what the chosen lambda gives by the ratio of sums, ``psi_eq5`` by Eq. (5), and
    ``psi at published`` what the lambda in print for this configuration gives here.
    """
    rows = []
    for c in calibrations:
        published = c.experiment.published
        low, high = c.interval
        rows.append(
            {
                "experiment": c.experiment.name,
                "encoder": str(c.experiment.encoder),
                "state": c.state,
                "lambda": c.weight,
                "low": low,
                "high": high,
                "psi": float(c.psi_of_sums(c.weight)),
                "psi_eq5": float(c.psi_of_ratios(c.weight)),
                **{f"psi at {w:g}": float(c.psi_of_sums(w)) for w in weights},
                "published": f"{published.value:g} ({published.source})" if published else "",
                "psi at published": float(c.psi_of_sums(published.value)) if published else np.nan,
                "patches": c.losses.image.size,
                "degenerate": c.degenerate,
            }
        )
    return pd.DataFrame(rows)


def stratum_table(calibrations: Sequence[ExperimentCalibration]) -> pd.DataFrame:
    """Return the breakdown by reconstruction: one row per calibration and reconstruction."""
    return pd.DataFrame(
        [
            {
                "experiment": c.experiment.name,
                "state": c.state,
                "reconstruction": str(stratum.reconstruction),
                "patches": stratum.patches,
                "psi": stratum.psi,
                "lambda": stratum.weight,
                "lambda / chosen": stratum.weight / c.weight,
            }
            for c in calibrations
            for stratum in c.strata
        ]
    )


def summary_text(calibrations: Sequence[ExperimentCalibration], asked: Sequence[float]) -> str:
    """Return the answer for a terminal.

    First one line per calibration; then, for the first (the recommended) state, what each
    reconstruction alone would ask for.
    """
    target = calibrations[0].precision.target_psi
    titles = ["experiment", "encoder", "state", "lambda", "95 % interval"]
    titles += [f"Psi at {weight:g}" for weight in asked] + ["Psi at the lambda in print", "patches"]
    rows = [
        [
            c.experiment.name,
            str(c.experiment.encoder),
            c.state,
            _chosen(c),
            _interval(c),
            *(_percent(c.psi_of_sums(weight)) for weight in asked),
            _published(c),
            f"{c.losses.image.size} of {c.population}",
        ]
        for c in calibrations
    ]
    recommended = [c for c in calibrations if c.state == calibrations[0].state]
    places = [str(stratum.reconstruction) for stratum in recommended[0].strata]
    strata = [
        [c.experiment.name, *(f"{number(s.weight)} ({_percent(s.psi)})" for s in c.strata)]
        for c in recommended
    ]
    return "\n".join(
        [
            f"lambda for a perceptual influence of {100 * target:g} %:",
            aligned([titles, *rows]),
            "",
            f"lambda that each reconstruction alone would ask for ({recommended[0].state}), and "
            "its Psi at the lambda above:",
            aligned([["experiment", *places], *strata]),
            "",
            *_remarks(calibrations),
        ]
    )


def row_text(calibration: ExperimentCalibration) -> str:
    """Return one calibration in a line, which is said as soon as it is known."""
    c = calibration
    return (
        f"{c.experiment.name} {c.experiment.encoder} {c.state}: lambda {_chosen(c)} "
        f"({_interval(c)}) on {c.losses.image.size} of {c.population} patches"
    )


def _by_state(counted: Sequence[tuple[str, int]]) -> str:
    """Return ``492 and 481 in identity, 164 in untrained``: each count of a state once."""
    states: dict[str, dict[str, None]] = {}
    for state, count in counted:
        states.setdefault(state, {})[str(count)] = None
    return ", ".join(f"{' and '.join(counts)} in {state}" for state, counts in states.items())


def _remarks(calibrations: Sequence[ExperimentCalibration]) -> list[str]:
    remarks = []
    dropped = _by_state([(c.state, c.degenerate) for c in calibrations if c.degenerate])
    if dropped:
        remarks.append(f"patches without any loss, which say nothing about Psi: {dropped}")
    surveyed = _by_state([(c.state, c.losses.patches.size) for c in calibrations if c.surveyed])
    if surveyed:
        remarks.append(
            f"networks measured {surveyed}: the image loss of the low dose, and what targets show, "
            f"were read on all {calibrations[0].population} patches; within each reconstruction "
            f"some were drawn{_chances(calibrations[0])} and weighed by both; `exhaustive` "
            "measures every one"
        )
    widened = [f"{c.experiment.name} {c.state}" for c in calibrations if c.heavy_tailed]
    if widened:
        remarks.append(f"intervals widened for heavy-tailed losses: {', '.join(widened)}")
    return [*remarks, ""] if remarks else []


def _chances(calibration: ExperimentCalibration) -> str:
    even = calibration.precision.estimator == "mean_of_ratios"
    return "" if even else ", those with a large loss rather,"


def _chosen(calibration: ExperimentCalibration) -> str:
    if calibration.weight == calibration.exact_weight:
        return number(calibration.weight)
    psi = _percent(calibration.psi_of_sums(calibration.weight))
    return f"{number(calibration.weight)} (Psi {psi}; exact {number(calibration.exact_weight)})"


def _interval(calibration: ExperimentCalibration) -> str:
    if calibration.half_width == 0:
        return "all patches measured"
    return " to ".join(map(number, calibration.interval))


def _percent(share: ArrayLike) -> str:
    return percent(float(np.asarray(share)))


def _published(calibration: ExperimentCalibration) -> str:
    published = calibration.experiment.published
    if published is None:
        return ""
    psi = _percent(calibration.psi_of_sums(published.value))
    return f"{psi} at {published.value:g} ({published.source})"
