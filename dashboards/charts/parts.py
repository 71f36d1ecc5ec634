"""What charts are made of: axes, legends, colours, and what a pointer does."""

from collections.abc import Collection, Mapping
from typing import Any

Spec = dict[str, Any]

ZOOM: Spec = {
    "name": "zoom",
    "select": {"type": "interval", "zoom": "wheel![event.ctrlKey]"},
    "bind": "scales",
}
"""The wheel alone scrolls the page: a chart must not hold the reader fast."""

SINGLED: Spec = {
    "name": "singled",
    "select": {"type": "point", "fields": ["label"]},
    "bind": "legend",
}
FADED: Spec = {"condition": {"param": "singled", "value": 1}, "value": 0.12}
GREY = "#888888"
HEIGHT = 260  # pixels of what is between the axes
FITTED: Spec = {"type": "fit-x", "contains": "padding"}
"""Axes and a legend of however many names are beside that height, not at its cost."""


def colours(of: Mapping[str, str]) -> Spec:
    """Return the encoding that gives each label its colour, with a legend below."""
    return {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": list(of), "range": list(of.values())},
        "legend": legend(of),
    }


SHORT = 18
"""Characters of names of which two stand beside each other on a phone."""


def legend(names: Collection[str]) -> Spec:
    """Return a legend below of names however long: long ones one above the other."""
    columns = 2 if max(map(len, names), default=0) <= SHORT else 1
    return {"orient": "bottom", "title": None, "columns": columns, "labelLimit": 320,
            "symbolLimit": 0, "symbolOpacity": 1, "offset": 8}  # fmt: skip


def number(field: str, title: str, form: str = ".5~g", *, zero: bool = False) -> Spec:
    """Return the encoding of a quantity along an axis."""
    axis = {"format": form, "labelOverlap": True}
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": axis,
        "scale": {"zero": zero, "nice": False, "padding": 6},
    }


def told(field: str, title: str, form: str | None = ".4~g") -> Spec:
    """Return an entry of what is told on hovering; a form of None: as it is."""
    if form is None:
        return {"field": field, "type": "nominal", "title": title}
    return {"field": field, "type": "quantitative", "title": title, "format": form}


def rule(at: float, axis: str) -> Spec:
    """Return a grey rule across (``y``) or upright (``x``)."""
    return {
        "data": {"values": [{"at": at}]},
        "mark": {"type": "rule", "color": GREY, "strokeWidth": 1},
        "encoding": {axis: {"field": "at", "type": "quantitative"}},
    }
