"""What came out: the newest results, and the trainings that are best by validation."""

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from pi.digits import NOTHING, number, percent
from pi.evaluation.doing_nothing import KEPT, LOW_DOSE, ssims_apart
from pi.evaluation.metrics import mean_text
from pi.figures.training_panels import PSI
from pi.run_names import configuration_of
from pi.tracking.listing import ListedRun

COUNTED = 8

DIGEST = "pi.data_digest"


def stage_of(run: ListedRun) -> str:
    """Return which entry point made a run; empty of another program's."""
    return run.record.tags.get("pi.stage", "")


def called(run: ListedRun) -> str:
    """Return the configuration of a run, which has a colour."""
    return configuration_of(run.name, run.record.params)


def newest_results(runs: Sequence[ListedRun], most: int = COUNTED) -> pd.DataFrame:
    """Return the newest runs that came to their end: when, what, and the result in a few words.

    Args:
        runs: the newest first.
        most: rows.
    """
    done = [run for run in runs if run.status == "FINISHED" and stage_of(run) in RESULTS]
    rows = [(called(run), _result(run), stage_of(run), run.begun, run.run_id[:6]) for run in done]
    return pd.DataFrame(rows[:most], columns=["what", "result", "stage", "begun", "run"])


SIMILAR = {"validation SSIM": "ssim", "low dose": "ssim"}
"""Columns of `best_by_validation` that hold a metric."""


def best_by_validation(runs: Sequence[ListedRun], most: int = COUNTED) -> pd.DataFrame:
    """Return the trainings on the data of the newest one, the best first.

    Args:
        runs: the newest first.
        most: rows.

    Returns:
        Columns ``what``, ``validation SSIM``, ``low dose``, ``gain``, ``λ``, ``Ψ (%)`` and ``run``;
        NaN where a number is not known.
    """
    trained = [run for run in runs if stage_of(run) == "train" and KEPT in run.record.metrics]
    data = trained[0].record.tags.get(DIGEST) if trained else None
    rows = [_quality(run) for run in trained if run.record.tags.get(DIGEST) == data]
    columns = ["what", "validation SSIM", "low dose", "gain", "λ", "Ψ (%)", "run"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("validation SSIM", ascending=False, kind="stable").head(most)


def _quality(run: ListedRun) -> tuple[object, ...]:
    metrics = run.record.metrics
    ssim, low = metrics[KEPT], metrics.get(LOW_DOSE, math.nan)
    weight, psi = metrics.get("lambda", math.nan), 100 * metrics.get(PSI, math.nan)
    return called(run), ssim, low, ssim - low, weight, psi, run.run_id[:6]


def _result(run: ListedRun) -> str:
    return RESULTS[stage_of(run)](run.record.metrics) or NOTHING


def _calibrated(metrics: Mapping[str, float]) -> str:
    return f"λ {number(metrics['lambda'])}" if "lambda" in metrics else ""


def _trained(metrics: Mapping[str, float]) -> str:
    parts = []
    if KEPT in metrics:
        parts.append(f"validation SSIM {mean_text(metrics[KEPT], 'ssim')}")
    if PSI in metrics:
        parts.append(f"Ψ {percent(metrics[PSI])}")
    return " · ".join(parts)


def _evaluated(metrics: Mapping[str, float]) -> str:
    pair = ssims(metrics)
    return "" if pair is None else "SSIM {} (low dose {})".format(*ssims_apart(*pair))


def ssims(metrics: Mapping[str, float]) -> tuple[float, float] | None:
    """Return SSIM of output and low dose by the first protocol of an evaluation; None of none."""
    for name in sorted(metrics):
        low = metrics.get(f"{name}_low_dose")
        if name.endswith("/ssim") and low is not None:
            return metrics[name], low
    return None


def _compared(metrics: Mapping[str, float]) -> str:
    if "comparisons" not in metrics:
        return ""
    return f"{metrics['comparisons']:g} comparisons over {metrics.get('patients', 0):g} patients"


def _nothing(_: Mapping[str, float]) -> str:
    return ""


RESULTS: Mapping[str, Callable[[Mapping[str, float]], str]] = {
    "calibration": _calibrated,
    "train": _trained,
    "evaluate": _evaluated,
    "compare": _compared,
    "search": _nothing,
    "report": _nothing,
    "main": _nothing,
}
"""Of each stage that has a result, what its metrics say of it."""
