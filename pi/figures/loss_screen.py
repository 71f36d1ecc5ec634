"""A screen of losses: blur penalty, dose order and high share of each, with intervals."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.figures.colours import COLOURS
from pi.figures.labels import inches_high, inches_wide, wrapped

PANELS = (
    ("blur_penalty", "blur penalty\n(loss of a blur over noise)", 1.0),
    ("dose_order", "dose order\n(share of patches)", 0.5),
    ("high_share", "high share\n(of high and low grains)", 0.5),
)
"""Column, title, and what is neither way."""

SHARES = ("dose_order", "high_share")
SIZE = 9


def draw_screen(table: pd.DataFrame) -> Figure:
    """Draw a table of `pi.influence.screening.screen_table`: a line a loss, the best on top."""
    names = [wrapped(name) for name in table["experiment"]]
    tallest = max(inches_high(name, SIZE) for name in names) + 0.15
    widest = max(inches_wide(name, SIZE) for name in names)
    figure = Figure((8.5 + widest, 1.2 + tallest * len(names)), layout="constrained")
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
        axes.axvline(even, color="#888888", linewidth=0.8)
        if name in SHARES:
            axes.set_xlim(-0.03, 1.03)
        axes.set_title(title, fontsize=10)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_yticks(at, names, fontsize=SIZE)
        axes.grid(alpha=0.25)
    return figure
