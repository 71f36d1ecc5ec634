"""The result of an evaluation: one row per slice, protocol and image. Means are a view of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.evaluation.metrics import METRICS, directed_metrics, higher_is_better
from pi.evaluation.protocol import EvaluationError
from pi.identity import UNKNOWN_DOSE, Reconstruction, SliceKey
from pi.protocol_names import NAMES

Image = Literal["low_dose", "denoised"]
LOW_DOSE: Image = "low_dose"
DENOISED: Image = "denoised"

RECONSTRUCTION = ["thickness", "kernel", "dose"]
"""Columns of a `Reconstruction`, in the order of its attributes."""

KEY = ["patient", *RECONSTRUCTION, "position"]
"""Columns of a `SliceKey`."""

IDENTITY = [*KEY, "protocol", "image"]
"""Columns that no two rows share."""

COLUMNS = [*IDENTITY, *METRICS]
"""Columns of a table of all metrics, without what headers tell beside the key."""


def metrics_of(table: pd.DataFrame) -> list[str]:
    """Return the metrics that a table has: an old one lacks those that came later."""
    return [name for name in METRICS if name in table]


def facts_of(table: pd.DataFrame) -> list[str]:
    """Return the columns that are neither identity nor metric: what headers told beside the key."""
    return [str(name) for name in table if name not in IDENTITY and name not in METRICS]


def slice_key(row: "pd.Series[float]") -> SliceKey:
    """Return the key of a row."""
    return SliceKey(
        str(row["patient"]), float(row["thickness"]), str(row["kernel"]), float(row["position"]),
        float(row["dose"]),
    )  # fmt: skip


def slice_keys(rows: pd.DataFrame) -> list[SliceKey]:
    """Return the key of each row; thousands in milliseconds."""
    columns = [rows[name].tolist() for name in KEY]
    return [
        SliceKey(str(patient), float(thickness), str(kernel), float(position), float(dose))
        for patient, thickness, kernel, dose, position in zip(*columns, strict=True)
    ]


def with_dose(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of slices or volumes with their dose; an old one tells none."""
    return table if "dose" in table else table.assign(dose=UNKNOWN_DOSE)


def by_reconstruction(table: pd.DataFrame) -> list[tuple[Reconstruction, pd.DataFrame]]:
    """Return the rows of each reconstruction, sorted by it; a table without doses is of one."""
    table = with_dose(table)
    thicknesses, kernels, doses = (table[name] for name in RECONSTRUCTION)
    found = {
        Reconstruction(float(thickness), str(kernel), float(dose))
        for thickness, kernel, dose in zip(thicknesses, kernels, doses, strict=True)
    }
    return [
        (one, table[(thicknesses == one.thickness) & (kernels == one.kernel) & (doses == one.dose)])
        for one in sorted(found)
    ]


def protocols_of(table: pd.DataFrame) -> list[str]:
    """Return the names of the table's protocols: ours in their own order, then any others."""
    found = sorted(table["protocol"].unique())
    return [*(p for p in NAMES if p in found), *(p for p in found if p not in NAMES)]


def evaluated_image(table: pd.DataFrame) -> Image:
    """Return which image is evaluated: the denoised one, or the low dose where nothing else is."""
    return DENOISED if (table["image"] == DENOISED).any() else LOW_DOSE


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return a slice table sorted by `IDENTITY`: first that, then facts, then metrics.

    An old table tells no dose, and lacks the metrics that came later than it.

    Raises:
        EvaluationError: a column of the identity or every metric is missing, two rows share their
            identity, or a value is not finite; infinity is allowed where a metric says so, as PSNR
            of identical slices does, and NaN where one is undefined.
    """
    table = with_dose(table)
    own = metrics_of(table)
    missing = [column for column in IDENTITY if column not in table]
    missing += [] if own else [next(iter(METRICS))]
    if missing:
        raise EvaluationError(f"a slice table must have the column {missing[0]!r} but has not.")
    columns = [*IDENTITY, *facts_of(table), *own]
    table = table[columns].sort_values(IDENTITY, ignore_index=True)
    twice = table.duplicated(IDENTITY).to_numpy()
    if twice.any():
        raise EvaluationError(f"a slice must be in the table once but {_row(table, twice)} is not.")
    for metric in own:
        values = table[metric].to_numpy(np.float64)
        wrong = ~np.isfinite(values)
        if METRICS[metric].infinite:
            wrong &= values != np.inf
        if METRICS[metric].undefined:
            wrong &= ~np.isnan(values)
        if wrong.any():
            raise EvaluationError(
                f"`{metric}` must be finite but of {_row(table, wrong)} it is {values[wrong][0]:g}."
            )
    return table


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return one slice table of several that share no slice, such as those of all folds.

    It has the metrics that all of them have.

    Raises:
        EvaluationError: they share a slice, or see `checked`.
    """
    whole = pd.concat(map(with_dose, tables), ignore_index=True)
    return checked(whole.drop(columns=[m for m in METRICS if any(m not in t for t in tables)],
                              errors="ignore"))  # fmt: skip


def read_table(file: Path) -> pd.DataFrame:
    """Return the slice table that ``file`` (Parquet) holds.

    Raises:
        EvaluationError: it is no Parquet file, or see `checked`.
    """
    from pyarrow import ArrowInvalid  # not of the core, which reads no file

    try:
        table = pd.read_parquet(file)
    except (OSError, ArrowInvalid):
        raise EvaluationError(
            f"{file.name!r} must be a readable Parquet table but is not."
        ) from None
    return checked(table)


def gains(table: pd.DataFrame, protocol: str, metric: str) -> pd.DataFrame:
    """Return how much better each slice became, paired by its key.

    Args:
        table: a slice table.
        protocol: whose values.
        metric: one that has a direction.

    Returns:
        One row per slice that has a value: `KEY`, ``low_dose``, ``denoised`` (of a table without
        denoised slices the low dose again) and ``gain``, above 0 where denoising helped. Where
        both are infinite the gain is 0.

    Raises:
        EvaluationError: an unknown protocol or metric, a slice that lacks one of the images, or
            no slice of which the metric is defined.
    """
    rows = table[table["protocol"] == protocol]
    if rows.empty or metric not in rows or metric not in directed_metrics():
        raise EvaluationError(
            f"gains must be of a protocol and metric of the table but got {protocol}/{metric}."
        )
    paired = rows.pivot(index=KEY, columns="image", values=metric)
    if evaluated_image(table) == LOW_DOSE:
        paired[DENOISED] = paired[LOW_DOSE]
    slices = len(paired)
    if METRICS[metric].undefined:
        paired = paired.dropna(how="all")
    if paired.empty:
        raise EvaluationError(METRICS[metric].nowhere(slices))
    if paired.isna().any(axis=None):
        raise EvaluationError("every slice must have both images in the table but one has not.")
    sign = 1 if higher_is_better(metric) else -1
    same = paired[DENOISED] == paired[LOW_DOSE]
    gain = (sign * (paired[DENOISED] - paired[LOW_DOSE].where(~same, 0.0))).where(~same, 0.0)
    result = paired.assign(gain=gain)[[LOW_DOSE, DENOISED, "gain"]].reset_index()
    return result.rename_axis(columns=None)


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as the UI shows it: one row per slice, one column per metric.

    ``slice`` spells the key, so that the UI can join runs on it. Infinite values, which its JSON
    cannot hold, are empty.
    """
    image = evaluated_image(table)
    columns: dict[str, pd.Series[float]] = {}
    protocols = protocols_of(table)
    for metric in (METRICS[name] for name in metrics_of(table)):
        under = [one for one in protocols if metric.speaks(one)]
        for protocol in under if metric.protocols else protocols[:1]:
            rows = table[table["protocol"] == protocol].set_index(KEY)
            label = metric.logged(protocol)
            columns[label] = rows.loc[rows["image"] == image, metric.name]
            if image == DENOISED and (rows["image"] == LOW_DOSE).any():
                columns[f"{label} low dose"] = rows.loc[rows["image"] == LOW_DOSE, metric.name]
    result = pd.DataFrame(columns).replace([np.inf, -np.inf], np.nan).reset_index()
    result["slice"] = [str(key) for key in slice_keys(result)]
    return result[["slice", *columns, *KEY]]


def _row(table: pd.DataFrame, which: NDArray[np.bool]) -> str:
    row = table[which].iloc[0]
    return f"{slice_key(row)} ({row['protocol']}, {row['image']})"
