"""Slices: low dose, what runs make of it, target and errors side by side, on fixed windows."""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from textwrap import wrap
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboards.choosing import choose_runs, described, label_of, runs_of
from dashboards.placing import going_on, heading, plain, savers, table
from dashboards.watching import watch
from pi.errors import PiError
from pi.evaluation.ahead import DenoisedAhead
from pi.evaluation.browsing import ranked_slices, slice_scores
from pi.evaluation.choice import read_pair
from pi.evaluation.denoising import Denoising, SliceDenoiser, denoised_slices, find_slice
from pi.evaluation.metrics import directed_metrics
from pi.evaluation.pair import HuErrors
from pi.evaluation.ring_correlation import invention
from pi.evaluation.table import protocols_of, slice_key, slice_keys
from pi.figures.denoised_slices import ERROR_HIGH_HU, TITLES
from pi.figures.png import as_png
from pi.figures.slice_row import (
    WINDOWS,
    Panel,
    Pictured,
    SliceRow,
    busiest_region,
    picture_row,
    region_around,
)
from pi.figures.slice_viewer import draw_viewer, panel_picture, viewer_panels
from pi.identity import SliceKey
from pi.overview.readable import heading_of
from pi.parameters import SimulateParameters
from pi.slices.store import Store
from pi.source import open_data
from pi.subjects import fetch_subject
from pi.tracking.address import TrackingError
from pi.tracking.listing import ListedRun
from pi.tracking.records import SUBJECT, read_slices

MOST = 3  # runs side by side
OWN, WHOLE = "own", "whole"
Spot = tuple[float, float, float]
"""Across, down and zoom, see `region_around`."""

# Of each jump the column of `ranked_slices`, and whether its smallest value comes first.
Jump = Literal["best", "worst", "most disagreeing"]
JUMPS: Mapping[Jump, tuple[str, bool]] = {
    "best": ("gain", False),
    "worst": ("gain", True),
    "most disagreeing": ("disagreement", False),
}


@st.cache_resource(max_entries=8, show_spinner="Opening the data …")
def opened(data: str, split: str, seed: int, dose: str) -> Store:
    """Return the data of an evaluation."""
    return open_data(
        data, split=split, split_seed=seed, study_seed=SimulateParameters.seed, dose=dose
    )


@st.cache_resource
def ahead() -> DenoisedAhead:
    """Return what denoises for everybody who looks: slices, and those next to them."""
    return DenoisedAhead(most=96)  # 1 MB each at 512 x 512


@st.cache_resource(max_entries=8, show_spinner="Loading the denoiser …")
def denoiser(name: str, asked: str, interface: str, _store: Store, digest: str) -> Denoising | None:
    """Return what gives the denoised slices of a store; None of the low dose itself."""
    return fetch_subject(name, asked, interface).denoising(_store)


@st.cache_resource(max_entries=16, show_spinner="Reading the slice table …")
def slices(run_id: str) -> pd.DataFrame:
    """Return the slice table of an evaluation, which never changes."""
    return read_slices(run_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def compared(run_ids: Sequence[str]) -> list[str]:
    """Return the metrics by which slices can be ranked: those that all tables have values of."""
    tables = [slices(run_id) for run_id in run_ids]
    return [
        name for name in directed_metrics()
        if all(name in table and table[name].notna().any() for table in tables)
    ]  # fmt: skip


@st.cache_resource(max_entries=16, show_spinner=False)
def ranked(
    run_ids: Sequence[str], protocol: str, metric: str
) -> tuple[pd.DataFrame, list[SliceKey]]:
    """Return the slices that evaluations have in common, see `ranked_slices`, and their keys."""
    found = ranked_slices([slices(run_id) for run_id in run_ids], protocol, metric)
    return found, slice_keys(found)


def main() -> None:
    """Place the page."""
    heading("Slices", "What runs make of the same slice, on windows that no image can stretch.")
    watch("evaluate")
    runs = runs_of("evaluate", "python -m entrypoints.evaluate --run RUN")
    denoised = [run for run in runs if run.record.typed("run") != "identity"] or runs
    at_first = _alike(denoised, denoised[0])[:2]
    chosen = choose_runs("Evaluations", denoised, "evaluations", [r.run_id for r in at_first], MOST)
    if not chosen:
        st.info("Choose an evaluation above.")
        return
    # A step from slice to slice runs this part of the page alone.
    st.fragment(_compare)(_same_data(chosen))


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


def _compare(runs: Mapping[str, ListedRun]) -> None:
    with going_on():
        _place(runs)


def _place(runs: Mapping[str, ListedRun]) -> None:
    tables = {}
    for letter, run in runs.items():
        with going_on():
            tables[letter] = slices(run.run_id)
    if not tables:
        return
    controls = st.columns([2, 2, 3], vertical_alignment="bottom")
    protocol = controls[0].selectbox("Protocol", protocols_of(next(iter(tables.values()))))
    run_ids = tuple(runs[letter].run_id for letter in tables)
    metric = controls[1].selectbox("Metric", compared(run_ids), format_func=heading_of)
    places, keys = ranked(run_ids, protocol, metric)
    with controls[2].container(horizontal=True):
        for name in JUMPS:
            st.button(name.capitalize(), key=f"jump {name}", on_click=_jump, args=(places, name),
                      help=f"Go to the slice that is {name} by {heading_of(metric)}",
                      disabled=name == "most disagreeing" and len(tables) < 2)  # fmt: skip
    key, beside = _chosen_slice(keys)
    window, view = _window()
    spot = _spot() if view == OWN else None
    mark = st.checkbox(
        "Outline what the normal dose does not show", key="invented",
        help="patches of soft tissue whose coarse structure does not correlate with the normal "
        "dose's (local Fourier ring correlation); noise alone gives the low dose some",
    )  # fmt: skip
    scores = slice_scores(tables, key, protocol)
    _pictures(runs, key, beside, window, detail=view != WHOLE, spot=spot, scores=scores,
              mark=mark)  # fmt: skip
    table(scores, "scores_of_slice")


def _jump(places: pd.DataFrame, name: Jump) -> None:
    column, ascending = JUMPS[name]
    _go(slice_key(places.sort_values(column, ascending=ascending).iloc[0]))


def _go(key: SliceKey) -> None:
    st.session_state["patient"] = key.patient
    st.session_state["reconstruction"] = str(key.reconstruction)
    st.session_state["position"] = key.position


def _chosen_slice(keys: Sequence[SliceKey]) -> tuple[SliceKey, list[SliceKey]]:
    """Let a slice be chosen: patient by pseudonym, reconstruction, position.

    Return it, and the slices beside it, to which a reader goes next.
    """
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
    here = positions.index(at)
    return keys[here], [*keys[here + 1 : here + 2], *keys[max(here - 1, 0) : here]]


def _kept(where: DeltaGenerator, label: str, key: str, options: list[str]) -> str:
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(where.selectbox(label, options, key=key))


def _window() -> tuple[tuple[float, float], str]:
    """Let the HU window be chosen, and what of the slice is shown."""
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    asked = WINDOWS.get(str(st.session_state.get("window", "soft_tissue")))
    name = left.segmented_control(
        "HU window" + ("" if asked is None else f": {asked[0]:g} to {asked[1]:g} HU"),
        [*WINDOWS, OWN], default="soft_tissue", required=True, key="window",
        format_func=lambda one: str(one).replace("_", " "),
    )  # fmt: skip
    view = right.segmented_control(
        "View", [WHOLE, "enlarged", OWN], default=WHOLE, required=True, key="view",
        help="enlarged: the frame, soft tissue with most contrast; own: wherever you look",
    )  # fmt: skip
    low, high = WINDOWS.get(str(name), WINDOWS["soft_tissue"])
    if name == OWN:
        low, high = middle.slider("HU from black to white", -1400, 2000, (-160, 240), 10)
    return (float(low), max(float(high), low + 10.0)), str(view)


def _spot() -> Spot:
    """Let a place be chosen, the same in every image: across and down from 0 to 1, and the zoom."""
    across, down, zoom = st.columns(3)
    return (
        across.slider("Across (%)", 0, 100, 50, 1, key="across") / 100,
        down.slider("Down (%)", 0, 100, 50, 1, key="down") / 100,
        zoom.slider("Zoom", 1.0, 10.0, 3.0, 0.5, format="%g×", key="zoom"),
    )


def _pictures(
    runs: Mapping[str, ListedRun],
    key: SliceKey,
    beside: Sequence[SliceKey],
    window: tuple[float, float],
    *,
    detail: bool,
    spot: Spot | None,
    scores: pd.DataFrame,
    mark: bool,
) -> None:
    """Place the images above, what they are off by below; an output as soon as it is there."""
    store = _store(next(iter(runs.values())))
    denoisers = _denoisers(runs, store)
    low, target, spacing = read_pair(store, key)
    pictured = [_pictured("low_dose", TITLES["low_dose"], low.astype(np.float32), target)]
    # Two rows: on a phone, where columns stand below each other, images then stay together.
    above = st.columns(len(denoisers) + 2, gap="small")
    below = st.columns(len(denoisers) + 2, gap="small")
    region = region_around(low.shape, *spot) if spot else busiest_region(target)
    show = partial(_show, window=window, detail=detail, target=target if mark else None)

    def row() -> SliceRow:
        return picture_row("", key, pictured, target, spacing, region)

    show((above[0], below[0]), row(), 0)
    _panel(above[-1], viewer_panels(row())[0][-1], row(), window, detail=detail)
    for number, (letter, denoise) in enumerate(denoisers.items(), 1):
        with above[number], st.spinner("Denoising …"):
            hu = ahead().get(((denoise[0], key), low, _of_key(store, key, denoise[1])))
        pictured.append(_pictured(letter, _title(letter, runs[letter]), hu, target))
        show((above[number], below[number]), row(), number)
    done = row()
    if len(denoisers) > 1:
        _panel(below[-1], viewer_panels(done)[1][-1], done, window, detail=detail)
    framed = "" if detail else " Framed: what is enlarged."
    st.caption(f"Errors: 0 (black) to {ERROR_HIGH_HU:g} HU (yellow).{framed}")
    savers(lambda: draw_viewer(done, window, detail=detail), "slice", lambda: scores)
    ahead().prepare([((run_id, one), read_pair(store, one)[0], _of_key(store, one, denoise))
                     for one in beside for run_id, denoise in denoisers.values()])  # fmt: skip


def _show(
    columns: tuple[DeltaGenerator, DeltaGenerator],
    row: SliceRow,
    number: int,
    window: tuple[float, float],
    *,
    detail: bool,
    target: NDArray[np.float32] | None,
) -> None:
    """Place an image, and its error in the column below; ``target`` tells what is outlined."""
    images, errors = viewer_panels(row)
    above, below = columns
    invented = None if target is None else invention(images[number].hu, target)
    marked = None if invented is None else invented.map(images[number].hu.shape)
    _panel(above, images[number], row, window, detail=detail, marked=marked)
    _panel(below, errors[number], row, window, detail=detail)


def _panel(
    column: DeltaGenerator,
    panel: Panel,
    row: SliceRow,
    window: tuple[float, float],
    *,
    detail: bool,
    marked: NDArray[np.bool] | None = None,
) -> None:
    said = (panel.detail_caption if detail else panel.caption) or "for comparison"
    title = panel.title.replace("\n", " ")
    column.caption(f"**{plain(title)}**  \n{plain(said)}")  # two lines, so that images align
    picture = panel_picture(panel, row, window, detail=detail, marked=marked)
    shown = as_png(picture)
    column.image(shown, width="stretch", output_format="PNG", alt=f"{title} {said}")


def _pictured(
    name: str, title: str, hu: NDArray[np.float32], target: NDArray[np.float32]
) -> Pictured:
    rmse = HuErrors(hu, target).rmse_hu
    return Pictured(name, title, hu, f"RMSE {rmse:.1f} HU", rmse)


def _store(run: ListedRun) -> Store:
    """Return the data that a run was evaluated on.

    Raises:
        TrackingError: those on this machine are others.
    """
    record = run.record
    store = opened(
        record.typed("data"),
        record.typed("split", "auto"),
        int(record.typed("seed", "5")),
        record.typed("dose", "all"),
    )
    if record.tags.get("pi.data_digest") not in (None, store.digest):
        raise TrackingError("the data on this machine must be those evaluated but are others.")
    return store


def _of_key(store: Store, key: SliceKey, denoising: Denoising) -> SliceDenoiser:
    """Return what gives one slice denoised, whatever pixels it is given."""
    number, index = find_slice(store, key)
    return lambda _: denoised_slices(denoising, store, number, [index])


def _denoisers(
    runs: Mapping[str, ListedRun], store: Store
) -> dict[str, tuple[Hashable, Denoising]]:
    """Return what was evaluated, and what gives its slices, by letter.

    What cannot be had, or has no slices, is told and left out.
    """
    found: dict[str, tuple[Hashable, Denoising]] = {}
    for letter, run in runs.items():
        record = run.record
        own = record.tags.get("pi.evaluated_run", record.typed("run"))
        evaluated, interface = record.tags.get(SUBJECT, own), record.typed("interface")
        try:
            loaded = denoiser(evaluated, record.typed("denoiser"), interface, store, store.digest)
        except PiError as error:
            st.warning(plain(f"{letter}: {error}"), icon=":material/warning:")
            continue
        if loaded is not None:
            found[letter] = ((evaluated, interface), loaded)
    return found


def _title(letter: str, run: ListedRun) -> str:
    return "\n".join(wrap(f"{letter}: {described(run)}", 42)[:2])


if __name__ == "__main__":
    main()
