"""Overview: what runs now, what came out, what is best, what is suspicious, and what is next."""

import streamlit as st

from dashboards.choosing import here
from dashboards.placing import FRESH, going_on, heading, plain
from dashboards.watching import at_work, watch
from pi.digits import NOTHING
from pi.errors import PiError
from pi.overview.next_step import next_step
from pi.overview.readable import styled
from pi.overview.results import SIMILAR, best_by_validation, newest_results
from pi.overview.suspicion import suspicions
from pi.tracking.listing import ListedRun, holds_finished, list_newest

LOOKED_THROUGH = 200
"""Runs, the newest."""


@st.cache_data(ttl=FRESH, show_spinner="Reading the tracking store …")
def newest() -> list[ListedRun]:
    """Return the newest runs of all stages, asked for again after a few seconds."""
    return list_newest(LOOKED_THROUGH)


@st.cache_data(ttl=FRESH, show_spinner=False)
def holds(stage: str) -> bool:
    """Return whether a run of a stage came to its end, asked for again after a few seconds."""
    return holds_finished(stage)


def main() -> None:
    """Place the page."""
    heading("Overview", "What runs now, what came out of the newest runs, and what to do next.")
    try:
        runs, live = newest(), at_work()
    except PiError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        _next([])
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Now")
        watch("")
        if not any(not one.gone for one in live):
            st.caption("Nothing runs.")
    with right:
        _next(runs)
    if runs:
        _suspicious(runs, [one.run for one in live if one.gone])
        _results(runs)


def _next(runs: list[ListedRun]) -> None:
    st.subheader("Next")
    with going_on():
        step = next_step(runs, holds)
        st.caption(plain(step.why))
        st.code(step.command, language="bash", wrap_lines=True)


def _suspicious(runs: list[ListedRun], gone: list[ListedRun]) -> None:
    st.subheader("Suspicious")
    found = [one.text() for one in suspicions(runs)]
    lost = [f"{run.name} says that it runs, but its process is gone" for run in gone]
    if lost:
        lost[-1] += "; `make tidy` closes such runs"
    for text in (*lost, *found):
        st.warning(plain(text), icon=":material/warning:")
    if not found and not lost:
        st.caption(f"Nothing: no run of the newest {len(runs)} failed, drifted, was in conflict or "
                   "worse than the low dose.")  # fmt: skip


def _results(runs: list[ListedRun]) -> None:
    """Place both tables, one below the other: beside each other their columns would be cut."""
    st.subheader("Newest results")
    results = newest_results(runs)
    results["begun"] = [f"{here(when.to_pydatetime()):%d %b %H:%M}" for when in results["begun"]]
    st.dataframe(results, hide_index=True, width="stretch")
    st.subheader("Best by validation")
    best = best_by_validation(runs)
    if best.empty:
        st.caption(f"No training of the newest {len(runs)} runs tells its validation.")
    else:
        told = styled(best, SIMILAR)
        st.dataframe(told, hide_index=True, width="stretch", placeholder=NOTHING)
    st.caption("Trainings on the data of the newest one; gain: over the low dose itself.")


if __name__ == "__main__":
    main()
