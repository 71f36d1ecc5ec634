"""Slices to look at among several evaluations: which are worth it, and what each scored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from pi.evaluation.metrics import METRICS
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.table import KEY, LOW_DOSE, evaluated_image, gains, metrics_of
from pi.identity import SliceKey


def ranked_slices(tables: Sequence[pd.DataFrame], protocol: str, metric: str) -> pd.DataFrame:
    """Return the slices that all tables have, with what each made of them.

    Args:
        tables: slice tables of evaluations on the same data.
        protocol: whose metric.
        metric: one that has a direction.

    Returns:
        One row per slice, sorted by its key: `KEY`, ``gain`` (mean over the tables) and
        ``disagreement`` (greatest less smallest gain, 0 of one table). A table of somebody else's
        that tells nothing of the low dose is set beside what another tells of it; where none does,
        the gain is over 0.

    Raises:
        EvaluationError: see `pi.evaluation.table.gains`, or no slice is in all of them.
    """
    low_dose = next((own for table in tables if not (own := _low_dose(table)).empty), None)
    gained = [_gain(table, low_dose, protocol, metric) for table in tables]
    paired = pd.concat(gained, axis=1, join="inner")
    if paired.empty:
        raise EvaluationError("the evaluations must have slices in common but have none.")
    spread = paired.max(axis=1) - paired.min(axis=1)
    ranked = pd.DataFrame({"gain": paired.mean(axis=1), "disagreement": spread})
    return ranked.sort_index().reset_index()


def _low_dose(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["image"] == LOW_DOSE]


def _gain(
    table: pd.DataFrame, low_dose: pd.DataFrame | None, protocol: str, metric: str
) -> "pd.Series[float]":
    """Return the gain by slice of a table, which may tell nothing of the low dose itself."""
    if _low_dose(table).empty:
        beside = table.assign(image=LOW_DOSE, **{metric: 0.0}) if low_dose is None else low_dose
        both = beside.merge(table[KEY].drop_duplicates(), on=KEY)
        table = pd.concat([table.merge(both[KEY].drop_duplicates(), on=KEY), both])
    return gains(table, protocol, metric).set_index(KEY)["gain"]


def slice_scores(tables: Mapping[str, pd.DataFrame], key: SliceKey, protocol: str) -> pd.DataFrame:
    """Return the metrics of one slice: a row for the low dose, and one for each table.

    Args:
        tables: slice tables by the name of the row.
        key: of the slice.
        protocol: whose metrics.

    Returns:
        Columns ``image`` and the metrics; of a table that lacks one it is NaN.
    """
    rows: list[dict[str, object]] = []
    for name, table in tables.items():
        near = table[table["position"] == key.position]  # a number, which is compared fast
        own = (near[KEY] == [asdict(key)[name] for name in KEY]).all(axis=1)
        found = near[own & (near["protocol"] == protocol)].set_index("image")
        for image in (LOW_DOSE, evaluated_image(table)):
            label = "low dose" if image == LOW_DOSE else name
            if image in found.index and label not in [row["image"] for row in rows]:
                names = metrics_of(table)
                values = found[names].loc[[image]].to_numpy(np.float64)[0]
                rows.append({"image": label, **dict(zip(names, values.tolist(), strict=True))})
    rows.sort(key=lambda row: row["image"] != "low dose")  # which the first table may not tell
    shown = [name for name in METRICS if any(name in table for table in tables.values())]
    return pd.DataFrame(rows, columns=["image", *shown])
