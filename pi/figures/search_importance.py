"""How much each parameter of a search made good trials differ from bad ones."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from pi.figures.colours import COLOURS
from pi.figures.labels import inches_high, inches_wide, wrapped


def importance_table(shares: Mapping[str, float]) -> pd.DataFrame:
    """Return the data of the figure: a row a parameter."""
    return pd.DataFrame(shares.items(), columns=["parameter", "importance"])


def draw_importance(shares: Mapping[str, float]) -> Figure:
    """Draw the shares (see `pi.search.answer.importances`) as bars, the greatest on top."""
    ordered = sorted(shares.items(), key=lambda entry: entry[1])
    names = [wrapped(name) for name, _ in ordered]
    row = max([0.5, *(inches_high(name, 10) + 0.06 for name in names)])
    beside = max([2.0, *(inches_wide(name, 10) for name in names)])
    figure = Figure(figsize=(5 + beside, 1.2 + row * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.barh(names, [share for _, share in ordered], color=COLOURS[0])
    axes.set_xlabel("importance (PED-ANOVA)")
    axes.set_xlim(0, 1)
    axes.grid(alpha=0.25, axis="x")
    return figure
