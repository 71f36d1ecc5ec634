"""All of one comparison: several runs, a reference or all pairs, several metrics, one family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from pi.comparison.contrast import Contrast
from pi.comparison.friedman import Friedman
from pi.comparison.pairing import PairedTable, RunTable
from pi.comparison.signed_rank import ZeroRule
from pi.comparison.verdict import Verdict

ChosenBy = Literal["name", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The run that the others are compared with.

    Attributes:
        run: its name.
        chosen_by: ``name``: the user's; ``validation``: best on validation patients; ``test``:
            best on the compared slices themselves, which favours it and is said wherever it is
            shown.
    """

    run: str
    chosen_by: ChosenBy


@dataclass(frozen=True)
class Comparison:
    """All that is known about some runs.

    Attributes:
        reference: the run that the others are compared with; None: all pairs are.
        protocol: whose metrics.
        paired: the joined table of each metric, in the order asked for.
        contrasts: every pair and metric, metric by metric, in the order of the runs; p-values
            are corrected over all of them together.
        verdicts: one a contrast.
        friedman: of each metric; empty with fewer than three runs or two patients.
    """

    reference: Reference | None
    protocol: str
    paired: Mapping[str, PairedTable] = field(repr=False)
    contrasts: tuple[Contrast, ...]
    verdicts: tuple[Verdict, ...]
    friedman: Mapping[str, Friedman]


def compare_runs(
    runs: Sequence[RunTable],
    metrics: Sequence[str],
    protocol: str,
    reference: Reference | None,
    rng: np.random.Generator,
    zero_rule: ZeroRule = "wilcox",
) -> Comparison:
    """Compare runs on the slices that all of them have.

    Args:
        runs: their slice tables, of one data set and part.
        metrics: of `pi.evaluation.table.HIGHER_IS_BETTER`.
        protocol: whose values.
        reference: the run that the others are compared with; None compares all pairs, the earlier
            one of a pair being its reference.
        rng: of the bootstrap, and of flips beyond `EXACT_FLIPS_UP_TO` patients.
        zero_rule: what the signed-rank test does with slices that do not differ.

    Raises:
        ComparisonError: see `pair_runs`; an unknown reference; no metric.
    """
    raise NotImplementedError


def best_run(paired: PairedTable) -> str:
    """Return the name of the run with the best mean over slices; of equals, the earlier one."""
    raise NotImplementedError


def contrast_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a contrast with every number of it, at full precision, for CSV and Parquet.

    Columns: see `CONTRAST_COLUMNS`. An end of an interval that nothing bounds is infinite.
    """
    raise NotImplementedError


CONTRAST_COLUMNS = (
    "metric", "protocol", "reference", "other", "reference_mean", "other_mean", "mean_gain",
    "n", "zeros", "zero_rule", "w_plus", "w_minus", "z", "p", "log10_p", "holm_p",
    "holm_log10_p", "rank_biserial", "rank_biserial_low", "rank_biserial_high", "d_z",
    "d_z_low", "d_z_high", "d_pooled", "shift", "shift_low", "shift_high", "common_language",
    "patients", "agreeing", "flip_p", "flip_log10_p", "flip_smallest", "flip_holm_p",
    "clustered_z", "clustered_icc", "clustered_p", "clustered_holm_p", "patient_shift",
    "patient_shift_low", "patient_shift_high", "patient_mean_gain_low", "patient_mean_gain_high",
    "patient_rank_biserial_low", "patient_rank_biserial_high", "patient_d_z_low",
    "patient_d_z_high", "family", "outcome", "verdict",
)  # fmt: skip
