"""Slices: low dose, what runs make of it, target and errors side by side, on fixed windows."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Literal

import pandas as pd
import streamlit as st

from dashboards.placing import (
    choose_runs,
    described,
    figure,
    going_on,
    heading,
    label_of,
    plain,
    runs_of,
    table,
    undrawn,
)
from entrypoints.parameters import SimulateParameters
from pi.errors import PiError
from pi.evaluation.browsing import ranked_slices, slice_scores
from pi.evaluation.choice import read_slice
from pi.evaluation.denoise import SliceDenoiser
from pi.evaluation.metrics import hu_errors
from pi.evaluation.table import HIGHER_IS_BETTER, protocols_of, slice_key
from pi.figures.denoised_slices import TITLES
from pi.figures.slice_row import WINDOWS, Pictured, Row, picture_row
from pi.figures.slice_viewer import draw_viewer
from pi.identity import SliceKey
from pi.slices.store import Store
from pi.source import open_data
from pi.tracking.address import TrackingError
from pi.tracking.earlier import read_slices
from pi.tracking.evaluation import fetch_subject
from pi.tracking.gallery import ListedRun

MOST = 3  # runs side by side
OWN = "own"
# Of each jump the column of `ranked_slices`, and whether its smallest value comes first.
Jump = Literal["best", "worst", "most disagreeing"]
JUMPS: Mapping[Jump, tuple[str, bool]] = {
    "best": ("gain", False),
    "worst": ("gain", True),
    "most disagreeing": ("disagreement", False),
}


@st.cache_resource(max_entries=8, show_spinner="Opening the data …")
def opened(data: str, split: str, seed: int) -> Store:
    """Return the data of an evaluation."""
    return open_data(data, split=split, split_seed=seed, study_seed=SimulateParameters.seed)


@st.cache_resource(max_entries=8, show_spinner="Loading the denoiser …")
def denoiser(run_id: str, channels: int) -> SliceDenoiser | None:
    """Return the denoiser of a run; None of the low dose itself."""
    return fetch_subject(run_id, channels).load()


@st.cache_resource(max_entries=16, show_spinner="Reading the slice table …")
def slices(run_id: str) -> pd.DataFrame:
    """Return the slice table of an evaluation, which never changes."""
    return read_slices(run_id)


def main() -> None:
    """Place the page."""
    heading("Slices", "What runs make of the same slice, on windows that no image can stretch.")
    runs = runs_of("evaluate", "python -m entrypoints.evaluate --run RUN")
    denoised = [run for run in runs if run.record.typed("run") != "identity"] or runs
    at_first = _alike(denoised, denoised[0])[:2]
    chosen = choose_runs("Evaluations", denoised, "evaluations", [r.run_id for r in at_first], MOST)
    if not chosen:
        st.info("Choose an evaluation above.")
        return
    with going_on():
        _place(_same_data(chosen))


def _alike(runs: Sequence[ListedRun], one: ListedRun) -> list[ListedRun]:
    digest = one.record.tags.get("pi.data_digest")
    return [run for run in runs if run.record.tags.get("pi.data_digest") == digest]


def _same_data(chosen: Sequence[ListedRun]) -> dict[str, ListedRun]:
    """Return the runs by letter, without those on other data than the first, which it says."""
    same = _alike(chosen, chosen[0])
    for run in chosen:
        if run not in same:
            st.warning(plain(f"{label_of(run)} is of other data than the first: left out."))
    return dict(zip("ABC", same, strict=False))


def _place(runs: Mapping[str, ListedRun]) -> None:
    tables = {}
    for letter, run in runs.items():
        with going_on():
            tables[letter] = slices(run.run_id)
    if not tables:
        return
    controls = st.columns([2, 2, 3], vertical_alignment="bottom")
    protocol = controls[0].selectbox("Protocol", protocols_of(next(iter(tables.values()))))
    metric = controls[1].selectbox("Metric", list(HIGHER_IS_BETTER))
    ranked = ranked_slices(list(tables.values()), protocol, metric)
    with controls[2].container(horizontal=True):
        for name in JUMPS:
            st.button(name.capitalize(), key=f"jump {name}", on_click=_jump, args=(ranked, name),
                      help=f"Go to the slice that is {name} by {metric}",
                      disabled=name == "most disagreeing" and len(tables) < 2)  # fmt: skip
    key = _chosen_slice(ranked)
    window, detail = _window()
    row = _row(runs, key)
    st.caption("  \n".join(f"**{letter}**: {plain(label_of(run))}" for letter, run in runs.items()))
    scores = slice_scores(tables, key, protocol)
    figure(lambda: draw_viewer(row, window, detail=detail), "slice", lambda: scores,
           "Low dose, outputs, target, and the absolute error of each")  # fmt: skip
    table(scores, "scores_of_slice")


def _jump(ranked: pd.DataFrame, name: Jump) -> None:
    column, ascending = JUMPS[name]
    _go(slice_key(ranked.sort_values(column, ascending=ascending).iloc[0]))


def _go(key: SliceKey) -> None:
    st.session_state["patient"] = key.patient
    st.session_state["reconstruction"] = str(key.reconstruction)
    st.session_state["position"] = key.position


def _chosen_slice(ranked: pd.DataFrame) -> SliceKey:
    """Let a slice be chosen: patient by pseudonym, reconstruction, position."""
    keys = [slice_key(row) for _, row in ranked.iterrows()]
    left, middle, right = st.columns([2, 2, 3])
    patient = _kept(left, "Patient", "patient", sorted({key.patient for key in keys}))
    keys = [key for key in keys if key.patient == patient]
    places = [str(place) for place in sorted({key.reconstruction for key in keys})]
    place = _kept(middle, "Reconstruction", "reconstruction", places)
    keys = [key for key in keys if str(key.reconstruction) == place]
    positions = [key.position for key in keys]
    if st.session_state.get("position") not in positions:
        st.session_state["position"] = positions[len(positions) // 2]
    at = right.select_slider("Position (mm)", positions, key="position")
    return keys[positions.index(at)]


def _kept(
    where: "st.delta_generator.DeltaGenerator", label: str, key: str, options: list[str]
) -> str:
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(where.selectbox(label, options, key=key))


def _window() -> tuple[tuple[float, float], bool]:
    """Let the HU window be chosen, and whether the whole slice is shown."""
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    name = left.segmented_control(
        "HU window", [*WINDOWS, OWN], default="soft_tissue", required=True,
        format_func=lambda one: str(one).replace("_", " "),
    )  # fmt: skip
    view = right.segmented_control("View", ["whole", "enlarged"], default="whole", required=True)
    low, high = WINDOWS.get(str(name), WINDOWS["soft_tissue"])
    if name == OWN:
        low, high = middle.slider("HU from black to white", -1400, 2000, (-160, 240), 10)
    else:
        middle.caption(f"{low:g} to {high:g} HU")
    return (float(low), max(float(high), low + 10.0)), view == "enlarged"


def _row(runs: Mapping[str, ListedRun], key: SliceKey) -> Row:
    """Return the slice with its images; a denoiser that cannot be had is told and left out."""
    record = next(iter(runs.values())).record
    store = opened(
        record.typed("data"), record.typed("split", "auto"), int(record.typed("seed", "5"))
    )
    if record.tags.get("pi.data_digest") not in (None, store.digest):
        raise TrackingError("the data on this machine must be those evaluated but are others.")
    denoisers = {}
    for letter, run in runs.items():
        evaluated = run.record.tags.get("pi.evaluated_run", run.record.typed("run"))
        try:
            loaded = denoiser(evaluated, int(run.record.typed("channels", "0")))
        except PiError as error:
            st.warning(plain(f"{letter}: {error}"))
            continue
        if loaded is not None:
            denoisers[letter] = loaded
    images, target, spacing = read_slice(store, key, denoisers)
    shown = []
    for name, hu in images.items():
        rmse = hu_errors(hu, target).rmse_hu
        title = TITLES["low_dose"] if name == "low_dose" else _title(name, runs[name])
        shown.append(Pictured(name, title, hu, f"RMSE {rmse:.1f} HU", rmse))
    return picture_row("", key, shown, target, spacing)


def _title(letter: str, run: ListedRun) -> str:
    return undrawn("\n".join(wrap(f"{letter}: {described(run)}", 42)[:2]))


if __name__ == "__main__":
    main()
