"""Runs of one configuration that differ in their seed alone: their mean and their spread."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable, index_keys, refuse_other_data
from pi.evaluation.metrics import METRICS
from pi.evaluation.table import IDENTITY, checked, evaluated_image, facts_of, metrics_of


@dataclass(frozen=True)
class SeedGroup:
    """Runs of one configuration with several seeds.

    Attributes:
        table: the mean over seeds of every slice's metrics that all runs have, under the
            configuration's name.
        runs: names of the runs.
        spread: one row per protocol and metric of the evaluated image: ``protocol``, ``metric``,
            ``mean`` (over seeds of the means over slices), ``sd`` (ddof 1 over seeds, 0 of a
            single one), ``lowest`` and ``highest``. Infinite PSNR is in no mean.
    """

    table: RunTable
    runs: tuple[str, ...]
    spread: pd.DataFrame = field(repr=False)


def group_seeds(name: str, runs: Sequence[RunTable]) -> SeedGroup:
    """Average the runs of one configuration, slice by slice.

    Args:
        name: of the configuration.
        runs: one a seed; a single one is a group, too.

    Raises:
        ComparisonError: no run, other data or parts, or a slice that one seed has and another
            has not.
        EvaluationError: a damaged table.
    """
    if not runs:
        raise ComparisonError(f"{name!r} must have at least one run but has none.")
    whole = [checked(run.slices).set_index(IDENTITY) for run in runs]
    shared = [name for name in METRICS if all(name in table for table in whole)]
    tables = [table[shared] for table in whole]
    for run, table in zip(runs[1:], tables[1:], strict=True):
        refuse_other_data(runs[0], run)
        _refuse_other_slices(runs[0], run, tables[0].index, table.index)
    means = pd.DataFrame(
        np.mean([table.to_numpy() for table in tables], axis=0), tables[0].index, shared
    )
    told = whole[0][facts_of(whole[0])]
    slices = pd.concat([told, means], axis=1).reset_index()
    averaged = RunTable(name, slices, runs[0].digest, runs[0].part)
    return SeedGroup(averaged, tuple(run.name for run in runs), _spread(runs))


def _spread(runs: Sequence[RunTable]) -> pd.DataFrame:
    means: pd.DataFrame = pd.concat(
        [
            run.slices[run.slices["image"] == evaluated_image(run.slices)]
            .replace(np.inf, np.nan)
            .groupby("protocol")[metrics_of(run.slices)]
            .mean()
            .melt(var_name="metric", ignore_index=False)
            for run in runs
        ]
    )
    grouped = means.groupby(["protocol", "metric"], sort=False)["value"]
    spread = grouped.agg(["mean", "std", "min", "max"]).fillna({"std": 0.0})
    spread.columns = pd.Index(["mean", "sd", "lowest", "highest"])
    return spread.reset_index()


def _refuse_other_slices(first: RunTable, second: RunTable, one: pd.Index, other: pd.Index) -> None:
    missing = one.symmetric_difference(other)
    if missing.empty:
        return
    lacking = second if missing[0] in one else first
    *key, protocol, image = missing[0]
    raise ComparisonError(
        f"seeds of one configuration must have the same slices, protocols and images but "
        f"{lacking.name!r} lacks {index_keys([key])[0]} ({protocol}, {image})."
    )
