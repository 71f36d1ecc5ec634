"""How much each parameter of a search made good trials differ from bad ones."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from pi.figures.influence_curve import COLOURS


def importance_table(shares: Mapping[str, float]) -> pd.DataFrame:
    """Return the data of the figure: a row a parameter."""
    return pd.DataFrame(shares.items(), columns=["parameter", "importance"])


def draw_importance(shares: Mapping[str, float]) -> Figure:
    """Draw the shares (see `pi.search.answer.importances`) as bars, the greatest on top."""
    figure = Figure(figsize=(7, 1.2 + 0.5 * len(shares)), layout="constrained")
    axes = figure.subplots()
    ordered = sorted(shares.items(), key=lambda entry: entry[1])
    axes.barh([name for name, _ in ordered], [share for _, share in ordered], color=COLOURS[0])
    axes.set_xlabel("importance (PED-ANOVA)")
    axes.set_xlim(0, 1)
    axes.grid(alpha=0.25, axis="x")
    return figure
