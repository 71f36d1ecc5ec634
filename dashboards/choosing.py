"""Which runs a page is of: chosen by what tells them apart, and told where one is gone."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboards.placing import FRESH, missing, plain
from pi.errors import PiError
from pi.tracking.listing import ListedRun, list_runs


@st.cache_data(ttl=FRESH, show_spinner="Reading the tracking store …")
def listed(stage: str) -> list[ListedRun]:
    """Return the runs of a stage, asked for again after a few seconds."""
    return list_runs(stage)


def runs_of(stage: str, advice: str) -> list[ListedRun]:
    """Return the runs of a stage; where there are none, say so and stop the page.

    Args:
        stage: see `pi.tracking.listing.list_runs`.
        advice: the command that makes one.
    """
    found: list[ListedRun] = []
    try:
        found = listed(stage)
    except PiError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
    else:
        if not found:
            missing(f"The tracking store holds no run of {stage} yet. Make one:", advice)
    if not found:
        st.stop()
    return found


USUAL = "fixed"
"""Schedule that goes without saying."""


def label_of(run: ListedRun) -> str:
    """Return what tells a run from the others in a list: what it is of, when, and its id."""
    state = "" if run.status == "FINISHED" else f" · {run.status.lower()}"
    return f"{described(run)} · {here(run.begun):%d %b %H:%M} · {run.run_id[:6]}{state}"


def here(when: datetime) -> datetime:
    """Return a time in the reader's zone, which the browser tells; else in that of the server."""
    try:
        return when.astimezone(ZoneInfo(st.context.timezone or ""))
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return when.astimezone()


def described(run: ListedRun) -> str:
    """Return experiment, state or schedule, and target of a run, as far as it names them."""
    params = run.record.params
    if "experiment" not in params:
        return run.name
    parts = [run.record.typed("experiment")]
    parts += [params[name] for name in ("state", "schedule")
              if name in params and params[name] != USUAL]  # fmt: skip
    if "target_psi" in params and "schedule" in params:
        parts.append(f"Ψ = {100 * float(params['target_psi']):g} %")
    return ", ".join(parts)


def choose_runs(
    label: str, runs: Sequence[ListedRun], key: str, chosen: Sequence[str], most: int = 7
) -> list[ListedRun]:
    """Let some runs be chosen, and say so where one that was shown is gone.

    Args:
        label: of the choice.
        runs: to choose from.
        key: of the choice, for as long as the page is open.
        chosen: ids of those chosen at first.
        most: how many at once: as many as there are colours.
    """
    by_id = {run.run_id: run for run in runs}
    before = st.session_state.get(key, [])
    gone = [run_id for run_id in before if run_id not in by_id]
    if gone:
        st.session_state[key] = [run_id for run_id in before if run_id in by_id]
        _tell_gone(gone)
    elif key not in st.session_state:
        st.session_state[key] = [run_id for run_id in chosen if run_id in by_id]
    found = st.multiselect(
        label, list(by_id), format_func=lambda one: label_of(by_id[one]), key=key,
        max_selections=most,
    )  # fmt: skip
    return [by_id[run_id] for run_id in found]


def choose_run(label: str, runs: Sequence[ListedRun], key: str) -> ListedRun:
    """Let one run be chosen, at first the newest, and say so where the one shown is gone.

    Args:
        label: of the choice.
        runs: to choose from, at least one.
        key: of the choice, for as long as the page is open.
    """
    by_id = {run.run_id: run for run in runs}
    before = st.session_state.get(key)
    if before is not None and before not in by_id:
        _tell_gone([before])
        del st.session_state[key]
    shown = st.selectbox(label, list(by_id), format_func=lambda one: label_of(by_id[one]), key=key)
    return by_id[shown]


def _tell_gone(run_ids: Sequence[str]) -> None:
    st.warning(f"No longer in the tracking store: {', '.join(one[:6] for one in run_ids)}.")
