"""Means and deviations of a slice table: views of the result, never the result."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pi.digits import apart, fixed
from pi.evaluation.doing_nothing import WORSE
from pi.evaluation.metrics import (
    METRICS,
    directed_metrics,
    errors,
    higher_is_better,
    similarities,
)
from pi.evaluation.protocol import Protocol
from pi.evaluation.table import (
    DENOISED,
    IDENTITY,
    KEY,
    LOW_DOSE,
    evaluated_image,
    metrics_of,
    protocols_of,
)
from pi.text_table import aligned, markdown


def summarise(table: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return mean and standard deviation of every metric, one row a group and metric.

    Args:
        table: a slice table.
        by: columns that divide it further, such as `RECONSTRUCTION` or ``patient``.

    Returns:
        Columns: ``by``, ``protocol``, ``image``, ``metric``, ``mean``, ``sd`` (ddof 0, as in the
        paper), ``slices`` that these are of, and those left out: ``infinite`` (PSNR of identical
        ones) and ``undefined``. Mean and deviation of no slice are NaN.
    """
    groups = [*by, "protocol", "image"]
    long = table.melt([*IDENTITY], metrics_of(table), "metric", "value")
    long["infinite"] = np.isinf(long["value"])
    long["undefined"] = np.isnan(long["value"])
    long["value"] = long["value"].where(~long["infinite"])
    grouped = long.groupby([*groups, "metric"], sort=True)
    summary = grouped["value"].agg(["mean", _population_sd, "count"])
    summary.columns = pd.Index(["mean", "sd", "slices"])
    for left_out in ("infinite", "undefined"):
        summary[left_out] = grouped[left_out].sum()
    return summary.reset_index()


def paper_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return Table 3 of a run: a row per protocol and image, ``mean (SD)`` in its cells.

    The errors in HU, which no protocol changes, are in `error_table`.
    """
    rows = []
    for protocol in protocols_of(table):
        for image, cells in _cells(table[table["protocol"] == protocol], similarities()).items():
            rows.append({"protocol": protocol, "image": image, **cells})
    return pd.DataFrame(rows)


def error_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the errors in HU, nothing cut: a row per image, ``mean (SD)`` in its cells."""
    one = table[table["protocol"] == table["protocol"].iloc[0]]
    return pd.DataFrame(
        [{"image": image, **cells} for image, cells in _cells(one, errors()).items()]
    )


def summary_text(table: pd.DataFrame) -> str:
    """Return both tables for a terminal; one of which there are no metrics is left out."""
    tables = [aligned(_rows(one)) for one in _tables(table)]
    told = [f"{beside_nothing(table)}\n"] if beside_nothing(table) else [""]
    return "\n\n".join([f"{_extent(table)}, mean (SD):", *tables, *told])


def note(table: pd.DataFrame, protocols: Sequence[Protocol]) -> str:
    """Return both tables as Markdown, and what the protocols are and leave out."""
    said = []
    for one in protocols:
        left_out = f" Not covered: {one.not_covered}." if one.not_covered else ""
        said.append(f"- `{one.name}`: {one.source}.{left_out}")
    return "\n\n".join(
        [
            f"{_extent(table)}, mean (SD). Slices of one patient are not independent.",
            *(markdown(_rows(one)) for one in _tables(table)),
            *filter(None, [beside_nothing(table)]),
            "\n".join(said),
        ]
    )


def undefined_note(table: pd.DataFrame) -> str:
    """Return of how many slices each metric has no value and why, in words; empty: each has."""
    one = table[table["image"] == evaluated_image(table)]
    one = one[one["protocol"] == one["protocol"].iloc[0]]
    lacking = {name: int(one[name].isna().sum()) for name in metrics_of(table)}
    return "\n".join(
        f"note: {METRICS[name].title} ({name}) has no value on {count} of {len(one)} slices, each "
        f"{METRICS[name].undefined}; they are in no mean of it."
        for name, count in lacking.items()
        if count
    )


def beside_nothing(table: pd.DataFrame) -> str:
    """Return by which means the output is worse than the low dose itself; empty where by none.

    Of a metric that no protocol changes it is said once.
    """
    if evaluated_image(table) == LOW_DOSE:
        return ""
    found: dict[str, None] = {}
    for protocol in protocols_of(table):
        means = by_image(table[table["protocol"] == protocol])
        for name in (one for one in directed_metrics() if one in table):
            metric = METRICS[name]
            output, nothing = (
                means.get((image, name), {}).get("mean", math.nan) for image in (DENOISED, LOW_DOSE)
            )
            if metric.speaks(protocol) and _is_worse(output, nothing, name):
                under = f" under {protocol}" if metric.protocols else ""
                values = apart((output, nothing), metric.decimals)
                found[f"{metric.heading}{under} ({' beside '.join(values)})"] = None
    return f"{WORSE.capitalize()}: {', '.join(found)}." if found else ""


def _is_worse(output: float, nothing: float, metric: str) -> bool:
    return output < nothing if higher_is_better(metric) else output > nothing


def by_image(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """Return the summary of one protocol's rows, by (image, metric): see `summarise`."""
    found = summarise(table).to_dict("records")
    return {
        (row["image"], row["metric"]): {
            name: float(row[name]) for name in ("mean", "sd", "slices", "infinite", "undefined")
        }
        for row in found
    }


def _cells(table: pd.DataFrame, metrics: Sequence[str]) -> dict[str, dict[str, str]]:
    summary = by_image(table)
    shown = [METRICS[name] for name in metrics if name in table]
    images = sorted({image for image, _ in summary}, key=lambda image: image != LOW_DOSE)
    return {
        image.replace("_", " "): {
            metric.heading: _cell(summary[image, metric.name], metric.decimals) for metric in shown
        }
        for image in images
    }


def _cell(summary: Mapping[str, float], decimals: int) -> str:
    if not summary["slices"]:
        return "infinite" if summary["infinite"] else "undefined"
    cell = f"{fixed(summary['mean'], decimals)} ({fixed(summary['sd'], decimals)})"
    left_out = (name for name in ("infinite", "undefined") if summary[name])
    return ", ".join([cell, *(f"{summary[name]:.0f} {name}" for name in left_out)])


def _tables(table: pd.DataFrame) -> list[pd.DataFrame]:
    views = ((similarities(), paper_table), (errors(), error_table))
    return [view(table) for metrics, view in views if set(metrics) & set(table)]


def _extent(table: pd.DataFrame) -> str:
    patients = table["patient"].nunique()
    slices = len(table.drop_duplicates(KEY))
    return f"{slices} slices of {patients} patient{'s' if patients > 1 else ''}"


def _rows(table: pd.DataFrame) -> list[list[str]]:
    return [list(table.columns), *table.to_numpy(str).tolist()]


def _population_sd(values: "pd.Series[float]") -> float:
    return float(values.std(ddof=0))
