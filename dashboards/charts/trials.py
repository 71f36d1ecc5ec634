"""The trials of a study: the finished ones by number, and all of them at the same epoch."""

import pandas as pd

from dashboards.charts.parts import FADED, HEIGHT, SINGLED, ZOOM, Spec, colours, number, told
from pi.figures.colours import COLOURS
from pi.figures.search_history import MARKERS, SAID, SearchHistory

OF_STATE = {SAID[state]: COLOURS[k] for k, state in enumerate(MARKERS)}


def trial_rows(history: SearchHistory) -> pd.DataFrame:
    """Return the finished trials: columns ``trial``, ``value`` and ``best`` so far."""
    return pd.DataFrame(
        {
            "trial": history.numbers["finished"],
            "value": history.values["finished"],
            "best": history.best,
        }
    )


def epoch_rows(history: SearchHistory) -> pd.DataFrame:
    """Return all trials epoch by epoch: ``trial``, ``label`` (its state), ``epoch``, ``value``."""
    rows = [
        (number, SAID[state], epoch, float(value))
        for number, state, values in history.by_epoch
        for epoch, value in enumerate(values, 1)
    ]
    return pd.DataFrame(rows, columns=["trial", "label", "epoch", "value"])


def trials_chart(history: SearchHistory) -> Spec:
    """Return the finished trials by number, with the best so far, over ``trials``."""
    whole = {"format": "d", "tickMinStep": 1}
    x = {**number("trial", "trial", "d"), "axis": whole}
    y = number("value", history.quantity)
    tips = [told("trial", "trial", "d"), told("value", history.quantity, ".5~g")]
    return {
        "height": HEIGHT,
        "title": "finished trials, and the best so far",
        "data": {"name": "trials"},
        "layer": [
            {"mark": {"type": "line", "interpolate": "step-after", "color": COLOURS[0]},
             "params": [ZOOM], "encoding": {"x": x, "y": {**y, "field": "best"}}},
            {"mark": {"type": "point", "filled": True, "size": 60, "color": COLOURS[0]},
             "encoding": {"x": x, "y": y, "tooltip": tips}},
        ],
    }  # fmt: skip


def epochs_chart(history: SearchHistory, rows: pd.DataFrame) -> Spec:
    """Return all trials by epoch over ``epochs``, so that each stands beside its equals."""
    there = {label: OF_STATE[label] for label in dict.fromkeys(rows["label"])}
    x = {**number("epoch", "epoch", "d"), "axis": {"format": "d", "tickMinStep": 1}}
    tips = [told("trial", "trial", "d"), told("label", "state", None), told("epoch", "epoch", "d"),
            told("value", history.quantity, ".5~g")]  # fmt: skip
    return {
        "height": HEIGHT,
        "title": "all trials, at the same epoch",
        "data": {"name": "epochs"},
        "params": [ZOOM, SINGLED],
        "mark": {"type": "line", "point": True, "strokeWidth": 1.4},
        "encoding": {"x": x, "y": number("value", history.quantity), "detail": {"field": "trial"},
                     "color": colours(there), "opacity": FADED, "tooltip": tips},
    }  # fmt: skip
