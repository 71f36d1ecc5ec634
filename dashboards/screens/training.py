"""Training: losses, Psi and gradient influence over epochs across runs, and the drift."""

from collections.abc import Callable, Sequence
from math import nan

import pandas as pd
import streamlit as st
from matplotlib.figure import Figure

from dashboards.charts.over_epochs import over_epochs, panel_rows
from dashboards.choosing import choose_runs, described, label_of, runs_of
from dashboards.placing import chart, going_on, heading, missing, savers, table
from dashboards.watching import watch
from pi.figures.training_curves import (
    SERIES,
    TrainingCurves,
    curves_table,
    draw_influences,
    draw_losses,
    drift_table,
    training_curves,
)
from pi.figures.training_panels import INFLUENCES, LOSSES, EpochPanel
from pi.overview.results import called
from pi.tracking.listing import ListedRun, read_series

AT_FIRST = 4  # runs


def main() -> None:
    """Place the page."""
    heading(
        "Training",
        "Whether the influence stayed where it was set while the network learned: by the share of "
        "the losses, and by the share of the gradients that move the weights.",
    )
    watch("train")
    runs = runs_of("train", "python -m entrypoints.train")
    chosen = choose_runs("Runs", runs, "trainings", [run.run_id for run in runs[:AT_FIRST]])
    curves = _curves(chosen)
    if not curves:
        st.info("Choose a run above that has finished an epoch.")
        return
    st.caption("A click on a name below a chart singles it out; drag to move, Ctrl and the wheel "
               "to zoom, a double click to see all.")  # fmt: skip
    _place("Influence", curves, INFLUENCES, draw_influences, "influence_over_epochs")
    table(drift_table(curves), "drift")
    _place("Losses", curves, LOSSES, draw_losses, "losses_over_epochs")


def _place(
    title: str,
    curves: Sequence[TrainingCurves],
    panels: Sequence[EpochPanel],
    draw: Callable[[Sequence[TrainingCurves]], Figure],
    name: str,
) -> None:
    st.subheader(title)
    rows = [(panel, panel_rows(curves, panel)) for panel in panels]
    known = [(panel, own) for panel, own in rows if not own.empty]
    beside = len(known) if len(known) % 2 else 2
    for start in range(0, len(known), beside):
        for column, (panel, own) in zip(
            st.columns(beside), known[start : start + beside], strict=False
        ):
            with column:
                chart(over_epochs(curves, panel, own), {"points": own}, f"chart {panel.title}",
                      f"{panel.title} by epoch")  # fmt: skip
    savers(lambda: draw(curves), name, lambda: curves_table(curves))


def _curves(chosen: Sequence[ListedRun]) -> list[TrainingCurves]:
    found: list[tuple[str, str, pd.DataFrame, float]] = []
    for run in chosen:
        with going_on():
            series = read_series(run.run_id, SERIES)
            if series.empty:
                missing(f"{label_of(run)} has not finished an epoch.")
                continue
            target = run.record.params.get("target_psi")
            label = f"{described(run)} ({run.run_id[:6]})"
            found.append((label, called(run), series, float(target) if target else nan))
    return training_curves(found)


if __name__ == "__main__":
    main()
