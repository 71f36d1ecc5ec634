"""What is under way, told on every page; pages look again by themselves while something is."""

import streamlit as st

from dashboards.placing import FRESH, going_on, plain
from pi.errors import PiError
from pi.overview.live import LiveRun, changes, live_runs
from pi.overview.results import called

EVERY = 5.0
"""Seconds after which a page looks again while something runs."""


@st.cache_data(ttl=FRESH - 1, show_spinner=False)
def at_work() -> list[LiveRun]:
    """Return what is at work, asked for again after a few seconds."""
    return live_runs()


def watch(stage: str) -> None:
    """Tell what runs of a stage are under way; the page is made again once they have news.

    While none is, nothing is asked again.

    Args:
        stage: of the page; runs of `main` are told, too, for they do all stages; empty: of any.
    """
    with going_on():
        found = _of(stage)
        if found:
            st.fragment(_tell, run_every=EVERY)(stage, changes(found))


def _tell(stage: str, before: object) -> None:
    try:
        now = _of(stage)
    except PiError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    if changes(now) != before:
        st.rerun()
    for one in now:
        told(one)


def _of(stage: str) -> list[LiveRun]:
    found = [one for one in at_work() if not one.gone]
    return [one for one in found if one.run.record.tags.get("pi.stage") in (stage, "main")
            or not stage]  # fmt: skip


def told(one: LiveRun) -> None:
    """Place a run that is under way: what it is, how far it is, and how long it takes still."""
    stage = one.run.record.tags.get("pi.stage", "")
    text = plain(f"{called(one.run)} · {stage} · {one.run.run_id[:6]} is under way: {one.said}")
    if one.share is None:
        st.info(text, icon=":material/progress_activity:")
    else:
        st.progress(one.share, text)
