"""Trainings over epochs: one panel a quantity."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from dashboards.charts.parts import FADED, HEIGHT, SINGLED, ZOOM, Spec, colours, number, rule, told
from pi.figures.training_curves import TrainingCurves
from pi.figures.training_panels import EpochPanel

SHAPES = {"o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down",
          "P": "cross", "X": "stroke"}  # fmt: skip
"""Of each marker of matplotlib what it is called here."""


DASHED = ("solid", "dashed", "dotted")


def panel_rows(curves: Sequence[TrainingCurves], panel: EpochPanel) -> pd.DataFrame:
    """Return the points of a panel: columns ``label``, ``line``, ``epoch`` and ``value``."""
    parts = [_points(one, panel) for one in curves]
    table = pd.concat([one for own in parts for one in own] or [pd.DataFrame()])
    return table.reindex(columns=["label", "line", "epoch", "value"]).dropna()


def _points(one: TrainingCurves, panel: EpochPanel) -> Iterator[pd.DataFrame]:
    for line, values in panel.of(one.series, one.target).items():
        found = values.replace([np.inf, -np.inf], np.nan).dropna()
        frame = pd.DataFrame({"epoch": found.index, "value": found.to_numpy()})
        yield frame.assign(label=one.label, line=line)


def over_epochs(curves: Sequence[TrainingCurves], panel: EpochPanel, rows: pd.DataFrame) -> Spec:
    """Return a panel over ``rows`` of `panel_rows`: solid the first line of each, dashed others."""
    lines = [*dict.fromkeys(rows["line"])]
    last = max(int(rows["epoch"].max()), 2) if len(rows) else 2
    encoding = {
        "x": {
            **number("epoch", "epoch", "d"),
            "axis": {"format": "d", "tickMinStep": 1, "labelOverlap": True},
            "scale": {"domain": [1, last], "padding": 8},
        },
        "y": number("value", panel.quantity),
        "color": colours({one.label: one.colour for one in curves}),
        "shape": {
            "field": "label",
            "scale": {
                "domain": [one.label for one in curves],
                "range": [SHAPES[one.marker] for one in curves],
            },
        },
        "opacity": FADED,
        "tooltip": [told("label", "run", None), told("line", "of", None), told("epoch", "epoch"),
                    told("value", panel.quantity, ".5~g")],
    }  # fmt: skip
    dashes = {"domain": lines, "range": [[1, 0], [5, 3], [1, 2]][: len(lines)]}
    dashed = {"field": "line", "type": "nominal", "scale": dashes, "legend": None}
    # A line below each title, so that panels beside each other begin at one height.
    told_lines = ", ".join(f"{s}: {n}" for s, n in zip(DASHED, lines, strict=False))
    title = {"text": panel.title, "subtitle": told_lines if len(lines) > 1 else " "}
    line = {"mark": {"type": "line", "strokeWidth": 2}, "params": [ZOOM],
            "encoding": {**{k: v for k, v in encoding.items() if k != "shape"},
                         "strokeDash": dashed}}  # fmt: skip
    points = {"mark": {"type": "point", "filled": True, "size": 45}, "params": [SINGLED],
              "encoding": encoding}  # fmt: skip
    rules = [rule(at, "y") for at in panel.rules([one.target for one in curves])]
    data = {"name": "points"}
    return {"height": HEIGHT, "title": title, "data": data, "layer": [*rules, line, points]}
