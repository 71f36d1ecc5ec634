"""Influence: Psi over lambda of chosen calibrations, for any target, and what it is made of."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from dashboards.charts.over_lambda import (
    PICKED,
    answer_rows,
    curve_rows,
    influence_chart,
    layers_chart,
    strata_chart,
)
from dashboards.choosing import choose_runs, runs_of
from dashboards.placing import chart, going_on, heading, plain, savers, table
from dashboards.watching import watch
from pi.digits import number, percent
from pi.figures.influence_breakdown import (
    draw_layer_shares,
    draw_strata,
    layer_shares_of,
    share_table,
    strata_of,
)
from pi.figures.influence_curve import (
    draw_influence,
    influence_curves,
    influence_table,
)
from pi.influence.calibration import ExperimentCalibration
from pi.influence.measured import MeasuredLosses
from pi.influence.psi import Floats
from pi.influence.table import stratum_table, summary_table, weight_grid
from pi.losses.experiments import NAMED
from pi.tracking.listing import ListedRun, read_measured

HABIT = ("habit", 0.1)
OWN = "another value"
ENDS = (0.5, 99.5)  # of the target, in percent
FIELDS: Mapping[str, str] = {
    "percent": "Share of the total loss. Drag on a curve, or click it, to move the target.",
    "odds": "The same in log-odds: equal slopes, lines shifted by ln(S_P / S_M).",
}


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
    watch("calibrate")
    runs = runs_of("calibration", "make calibrate")
    chosen = choose_runs("Calibrations", runs, "calibrations", _at_first(runs))
    # A step of the slider runs this part of the page alone.
    st.fragment(_place)(_measured(chosen), _asked(runs))


def _place(losses: Sequence[MeasuredLosses], asked: float) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.session_state.setdefault("target", asked)
        target = st.slider("Target Ψ (%)", *ENDS, step=0.5, format="%.1f", key="target") / 100
    with right:
        weight = _weight_in_print()
    if not losses:
        st.info("Choose a calibration above.")
        return
    calibrations = [one.at(target) for one in losses]
    _answers(calibrations, weight)
    _curves(losses, calibrations, target, weight)
    _breakdown(calibrations)


def _at_first(runs: Sequence[ListedRun]) -> list[str]:
    """Return the calibrations of the newest command, in its first (the recommended) state."""
    family = [run for run in runs if run.parent == runs[0].parent]
    state = family[0].record.params.get("state")
    return [run.run_id for run in family if run.record.params.get("state") == state][:4]


def _asked(runs: Sequence[ListedRun]) -> float:
    """Return the target of the newest calibration, in percent, as the slider has it."""
    asked = 100 * float(runs[0].record.params.get("target_psi", "0.95"))
    return min(max(round(2 * asked) / 2, ENDS[0]), ENDS[1])


def _weight_in_print() -> float:
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
    return float(weight)


def _measured(chosen: Sequence[ListedRun]) -> list[MeasuredLosses]:
    """Return what the chosen runs measured; two of one name are told apart by run."""
    found: list[tuple[str, MeasuredLosses]] = []
    for run in chosen:
        with going_on():
            found.append((run.run_id[:6], measured(run.run_id)))
    names = Counter((one.experiment.name, one.state) for _, one in found)
    return [
        _named(one, f" ({run_id})" if names[one.experiment.name, one.state] > 1 else "")
        for run_id, one in found
    ]


def _named(losses: MeasuredLosses, suffix: str) -> MeasuredLosses:
    # The experiment's name gives the colour, which is the same for every run of it.
    return replace(losses, state=losses.state + suffix)


def _answers(calibrations: Sequence[ExperimentCalibration], weight: float) -> None:
    """Place lambda and its interval, and what the other lambda would mean."""
    rows = summary_table(calibrations, [weight])
    for column, (_, row) in zip(st.columns(len(rows)), rows.iterrows(), strict=True):
        exact = row["low"] == row["high"]
        column.metric(
            plain(f"{row['experiment']}, {row['state']}"), f"λ = {number(row['lambda'])}",
            delta="all patches measured" if exact else _interval(row), delta_color="off",
            delta_arrow="off", border=True,
        )  # fmt: skip
        column.caption(f"λ = {weight:g} is Ψ = **{percent(row[f'psi at {weight:g}'])}** here")


def _interval(row: "pd.Series[float]") -> str:
    return f"95 %: {number(row['low'])} to {number(row['high'])}"


def _curves(
    losses: Sequence[MeasuredLosses],
    calibrations: Sequence[ExperimentCalibration],
    target: float,
    weight: float,
) -> None:
    """Place the curves, of which a step of the target moves the answers alone."""
    weights = _abscissa(losses)
    curves = influence_curves(calibrations, weights)
    rows = {"curves": curve_rows(curves), "answers": answer_rows(curves, target)}
    for column, field in zip(st.columns(2, gap="large"), FIELDS, strict=True):
        with column:
            chart(influence_chart(curves, field, [weight]), rows, f"curves {field}",
                  f"Psi over log lambda: {FIELDS[field]}", partial(_pick, field))  # fmt: skip
            st.caption(FIELDS[field])
    savers(lambda: draw_influence(curves, target, [weight]), "influence",
           lambda: influence_table(curves))  # fmt: skip


def _pick(field: str) -> None:
    """Move the target to where the reader clicked a curve, or dragged it."""
    picked = st.session_state[f"curves {field}"].selection.get(PICKED, [])
    if picked:
        asked = round(2 * float(picked[-1]["percent"])) / 2
        st.session_state["target"] = min(max(asked, ENDS[0]), ENDS[1])


def _abscissa(losses: Sequence[MeasuredLosses]) -> Floats:
    """Return the lambdas along the axis, which are the same for every target."""
    of = tuple(map(id, losses))  # which are kept as long as the page is open
    kept: tuple[Hashable, Floats, object] | None = st.session_state.get("abscissa")
    if kept is None or kept[0] != of:
        weights = weight_grid([one.at(end / 100) for one in losses for end in ENDS], beyond=1)
        kept = st.session_state["abscissa"] = (of, weights, losses)
    return kept[1]


def _breakdown(calibrations: Sequence[ExperimentCalibration]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By reconstruction")
        st.caption(
            "Points far from ×1: one λ does not suit all data, as of sharp and soft kernels."
        )
        strata = strata_of(calibrations)
        spec, rows = strata_chart(strata)
        chart(spec, {"strata": rows}, "strata", "The lambda that each reconstruction would ask "
              "for, over the lambda chosen for all")  # fmt: skip
        savers(lambda: draw_strata(strata), "by_reconstruction",
               lambda: stratum_table(calibrations))  # fmt: skip
    with right:
        st.subheader("By layer")
        shares = layer_shares_of(calibrations)
        if shares.divided:
            st.caption("How the perceptual loss is divided; of the total each has Ψ times as much.")
            spec, rows = layers_chart(shares)
            chart(spec, {"layers": rows}, "layers", "Shares of the layers in the perceptual loss")
            savers(lambda: draw_layer_shares(shares), "by_layer", lambda: share_table(shares))
        else:
            st.caption("Each of these encoders is tapped at one layer, which has the whole of Ψ.")
        more = st.expander("All numbers", key="all numbers", on_change="rerun")
        if more.open:  # made for those who look at them alone, not at every step of the target
            with more:
                table(summary_table(calibrations, []), "summary")
                table(stratum_table(calibrations), "strata")


if __name__ == "__main__":
    main()
