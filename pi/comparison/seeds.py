"""Runs of one configuration that differ in their seed alone: their mean and their spread."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pi.comparison.pairing import RunTable


@dataclass(frozen=True)
class SeedGroup:
    """Runs of one configuration with several seeds.

    Attributes:
        table: the mean over seeds of every slice's metrics, under the configuration's name.
        runs: names of the runs.
        spread: one row a protocol and metric of the judged image: ``protocol``, ``metric``,
            ``mean`` (over seeds of the means over slices), ``sd`` (ddof 1 over seeds, 0 of a
            single one), ``lowest`` and ``highest``.
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
    """
    raise NotImplementedError
