"""Search: the progress of a study, straight from its database, and what it logged at its end."""

import streamlit as st

from dashboards.charts.trials import epoch_rows, epochs_chart, trial_rows, trials_chart
from dashboards.choosing import choose_run, label_of, runs_of
from dashboards.placing import chart, gallery, going_on, heading, missing, savers, table
from dashboards.watching import watch
from pi.figures.search_history import SearchHistory, draw_search, search_history
from pi.search.answer_text import trial_table
from pi.search.storage import storage_url
from pi.search.watching import objective_of, watch_trials
from pi.tracking.address import tracking_uri
from pi.tracking.listing import ListedRun

HISTORY = "history"


def main() -> None:
    """Place the page."""
    heading("Search", "How far a study has come, which λ and Ψ it tried, and what came of them.")
    watch("search")
    runs = runs_of("search", "python -m entrypoints.search")
    chosen = choose_run("Study", runs, "study")
    under_way = chosen.status == "RUNNING"
    _progress(chosen)
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
        history = search_history(trials, objective)
        _charts(history)
        savers(lambda: draw_search(history), HISTORY, lambda: rows)
        table(rows, "trials")


def _charts(history: SearchHistory) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        chart(trials_chart(history), {"trials": trial_rows(history)}, "chart trials",
              "What each finished trial reached, and the best so far")  # fmt: skip
    if history.by_epoch:
        rows = epoch_rows(history)
        with right:
            chart(epochs_chart(history, rows), {"epochs": rows}, "chart epochs",
                  "What every trial reached epoch by epoch")  # fmt: skip


if __name__ == "__main__":
    main()
