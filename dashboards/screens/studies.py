"""Search: the progress of a study, straight from its database, and what it logged at its end."""

import streamlit as st

from dashboards.placing import (
    figure,
    gallery,
    going_on,
    heading,
    label_of,
    missing,
    runs_of,
    table,
)
from pi.figures.search_history import draw_search, search_history
from pi.search.answer_text import trial_table
from pi.search.storage import storage_url
from pi.search.watching import objective_of, watch_trials
from pi.tracking.address import tracking_uri
from pi.tracking.listing import ListedRun

HISTORY = "history"


def main() -> None:
    """Place the page."""
    heading("Search", "How far a study has come, which λ and Ψ it tried, and what came of them.")
    runs = runs_of("search", "python -m entrypoints.search")
    by_id = {run.run_id: run for run in runs}
    chosen = by_id[st.selectbox("Study", list(by_id), format_func=lambda one: label_of(by_id[one]))]
    under_way = chosen.status == "RUNNING"
    st.fragment(_progress, run_every=10 if under_way else None)(chosen)
    if not under_way:
        with going_on():
            gallery(chosen, leave_out=[HISTORY])


def _progress(run: ListedRun) -> None:
    name = run.record.tags.get("optuna.study")
    if not name:
        missing(f"{label_of(run)} has not named its study yet.")
        return
    with going_on():
        trials = watch_trials(storage_url(tracking_uri()), tracking_uri(), name)
        asked = int(run.record.typed("trials", "0"))
        if asked:
            done = min(len(trials) / asked, 1.0)
            st.progress(done, f"{len(trials)} of {asked} trials are over")
        if not trials:
            missing("No trial is over yet.")
            return
        objective = objective_of({key: run.record.typed(key) for key in run.record.params})
        rows = trial_table(trials)
        figure(lambda: draw_search(search_history(trials, objective)), HISTORY, lambda: rows,
               "What each trial reached, and the best so far")  # fmt: skip
        table(rows, "trials")


if __name__ == "__main__":
    main()
