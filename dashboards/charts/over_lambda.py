"""Psi over lambda, on which the target is dragged; and what the influence is made of."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboards.charts.parts import GREY, HEIGHT, Spec, colours, legend, number, told
from pi.figures.colours import COLOURS, STYLES
from pi.figures.influence_breakdown import MARKERS, LayerShares, Strata
from pi.figures.influence_curve import Curve
from pi.influence.psi import log_odds

PICKED = "picked"
"""Name of what a click or a drag picks: the share of the nearest point of a curve."""

DASHES = dict(zip(STYLES, ([1, 0], [6, 3], [2, 2], [6, 2, 2, 2]), strict=True))


def curve_rows(curves: Sequence[Curve]) -> pd.DataFrame:
    """Return the points of the curves, which do not move with the target."""
    parts = [
        pd.DataFrame({"label": one.label, "x": one.log10_weights, "percent": 100 * one.psi,
                      "odds": one.log_odds, "lambda": 10**one.log10_weights})
        for one in curves
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def answer_rows(curves: Sequence[Curve], target: float) -> pd.DataFrame:
    """Return lambda and its interval for the target: a row a curve."""
    return pd.DataFrame(
        {
            "label": [one.label for one in curves],
            "x": [float(np.log10(one.chosen)) for one in curves],
            "low": [float(np.log10(one.low)) for one in curves],
            "high": [float(np.log10(one.high)) for one in curves],
            "lambda": [one.chosen for one in curves],
            "percent": 100 * target,
            "odds": float(log_odds(target)),
        }
    )


def influence_chart(curves: Sequence[Curve], field: str, marked: Sequence[float]) -> Spec:
    """Return Psi over log lambda over datasets ``curves`` and ``answers``.

    Args:
        curves: for colours and dashes.
        field: ``percent``, or ``odds``, by which every curve is a straight line.
        marked: lambdas, drawn upright.
    """
    title = "perceptual influence Ψ (%)" if field == "percent" else "log-odds of Ψ"
    x, y = number("x", "log₁₀ λ"), number(field, title)
    colour = colours({one.label: one.colour for one in curves})
    dash = {"field": "label", "type": "nominal", "legend": None,
            "scale": {"domain": [one.label for one in curves],
                      "range": [DASHES[one.style] for one in curves]}}  # fmt: skip
    tips = [told("label", "calibration", None), told("lambda", "λ", ".3~g"),
            told("percent", "Ψ (%)", ".4~g")]  # fmt: skip
    picked: Spec = {
        "name": PICKED,
        "select": {
            "type": "point",
            "on": "click, [pointerdown, window:pointerup] > pointermove",
            "nearest": True,
            "fields": ["percent"],
            "clear": False,
        },
    }
    upright = [{"x": float(np.log10(one)), "text": f"λ = {one:g}"} for one in marked if one > 0]
    across = {"data": {"name": "answers"}}
    return {
        "height": HEIGHT + 40,
        "layer": [
            {"data": {"values": upright}, "mark": {"type": "rule", "color": GREY,
             "strokeDash": [2, 3]}, "encoding": {"x": x}},
            {"data": {"values": upright}, "encoding": {"x": x, "text": {"field": "text"}},
             "mark": {"type": "text", "align": "left", "dx": 4, "color": GREY,
                      "y": {"expr": "height - 8"}}},
            {**across, "mark": {"type": "rule", "color": GREY}, "encoding": {"y": y}},
            {"data": {"name": "curves"}, "mark": {"type": "line", "strokeWidth": 2.2},
             "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash}},
            {**across, "mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.5},
             "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y,
                          "color": colour}},
            {**across, "mark": {"type": "point", "filled": True, "size": 110},
             "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips}},
            {"data": {"name": "curves"}, "params": [picked],
             "mark": {"type": "point", "opacity": 0, "size": 60, "cursor": "ns-resize"},
             "encoding": {"x": x, "y": y, "tooltip": tips}},
        ],
    }  # fmt: skip


SHAPES = dict(zip(MARKERS, ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross",
                            "stroke"), strict=True))  # fmt: skip


def strata_chart(strata: Strata) -> tuple[Spec, pd.DataFrame]:
    """Return a row a reconstruction, a point a calibration, and the rows of ``strata``."""
    rows = pd.DataFrame(
        [
            {"label": name, "place": place, "times": float(strata.multiples[k, j])}
            for k, name in enumerate(strata.names)
            for j, place in enumerate(strata.places)
        ]
    ).dropna()
    shapes = [SHAPES[MARKERS[k % len(MARKERS)]] for k in range(len(strata.names))]
    of_colour = dict(zip(strata.names, strata.colours, strict=True))
    x = {
        **number("times", "λ that it alone would ask for, of the λ for all (×)", "~g"),
        "scale": {"type": "log", "base": 2, "nice": False, "padding": 12},
    }
    y = {"field": "place", "type": "nominal", "title": None, "axis": {"labelLimit": 200}}
    return {
        "height": 24 + 40 * len(strata.places),
        "layer": [
            {"data": {"values": [{"times": 1}]}, "mark": {"type": "rule", "color": GREY},
             "encoding": {"x": x}},
            {"data": {"name": "strata"}, "mark": {"type": "point", "filled": True, "size": 80,
                                                     "opacity": 1},
             "encoding": {"x": x, "y": y, "color": colours(of_colour),
                          "yOffset": {"field": "label"},
                          "shape": {"field": "label", "scale": {"domain": list(strata.names),
                                                                "range": shapes}},
                          "tooltip": [told("label", "calibration", None),
                                      told("place", "reconstruction", None),
                                      told("times", "of the λ for all", ".3~g")]}},
        ],
    }, rows  # fmt: skip


def layers_chart(shares: LayerShares) -> tuple[Spec, pd.DataFrame]:
    """Return a bar a calibration, divided among its layers, and the rows of ``layers``."""
    rows = pd.DataFrame(
        [
            {"label": name, "layer": layer, "share": 100 * float(shares.shares[k, j])}
            for k, name in enumerate(shares.names)
            for j, layer in enumerate(shares.layers)
            if shares.shares[k, j] > 0
        ]
    )
    below = {**legend(shares.layers), "columns": 3}
    colour = {"field": "layer", "type": "nominal", "legend": below,
              "scale": {"domain": list(shares.layers),
                        "range": [COLOURS[k % 6] for k in range(len(shares.layers))]}}  # fmt: skip
    return {
        "height": 44 * len(shares.names),
        "data": {"name": "layers"},
        "mark": "bar",
        "encoding": {
            "x": {**number("share", "share of the perceptual loss (%)", "~g", zero=True),
                  "scale": {"domain": [0, 100]}},
            "y": {"field": "label", "type": "nominal", "title": None,
                  "axis": {"labelLimit": 160}},
            "color": colour,
            "tooltip": [told("label", "calibration", None), told("layer", "layer", None),
                        told("share", "share (%)", ".3~g")],
        },
    }, rows  # fmt: skip
