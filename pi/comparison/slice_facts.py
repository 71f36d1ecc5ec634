"""What headers tell of the slices of several runs: the same of a slice, whichever run says it."""

from collections.abc import Mapping

import pandas as pd

from pi.comparison.gains import ComparisonError
from pi.evaluation.table import KEY, facts_of


def shared_facts(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the facts of each slice: one row per slice by its key, one column a fact.

    What one table does not tell, another may.

    Args:
        tables: slice tables by the name of their run.

    Raises:
        ComparisonError: two runs tell unlike things of a slice.
    """
    shared = pd.DataFrame()
    first = ""
    for name, table in tables.items():
        own = table.drop_duplicates(KEY).set_index(KEY)[facts_of(table)]
        for column in own.columns.intersection(shared.columns):
            _refuse_unlike(column, {first: shared[column], name: own[column]})
        shared, first = (shared.combine_first(own), first) if first else (own, name)
    return shared


def _refuse_unlike(column: str, told: Mapping[str, "pd.Series[float]"]) -> None:
    both = pd.DataFrame(dict(told)).dropna()
    one, other = both.columns
    unlike = both[both[one] != both[other]]
    if len(unlike):
        raise ComparisonError(
            f"runs must be told the same {column} of a slice but of {len(unlike)} slices "
            f"{one!r} and {other!r} are not, such as {unlike[one].iloc[0]} and "
            f"{unlike[other].iloc[0]}: evaluate again what is older."
        )
