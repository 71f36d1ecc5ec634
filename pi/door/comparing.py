"""Compare the per-slice results of anyone: data frames in, the patients' verdict out."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pi.choices import ZeroRule
from pi.comparison.comparison import Comparison, Reference, compare_runs
from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable
from pi.evaluation.metrics import METRICS
from pi.evaluation.table import DENOISED, KEY, LOW_DOSE, checked, protocols_of
from pi.identity import UNKNOWN_DOSE, UNKNOWN_KERNEL, UNKNOWN_THICKNESS
from pi.protocol_names import protocol_name

OWN = "own"
"""What the protocol of a table is called that names none."""

_UNTOLD: Mapping[str, str | float] = {
    "thickness": UNKNOWN_THICKNESS,
    "kernel": UNKNOWN_KERNEL,
    "dose": UNKNOWN_DOSE,
    "protocol": OWN,
    "image": DENOISED,
}


def compare(
    tables: Mapping[str, pd.DataFrame],
    *,
    metrics: Sequence[str] = (),
    protocol: str = "",
    reference: str | None = None,
    zero_rule: ZeroRule = "wilcox",
    seed: int = 5,
) -> Comparison:
    """Compare several results slice by slice, with patients as what is sampled.

    A table has a row a slice: the columns ``patient``, ``position`` (or ``slice``, a number) and
    at least one metric that `pi` knows, such as ``ssim``, ``psnr``, ``nrmse`` or ``rmse_hu``. What
    else identifies a slice (``thickness``, ``kernel``, ``dose``, ``protocol``, ``image``) may be
    left out. `evaluate` makes such tables.

    >>> import pandas as pd
    >>> import pi
    >>> patients = [f"P{n}" for n in range(8) for _ in range(3)]
    >>> slices = pd.DataFrame({"patient": patients, "slice": [0, 1, 2] * 8, "psnr": 30.0})
    >>> better = slices.assign(psnr=slices["psnr"] + 1 + slices["slice"])
    >>> found = pi.compare({"mine": slices, "yours": better}, reference="mine")
    >>> found.contrasts[0].other, found.verdicts[0].outcome
    ('yours', 'better')

    Args:
        tables: by the name of each result; they are of the same slices of the same data.
        metrics: to compare by; none: all that every table has.
        protocol: whose values; empty: the first of the first table.
        reference: name of the result that the others are compared with; None: all pairs.
        zero_rule: what the signed-rank test does with slices that do not differ.
        seed: of the bootstrap.

    Raises:
        ComparisonError: fewer than two tables, no slice or metric in common, or see `compare_runs`.
        EvaluationError: a table without a needed column, with a slice twice, or with a NaN.
    """
    own = {name: _slices(table) for name, table in tables.items()}
    if len(own) < 2:
        raise ComparisonError(
            f"`tables` must be two or more, each by its name, but are {len(own)}."
        )
    shared = [
        name for name, metric in METRICS.items()
        if metric.better != "zero" and all(name in table for table in own.values())
    ]  # fmt: skip
    if not (metrics or shared):
        raise ComparisonError(
            f"tables must share a metric to be compared by but share none of {', '.join(METRICS)}."
        )
    whose = protocol_name(protocol) or protocol or protocols_of(next(iter(own.values())))[0]
    return compare_runs(
        [RunTable(name, table, digest="untold", part="test") for name, table in own.items()],
        list(metrics) or shared,
        whose,
        None if reference is None else Reference(reference, "name"),
        np.random.default_rng(seed),
        zero_rule,
    )


def _slices(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of anyone as a slice table, what nobody told being unknown."""
    if "position" not in table and "slice" in table:
        table = table.rename(columns={"slice": "position"})
    known = [*KEY, *_UNTOLD, *METRICS]
    table = table[[str(name) for name in table if name in known]]
    table = table.copy()
    for name, value in _UNTOLD.items():
        table[name] = table.get(name, value)
    if "patient" in table:
        table["patient"] = table["patient"].astype(str)
    unlike = ~table["image"].isin([LOW_DOSE, DENOISED])
    if unlike.any():
        raise ComparisonError(
            f"`image` must be {LOW_DOSE} or {DENOISED} but is {table['image'][unlike].iloc[0]!r}."
        )
    return checked(table)
