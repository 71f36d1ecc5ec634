"""The result of an evaluation: one row a slice, protocol and image. Means are a view of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import ArrowInvalid

from pi.errors import quoted
from pi.evaluation.protocol import PROTOCOLS, EvaluationError
from pi.identity import UNKNOWN_DOSE, Reconstruction, SliceKey

Image = Literal["low_dose", "denoised"]
LOW_DOSE: Image = "low_dose"
DENOISED: Image = "denoised"

RECONSTRUCTION = ["thickness", "kernel", "dose"]
"""Columns of a `Reconstruction`, in the order of its attributes."""

KEY = ["patient", *RECONSTRUCTION, "position"]
"""Columns of a `SliceKey`."""

IDENTITY = [*KEY, "protocol", "image"]
"""Columns that no two rows share."""

SIMILARITIES = ["ssim", "psnr", "nrmse", "rmse_clipped_hu"]
"""Metrics that depend on the protocol: see `pi.evaluation.metrics.Similarity`."""

ERRORS = ["rmse_hu", "mae_hu", "bias_hu"]
"""Metrics that do not: see `pi.evaluation.metrics.HuErrors`."""

METRICS = [*SIMILARITIES, *ERRORS]
COLUMNS = [*IDENTITY, *METRICS]

HIGHER_IS_BETTER = {"ssim": True, "psnr": True, "nrmse": False, "rmse_clipped_hu": False,
                    "rmse_hu": False, "mae_hu": False}  # fmt: skip
"""Direction of each metric that has one; the best bias is 0."""


def find_metrics(text: str) -> list[str]:
    """Return the metrics that a comma-separated list means, each once.

    Raises:
        EvaluationError: one that has no direction, or an empty list.
    """
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    unknown = next((word for word in words if word not in HIGHER_IS_BETTER), None)
    if unknown is not None or not words:
        raise EvaluationError(
            f"`metrics` must be made of {', '.join(HIGHER_IS_BETTER)} but got "
            f"{quoted(text if unknown is None else unknown)}."
        )
    return words


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
    return [*(p for p in PROTOCOLS if p in found), *(p for p in found if p not in PROTOCOLS)]


def evaluated_image(table: pd.DataFrame) -> Image:
    """Return which image is judged: the denoised one, or the low dose where nothing else is."""
    return DENOISED if (table["image"] == DENOISED).any() else LOW_DOSE


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a slice table, sorted by `IDENTITY`; an old one tells no dose.

    Raises:
        EvaluationError: a column is missing, two rows share their identity, or a value is not
            finite; of PSNR infinity is allowed, which identical slices have.
    """
    table = with_dose(table)
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise EvaluationError(f"a slice table must have the column {missing[0]!r} but has not.")
    table = table[COLUMNS].sort_values(IDENTITY, ignore_index=True)
    twice = table.duplicated(IDENTITY).to_numpy()
    if twice.any():
        raise EvaluationError(f"a slice must be in the table once but {_row(table, twice)} is not.")
    for metric in METRICS:
        values = table[metric].to_numpy(np.float64)
        wrong = ~np.isfinite(values)
        if metric == "psnr":
            wrong &= values != np.inf
        if wrong.any():
            raise EvaluationError(
                f"`{metric}` must be finite but of {_row(table, wrong)} it is {values[wrong][0]:g}."
            )
    return table


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return one slice table of several that share no slice, such as those of all folds.

    Raises:
        EvaluationError: they share a slice, or see `checked`.
    """
    return checked(pd.concat(map(with_dose, tables), ignore_index=True))


def read_table(file: Path) -> pd.DataFrame:
    """Return the slice table that ``file`` (Parquet) holds.

    Raises:
        EvaluationError: it is no Parquet file, or see `checked`.
    """
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
        metric: one of `HIGHER_IS_BETTER`.

    Returns:
        One row a slice: `KEY`, ``low_dose``, ``denoised`` (of a table without denoised slices
        the low dose again) and ``gain``, above 0 where denoising helped. Where both are infinite
        the gain is 0.

    Raises:
        EvaluationError: an unknown protocol or metric, or a slice that lacks one of the images.
    """
    rows = table[table["protocol"] == protocol]
    if rows.empty or metric not in HIGHER_IS_BETTER:
        raise EvaluationError(
            f"gains must be of a protocol and metric of the table but got {protocol}/{metric}."
        )
    paired = rows.pivot(index=KEY, columns="image", values=metric)
    if evaluated_image(table) == LOW_DOSE:
        paired[DENOISED] = paired[LOW_DOSE]
    if paired.isna().any(axis=None):
        raise EvaluationError("every slice must have both images in the table but one has not.")
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    same = paired[DENOISED] == paired[LOW_DOSE]
    gain = (sign * (paired[DENOISED] - paired[LOW_DOSE].where(~same, 0.0))).where(~same, 0.0)
    result = paired.assign(gain=gain)[[LOW_DOSE, DENOISED, "gain"]].reset_index()
    return result.rename_axis(columns=None)


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as the UI shows it: one row a slice, one column a metric.

    ``slice`` spells the key, so that the UI can join runs on it. Infinite values, which its JSON
    cannot hold, are empty.
    """
    image = evaluated_image(table)
    columns: dict[str, pd.Series[float]] = {}
    for name in ["ssim", "psnr", "nrmse", *ERRORS]:
        protocols = protocols_of(table)
        for protocol in protocols[:1] if name in ERRORS else protocols:
            rows = table[table["protocol"] == protocol].set_index(KEY)
            label = name if name in ERRORS else f"{protocol}/{name}"
            columns[label] = rows.loc[rows["image"] == image, name]
            if image == DENOISED:
                columns[f"{label} low dose"] = rows.loc[rows["image"] == LOW_DOSE, name]
    result = pd.DataFrame(columns).replace([np.inf, -np.inf], np.nan).reset_index()
    result["slice"] = [str(key) for key in slice_keys(result)]
    return result[["slice", *columns, *KEY]]


def _row(table: pd.DataFrame, which: NDArray[np.bool]) -> str:
    row = table[which].iloc[0]
    return f"{slice_key(row)} ({row['protocol']}, {row['image']})"
