"""Slice tables of several runs, made of one number a slice."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pi.comparison.pairing import RunTable
from pi.evaluation.metrics import METRICS
from pi.evaluation.table import COLUMNS

Slices = Mapping[tuple[str, float], float]
"""(patient, position) -> value."""


def slice_table(
    values: Slices, protocols: Sequence[str] = ("paper8",), image: str = "denoised"
) -> pd.DataFrame:
    """Return a table in which every metric of a slice is its value."""
    rows = [
        {"patient": patient, "thickness": 1.0, "kernel": "B30", "dose": 0.0,
         "position": position, "protocol": protocol, "image": image} | dict.fromkeys(METRICS, value)
        for protocol in protocols
        for (patient, position), value in values.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)[COLUMNS]


def run_of(name: str, values: Slices, digest: str = "d1g35t", part: str = "test") -> RunTable:
    return RunTable(name, slice_table(values), digest, part)


def grid(
    patients: int, slices: int, seed: int, shift: float = 0.0
) -> dict[tuple[str, float], float]:
    """Return normal values, of which ``shift`` is the mean."""
    rng = np.random.default_rng(seed)
    return {
        (f"P{p}", float(z)): float(shift + rng.normal())
        for p in range(patients)
        for z in range(slices)
    }
