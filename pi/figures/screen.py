"""A screen of losses: blur penalty, dose order and high share of each, with intervals."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.figures.influence_curve import COLOURS

PANELS = (
    ("blur_penalty", "blur penalty\n(loss of a blur over that of noise of its MSE)", 1.0),
    ("dose_order", "dose order\n(share of patches)", None),
    ("high_share", "high share\n(high grains over high and low)", 0.5),
)


def draw_screen(table: pd.DataFrame) -> Figure:
    """Draw a table of `pi.influence.screening.screen_table`: a line a loss, the best on top."""
    figure = Figure(figsize=(13, 1.6 + 0.4 * len(table)), layout="constrained")
    at = np.arange(len(table))[::-1]
    for k, (axes, (name, title, even)) in enumerate(
        zip(figure.subplots(1, len(PANELS), sharey=True), PANELS, strict=True)
    ):
        values = table[name].to_numpy(float)
        low, high = (table[f"{name}_{end}"].to_numpy(float) for end in ("low", "high"))
        for place, value, below, above in zip(at, values, low, high, strict=True):
            if np.isfinite([below, above]).all():
                axes.plot([below, above], [place, place], color=COLOURS[k], linewidth=2)
            axes.plot([value], [place], "o", color=COLOURS[k])
        if even is not None:
            axes.axvline(even, color="#888888", linewidth=0.8)
        axes.set_title(title, fontsize=10)
        axes.set_yticks(at, list(table["experiment"]))
        axes.grid(alpha=0.25)
    return figure
