"""A gain divided by what is known of the slices: by dose, kernel or scanner, along tube current."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from pi.comparison.gains import Floats
from pi.comparison.pairing import PairedTable
from pi.evaluation.table import RECONSTRUCTION
from pi.identity import dose_text, thickness_text
from pi.slices.facts import find_fact

SPELT: Mapping[str, Callable[[Any], str]] = {"thickness": thickness_text, "dose": dose_text}
"""How values of a column are written; others are as they are."""

LEAST = 3
"""Slices of different values that a correlation needs."""


@dataclass(frozen=True, slots=True)
class StratumGain:
    """The gain on the slices of one stratum.

    Attributes:
        column: by which slices are divided, as people read it.
        value: which of its values.
        patients: whose slices these are.
        slices: how many.
        gain: mean over them, above 0 where the other run is better.
    """

    column: str
    value: str
    patients: int
    slices: int
    gain: float


@dataclass(frozen=True, slots=True)
class Trend:
    """How the gain goes with a covariate.

    Attributes:
        column: the covariate, as people read it.
        slices: of which it is known.
        correlation: Spearman's, over slices; above 0 where the gain grows with it.
    """

    column: str
    slices: int
    correlation: float


def strata_of(paired: PairedTable, gains: Floats) -> tuple[StratumGain, ...]:
    """Return the gain on each stratum of every column that divides the slices at all.

    Args:
        paired: the joined tables.
        gains: of its slices, (slices,).
    """
    found = []
    for name, values in _columns(paired):
        column = find_fact(name, numeric=_numeric(values) and name not in RECONSTRUCTION)
        patients = paired.values.index.get_level_values("patient")
        slices = pd.DataFrame({"value": values.to_numpy(), "gain": gains, "patient": patients})
        divided = slices.groupby("value", sort=True)
        if column.kind == "stratum" and divided.ngroups > 1:
            spell = SPELT.get(name, str)
            found += [
                StratumGain(column.title, spell(value), of["patient"].nunique(), len(of),
                            float(of["gain"].mean()))
                for value, of in divided
            ]  # fmt: skip
    return tuple(found)


def trends_of(paired: PairedTable, gains: Floats) -> tuple[Trend, ...]:
    """Return how the gain goes with each covariate that differs among the slices.

    Args:
        paired: the joined tables.
        gains: of its slices, (slices,).
    """
    found = []
    for name, values in paired.facts.items():
        column = find_fact(str(name), numeric=_numeric(values))
        known = values.notna().to_numpy()
        if column.kind == "covariate" and values[known].nunique() >= LEAST:
            told = values[known].to_numpy(np.float64)
            constant = np.ptp(gains[known]) == 0
            correlation = 0.0 if constant else float(spearmanr(told, gains[known]).statistic)
            found.append(Trend(column.title, int(known.sum()), correlation))
    return tuple(found)


def _columns(paired: PairedTable) -> Iterator[tuple[str, "pd.Series[float]"]]:
    for name in RECONSTRUCTION:
        yield name, paired.values.index.get_level_values(name).to_series()
    for fact, values in paired.facts.items():
        yield str(fact), values


def _numeric(values: "pd.Series[float]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))
