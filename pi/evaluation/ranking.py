"""The paper's Table 3 over several runs: mean, deviation and rank of each."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pi.digits import effect, fixed
from pi.evaluation.metrics import METRICS, higher_is_better, ranked_metrics
from pi.evaluation.summary import summarise
from pi.evaluation.table import LOW_DOSE, evaluated_image

LOW_DOSE_ROW = "low dose"


def rank_runs(tables: Mapping[str, pd.DataFrame], protocol: str) -> pd.DataFrame:
    """Return Table 3: one row per run, and one for doing nothing unless one of them does.

    Args:
        tables: slice table of each run, by the name of its experiment; all of the same slices.
        protocol: whose metrics.

    Returns:
        Columns: ``experiment``, for each metric its mean, ``_sd`` (ddof 0) and ``_rank`` (1 is
        best), and ``mean_rank``; sorted by it. Infinite PSNR is in no mean, and what a table lacks
        is NaN and in no rank.
    """
    rows = [_row(name, table, protocol, evaluated_image(table)) for name, table in tables.items()]
    if all(evaluated_image(table) != LOW_DOSE for table in tables.values()):
        first = next(iter(tables.values()))
        rows.append(_row(LOW_DOSE_ROW, first, protocol, LOW_DOSE))
    return with_ranks(rows)


def with_ranks(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return rows of a name, means and deviations with their ranks, as `rank_runs` does."""
    board = pd.DataFrame([dict(row) for row in rows])
    for metric in ranked_metrics():
        board[f"{metric}_rank"] = board[metric].rank(
            ascending=not higher_is_better(metric), method="min"
        )
    board["mean_rank"] = board[[f"{metric}_rank" for metric in ranked_metrics()]].mean(axis=1)
    return board.sort_values(["mean_rank", "ssim_rank"], ignore_index=True)


def ranking_text(board: pd.DataFrame, protocol: str) -> str:
    """Return Table 3 as the paper prints it: mean (SD) and rank."""
    shown = pd.DataFrame({"experiment": board["experiment"]})
    for metric in ranked_metrics():
        digits = METRICS[metric].decimals
        shown[metric.upper()] = [
            f"{fixed(mean, digits)} ({fixed(sd, digits)})"
            for mean, sd in zip(board[metric], board[f"{metric}_sd"], strict=True)
        ]
    for metric in ranked_metrics():
        shown[f"rank by {metric.upper()}"] = [fixed(rank, 0) for rank in board[f"{metric}_rank"]]
    shown["mean rank"] = [effect(rank, "") for rank in board["mean_rank"]]
    return f"{protocol}, mean (SD) over slices:\n{shown.to_string(index=False)}\n"


def _row(name: str, table: pd.DataFrame, protocol: str, image: str) -> dict[str, object]:
    rows = table[(table["protocol"] == protocol) & (table["image"] == image)]
    summary = summarise(rows).set_index("metric")
    row: dict[str, object] = {"experiment": name}
    for metric in ranked_metrics():
        row[metric], row[f"{metric}_sd"] = summary[["mean", "sd"]].reindex([metric]).to_numpy()[0]
    return row
