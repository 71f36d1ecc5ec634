"""Tables as people read them: names in the field's terms, shares in percent, digits that matter."""

import re
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from pi.digits import NOTHING, number, percent
from pi.evaluation.metrics import METRICS, mean_text

SHARES = {
    "psi": "Ψ (%)",
    "measured_psi": "measured Ψ (%)",
    "target": "target Ψ (%)",
    "target_psi": "target Ψ (%)",
    "psi_low": "Ψ low (%)",
    "psi_high": "Ψ high (%)",
    "share": "share (%)",
}
"""Columns that hold fractions, and what they are called once they are percent."""

_RUN_ID = re.compile(r"^([0-9a-f]{6})[0-9a-f]{26}$")

NONE: Mapping[str, str] = MappingProxyType({})


def styled(rows: pd.DataFrame, metrics: Mapping[str, str] = NONE) -> Styler:
    """Return a table as a page shows it: in words and percent, with the digits of `pi.digits`.

    Numbers stay what they are, by which a page sorts.

    Args:
        rows: as it is saved.
        metrics: columns that hold a metric and have another name than it.
    """
    read = in_percent(rows)
    forms: dict[Any, Callable[[float], str]] = {
        heading_of(column): form_of(str(column), metrics)
        for column in read.select_dtypes("float").columns
    }
    return in_words(read).style.format(forms, na_rep=NOTHING)  # type: ignore[arg-type]


def form_of(column: str, metrics: Mapping[str, str] = NONE) -> Callable[[float], str]:
    """Return what tells a number of a column, see `pi.digits`.

    Args:
        column: its name, by which a metric and a share (``(%)``) are known.
        metrics: as of `styled`.
    """
    metric = metrics.get(column, column)
    if metric in METRICS:
        return partial(mean_text, metric=metric)
    if column.endswith("(%)"):
        return lambda value: percent(value / 100).removesuffix(" %")
    return number


def in_percent(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which the columns of `SHARES`, and of ``psi at``, are in percent."""
    read = rows.copy()
    names = {}
    for column in rows.select_dtypes("float").columns:
        asked = str(column)
        if asked in SHARES or asked.startswith("psi at "):
            read[column] = 100 * rows[column]
            names[column] = SHARES.get(asked, f"Ψ at λ = {asked.removeprefix('psi at ')} (%)")
    return read.rename(columns=names)


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table with headings that are words and units, and short ids of runs.

    Metrics are called as everywhere, with their unit; a dash stands where a text is empty.
    """
    read = rows.copy()
    for column in read.select_dtypes(["object", "string"]).columns:
        read[column] = read[column].map(_cell)
    return read.rename(columns=heading_of)


def heading_of(column: Hashable) -> str:
    """Return what a column is called: ``PSNR (dB)``, ``λ``, ``first trial``."""
    name = str(column)
    if name in METRICS:
        return METRICS[name].heading
    return "λ" if name == "lambda" else name.replace("_", " ")


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _RUN_ID.sub(r"\1", value) or NOTHING
