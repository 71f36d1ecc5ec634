"""Whose column is which: other people's names of what a slice table has, mapped once."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from pi.errors import quoted
from pi.evaluation.metrics import METRICS
from pi.evaluation.protocol import EvaluationError
from pi.subjects.subject import SubjectError

KNOWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patient": ("patient_id", "patientid", "case", "case_id"),
        "slice": ("slice_id", "slice_number", "slice_index", "index"),
        "position": ("position_mm", "slice_position", "slice_location"),
        "thickness": ("thickness_mm", "slice_thickness"),
        "kernel": ("reconstruction_kernel", "convolution_kernel"),
        "dose": ("dose_fraction",),
        "protocol": (),
        "image": (),
        "configuration": ("model", "method", "experiment"),
        "seed": ("random_seed",),
        **dict.fromkeys(METRICS, ()),
    }
)
"""What a table may tell, and by which other names, in small letters. An RMSE without a unit is none
of ours: whoever knows that it is in HU says so in `COLUMNS_FILE`."""

COLUMNS_FILE = "columns.json"
"""File beside a table that maps our names to its own, as ``{"patient": "case"}`` does."""


def read_foreign(file: Path, name: str) -> pd.DataFrame:
    """Return a table of anyone with our names for what it tells; its other columns are left out.

    Raises:
        SubjectError: it is no table, or the mapping beside it does not fit.
    """
    from pyarrow import ArrowInvalid

    try:
        table = pd.read_parquet(file) if file.suffix == ".parquet" else _read_text(file)
    except (OSError, ValueError, ArrowInvalid):  # with pandas' parser errors and UnicodeError
        raise SubjectError(
            f"{quoted(name)} must be a readable CSV or Parquet table but is not."
        ) from None
    theirs = {str(column): column for column in table}
    named = _mapped(file.parent / COLUMNS_FILE, list(theirs))
    small = {column.strip().casefold(): column for column in reversed(theirs)}
    for ours, others in KNOWN.items():
        there = next((small[one] for one in (ours, *others) if one in small), None)
        if ours not in named and there is not None and there not in named.values():
            named[ours] = there
    return table[[theirs[column] for column in named.values()]].set_axis([*named], axis=1)


def _read_text(file: Path) -> pd.DataFrame:
    """Return a table in text: of commas, or as a spreadsheet writes it elsewhere in the world.

    Where semicolons or tabs part columns a comma is a decimal point, unless there are points, too.
    """
    text = file.read_text(encoding="utf-8-sig")
    head, _, rest = text.partition("\n")
    mark = max(",;\t", key=head.count)
    comma = mark != "," and re.search(r"\d,\d", rest) and not re.search(r"\d\.\d", rest)
    return pd.read_csv(io.StringIO(text), sep=mark, decimal="," if comma else ".")


def _mapped(file: Path, columns: Sequence[str]) -> dict[str, str]:
    """Return the user's own mapping, if it is there."""
    if not file.is_file():
        return {}
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        mapped = {str(ours): str(theirs) for ours, theirs in told.items()}
    except (OSError, ValueError, AttributeError):
        raise SubjectError(
            f"{COLUMNS_FILE} must map our columns to those of the table, in JSON, but does not."
        ) from None
    for ours, theirs in mapped.items():
        if ours not in KNOWN or theirs not in columns:
            raise SubjectError(
                f"{COLUMNS_FILE} must map some of {', '.join(KNOWN)} to columns of the table but "
                f"maps {ours!r} to {theirs!r}."
            )
    return mapped


_ANY = (-np.inf, np.inf)
_BOUNDS = {"ssim": (-1.0, 1.0), "ms_ssim": (-1.0, 1.0), "haarpsi": (0.0, 1.0),
           "hallucination": (0.0, 1.0),
           "psnr": _ANY, "bias_hu": _ANY, "frequency_shift": _ANY}  # fmt: skip
"""Between which values a metric lies by its definition; one that is not here is 0 or more."""


def require_metrics(table: pd.DataFrame, name: str) -> list[str]:
    """Return the metrics that a table has.

    Raises:
        EvaluationError: none of those that are known here, or one is no number that it can be.
    """
    found = [metric for metric in METRICS if metric in table]
    if not found:
        raise EvaluationError(
            f"{quoted(name)} must have at least one of the columns {', '.join(METRICS)} but has "
            "none."
        )
    for metric in found:
        values = pd.to_numeric(table[metric], errors="coerce")
        low, high = _BOUNDS.get(metric, (0.0, np.inf))
        text = values.isna() & table[metric].notna()
        if text.any():
            raise EvaluationError(
                f"`{metric}` of {quoted(name)} must be numbers but {text.sum()} of {len(table)} "
                "are none."
            )
        outside = (values < low) | (values > high)
        if outside.any():
            raise EvaluationError(
                f"`{metric}` of {quoted(name)} must be between {low:g} and {high:g} but "
                f"{outside.sum()} of {len(table)} are not, such as {values[outside].iloc[0]:g}."
            )
    return found
