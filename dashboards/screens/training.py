"""Training: losses, Psi and gradient influence over epochs across runs, and the drift."""

from collections.abc import Sequence
from math import nan

import pandas as pd
import streamlit as st

from dashboards.placing import (
    choose_runs,
    described,
    figure,
    going_on,
    heading,
    label_of,
    missing,
    runs_of,
    table,
)
from pi.figures.training_curves import (
    SERIES,
    TrainingCurves,
    curves_table,
    draw_influences,
    draw_losses,
    drift_table,
    training_curves,
)
from pi.tracking.listing import ListedRun, read_series

AT_FIRST = 4  # runs


def main() -> None:
    """Place the page."""
    heading(
        "Training",
        "Whether the influence stayed where it was set while the network learned: by the share of "
        "the losses, and by the share of the gradients that move the weights.",
    )
    runs = runs_of("train", "python -m entrypoints.train")
    chosen = choose_runs("Runs", runs, "trainings", [run.run_id for run in runs[:AT_FIRST]])
    st.toggle("Look again every 10 seconds", key="watching", help="for runs that are under way")
    st.fragment(_place, run_every=10 if st.session_state.get("watching") else None)(chosen)


def _place(chosen: Sequence[ListedRun]) -> None:
    curves = _curves(chosen)
    if not curves:
        st.info("Choose a run above that has finished an epoch.")
        return
    st.subheader("Influence")
    figure(lambda: draw_influences(curves), "influence_over_epochs",
           lambda: curves_table(curves),
           "Log-odds of Psi by losses and by gradients, and the drift from the target")  # fmt: skip
    table(drift_table(curves), "drift")
    st.subheader("Losses")
    figure(lambda: draw_losses(curves), "losses_over_epochs", lambda: curves_table(curves),
           "Image loss, weighted perceptual loss and validation SSIM by epoch")  # fmt: skip


def _curves(chosen: Sequence[ListedRun]) -> list[TrainingCurves]:
    found: list[tuple[str, pd.DataFrame, float]] = []
    for run in chosen:
        with going_on():
            series = read_series(run.run_id, SERIES)
            if series.empty:
                missing(f"{label_of(run)} has not finished an epoch.")
                continue
            target = run.record.params.get("target_psi")
            found.append(
                (
                    f"{described(run)} ({run.run_id[:6]})",
                    series,
                    float(target) if target else nan,
                )
            )
    return training_curves(found)


if __name__ == "__main__":
    main()
