"""What Algorithm 1 reads back from its steps, and what it leaves in the tracking store."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pi.evaluation.ranking import METRICS
from pi.evaluation.table import read_table
from pi.tracking.address import TrackingError
from pi.tracking.earlier import children_of, fetch_artifact
from pi.tracking.run import Run


def calibrated_runs(calibration: str, state: str) -> dict[str, str]:
    """Return the nested run of each experiment in one state of the denoiser, by its name.

    Raises:
        TrackingError: the calibration has none in that state.
    """
    children = children_of(calibration)
    found = {
        record.params["experiment"]: run_id
        for run_id, record in children.items()
        if record.params.get("state") == state
    }
    if not found:
        raise TrackingError(f"calibration {calibration!r} must have the state {state} but has not.")
    return found


def slice_table(run_id: str) -> pd.DataFrame:
    """Return the slice table of an evaluation.

    Raises:
        TrackingError: the run has none.
        EvaluationError: the table is damaged.
    """
    return read_table(fetch_artifact(run_id, "slices.parquet"))


def log_board(run: Run, board: pd.DataFrame, switches: Sequence[Mapping[str, str]]) -> None:
    """Log Table 3 as metrics, table and note, and the board of switches."""
    run.table(board, "table3.json")
    run.text(board.to_csv(index=False), "table3.csv")
    run.table(pd.DataFrame(switches), "switches.json")
    run.metrics(
        {
            f"{metric}_of/{row['experiment']}": float(row[metric])
            for _, row in board.iterrows()
            for metric in METRICS
        }
    )
    head = "|experiment|" + "|".join(m.upper() for m in METRICS) + "|mean rank|\n"
    rows = [
        f"|{row['experiment']}|" + "|".join(f"{row[m]:.4g}" for m in METRICS)
        + f"|{row['mean_rank']:.2f}|"
        for _, row in board.iterrows()
    ]  # fmt: skip
    run.note(f"Table 3\n\n{head}" + "|---" * (len(METRICS) + 2) + "|\n" + "\n".join(rows))
