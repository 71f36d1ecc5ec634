"""One run beside its reference, in a sentence: similarity, texture, detection, invention."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from pi.comparison.gains import Estimate
from pi.evaluation.metrics import METRICS
from pi.report.text import mean_text

TEXTURE, INVENTION = "noise_distance", "hallucination"


@dataclass(frozen=True)
class RunPair:
    """One run against its reference: the differences that are known, the other less the reference.

    Attributes:
        reference: its name.
        other: name of the run.
        metrics: by name of the metric both means, and the difference over patients.
        detection: see `compare_detection`; None where lesions were not looked at.
    """

    reference: str
    other: str
    metrics: Mapping[str, tuple[float, float, Estimate]]
    detection: pd.DataFrame | None = field(repr=False)


def pair_sentence(pair: RunPair) -> str:
    """Return what is known of a pair, in one sentence.

    An interval that holds 0 shows no difference, which is not to say that there is none.
    """
    clauses = [_similarity(pair), _texture(pair), _detection(pair), _invention(pair)]
    said = "; ".join(clause for clause in clauses if clause)
    return f"Beside {pair.reference}, {pair.other}: {said}."


def _similarity(pair: RunPair) -> str:
    if "ssim" not in pair.metrics:
        return ""
    change = pair.metrics["ssim"][2].value
    verb = "gains" if change >= 0 else "loses"
    return f"{verb} {abs(change):.{METRICS['ssim'].decimals}f} SSIM"


def _texture(pair: RunPair) -> str:
    if TEXTURE not in pair.metrics:
        return ""
    reference, other, change = pair.metrics[TEXTURE]
    means = f"{mean_text(other, TEXTURE)} against {mean_text(reference, TEXTURE)}"
    told = f"noise power distance {means}{_bounds(change)}"
    side = _side(change)
    if side is None:
        return f"no difference in the texture of the noise is shown ({told})"
    if side < 0:
        return f"keeps more of the texture of the noise ({told})"
    return f"keeps less of the texture of the noise ({told})"


def _detection(pair: RunPair) -> str:
    if pair.detection is None:
        return ""
    rows = pair.detection
    whole = rows[rows["contrast_hu"].isna() & (rows["observer"] == "cho")]
    if whole.empty:
        return ""
    row = whole.iloc[0]
    change = Estimate(float(row["difference"]), float(row["low"]), float(row["high"]))
    if math.isnan(change.low):
        change = Estimate(change.value, -math.inf, math.inf)
    told = f"d' {row['other']:.2f} against {row['reference']:.2f}{_bounds(change)}"
    side = _side(change)
    if side is None:
        return f"no difference in the detection of lesions is shown ({told})"
    return f"lesions are {'more' if side > 0 else 'less'} detectable ({told})"


def _invention(pair: RunPair) -> str:
    if INVENTION not in pair.metrics:
        return ""
    reference, other, change = pair.metrics[INVENTION]
    rates = f"{100 * other:.1f} % of patches against {100 * reference:.1f} %"
    side = _side(change)
    if side is not None and side > 0:
        return f"more is invented than by {pair.reference} ({rates}{_bounds(change)})"
    return f"no more invention than by {pair.reference} is shown ({rates}{_bounds(change)})"


def _side(change: Estimate) -> int | None:
    """Return the sign of a difference whose interval does not hold 0; None of any other."""
    if change.low > 0:
        return 1
    return -1 if change.high < 0 else None


def _bounds(change: Estimate) -> str:
    if not change.bounded:
        return f", difference {change.value:+.2g}, which one patient does not bound"
    return f", difference {change.value:+.2g} [{change.low:+.2g}, {change.high:+.2g}]"
