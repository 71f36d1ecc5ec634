"""Influence: Psi over lambda of chosen calibrations, for any target, and what it is made of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboards.placing import (
    choose_runs,
    figure,
    going_on,
    heading,
    plain,
    runs_of,
    table,
    undrawn,
)
from pi.experiments import NAMED
from pi.figures.influence_breakdown import (
    draw_layer_shares,
    draw_strata,
    layer_shares_of,
    share_table,
    strata_of,
)
from pi.figures.influence_curve import draw_influence, influence_curves
from pi.influence.calibration import Calibration
from pi.influence.measured import MeasuredLosses
from pi.influence.table import curve_table, stratum_table, summary_table, weight_grid
from pi.tracking.gallery import ListedRun, read_measured

HABIT = ("habit", 0.1)
OWN = "another value"


@st.cache_resource(max_entries=64, show_spinner="Reading the losses of the patches …")
def measured(run_id: str) -> MeasuredLosses:
    """Return what a calibration measured, which never changes."""
    return read_measured(run_id)


def main() -> None:
    """Place the page."""
    heading(
        "Influence",
        "How much of the training loss is perceptual, and which λ makes it as much as you want. "
        "Everything is computed from the losses of the patches that each calibration measured.",
    )
    runs = runs_of("calibration", "make calibrate")
    chosen = choose_runs("Calibrations", runs, "calibrations", _at_first(runs))
    left, right = st.columns(2, gap="large")
    with left:
        target = st.slider("Target Ψ (%)", 0.5, 99.5, _asked(runs), 0.5, key="target") / 100
    with right:
        paper, weight = _weight_in_print()
    calibrations = _calibrations(chosen, target)
    if not calibrations:
        st.info("Choose a calibration above.")
        return
    _answers(calibrations, paper, weight)
    _curves(calibrations, target, weight)
    _breakdown(calibrations)


def _at_first(runs: Sequence[ListedRun]) -> list[str]:
    """Return the calibrations of the newest command, in its first (the recommended) state."""
    family = [run for run in runs if run.parent == runs[0].parent]
    state = family[0].record.params.get("state")
    return [run.run_id for run in family if run.record.params.get("state") == state][:4]


def _asked(runs: Sequence[ListedRun]) -> float:
    """Return the target of the newest calibration, in percent, as the slider has it."""
    asked = 100 * float(runs[0].record.params.get("target_psi", "0.95"))
    return min(max(round(2 * asked) / 2, 0.5), 99.5)


def _weight_in_print() -> tuple[str, float]:
    """Let a lambda be chosen: of a paper, or one's own."""
    known = {one.published.source: one.published.value for one in NAMED.values() if one.published}
    known = dict([HABIT]) | known
    name, own = st.columns([3, 2])
    options = [*known, OWN]
    with name:
        paper = st.selectbox(
            "What does this λ mean on my data?", options, key="paper",
            format_func=lambda one: f"{one}: λ = {known[one]:g}" if one in known else one,
        )  # fmt: skip
    with own:
        weight = st.number_input(
            "λ", 0.0, None, known.get(paper, 1.0), format="%.3g", key=f"lambda of {paper}",
            disabled=paper in known,
        )  # fmt: skip
    return paper, float(weight)


def _calibrations(chosen: Sequence[ListedRun], target: float) -> list[Calibration]:
    """Return the chosen calibrations for the target; two of one name are told apart by run."""
    found: list[tuple[str, Calibration]] = []
    for run in chosen:
        with going_on():
            found.append((run.run_id[:6], measured(run.run_id).at(target)))
    names = Counter((c.experiment.name, c.state) for _, c in found)
    return [
        _named(c, f" ({run_id})" if names[c.experiment.name, c.state] > 1 else "")
        for run_id, c in found
    ]


def _named(calibration: Calibration, suffix: str) -> Calibration:
    experiment = replace(calibration.experiment, name=calibration.experiment.name + suffix)
    return replace(calibration, experiment=experiment)


def _undrawn(calibrations: Sequence[Calibration]) -> list[Calibration]:
    """Return calibrations whose names matplotlib draws as they are."""
    return [
        replace(c, experiment=replace(c.experiment, name=undrawn(c.experiment.name)))
        for c in calibrations
    ]


def _answers(calibrations: Sequence[Calibration], paper: str, weight: float) -> None:
    """Place lambda and its interval, and what the other lambda would mean."""
    rows = summary_table(calibrations, [weight])
    for column, (_, row) in zip(st.columns(len(rows)), rows.iterrows(), strict=True):
        exact = row["low"] == row["high"]
        column.metric(
            plain(f"{row['experiment']}, {row['state']}"), f"λ = {row['lambda']:.3g}", border=True,
            delta="all patches measured" if exact else _interval(row), delta_color="off",
            delta_arrow="off",
        )  # fmt: skip
        column.caption(f"λ = {weight:g} is Ψ = **{100 * row[f'psi at {weight:g}']:.4g} %** here")


def _interval(row: "pd.Series[float]") -> str:
    return f"95 %: {row['low']:.3g} to {row['high']:.3g}"


def _curves(calibrations: Sequence[Calibration], target: float, weight: float) -> None:
    grid = weight_grid(calibrations)
    data = pd.concat(
        [curve_table(c, grid).assign(experiment=c.experiment.name, state=c.state)
         for c in calibrations]
    )  # fmt: skip
    drawn = draw_influence(influence_curves(_undrawn(calibrations), grid), target, [weight])
    figure(drawn, "influence", data, "Psi over log lambda, in percent and in log-odds")


def _breakdown(calibrations: Sequence[Calibration]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By reconstruction")
        st.caption("At the one λ above: the points lie apart where one λ cannot suit all data.")
        strata = stratum_table(calibrations)
        figure(draw_strata(strata_of(_undrawn(calibrations))), "by_reconstruction", strata,
               "Psi within each reconstruction at the chosen lambda")  # fmt: skip
    with right:
        st.subheader("By layer")
        st.caption("How the total loss is divided at that λ.")
        shares = layer_shares_of(calibrations)
        drawn = draw_layer_shares(layer_shares_of(_undrawn(calibrations)))
        figure(drawn, "by_layer", share_table(shares),
               "Shares of the image loss and of each layer in the total loss")  # fmt: skip
    with st.expander("All numbers"):
        table(summary_table(calibrations, []), "summary")
        table(stratum_table(calibrations), "strata")


if __name__ == "__main__":
    main()
