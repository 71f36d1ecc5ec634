"""One slice as several runs denoise it: the images above, what they are off by below."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from pi.figures.denoised_slices import draw_panel
from pi.figures.slice_row import Panel, Row

SIDE = 2.9  # inches of a panel


def viewer_panels(row: Row) -> tuple[tuple[Panel, ...], tuple[Panel, ...]]:
    """Return the panels above and below each other.

    Above are the images and the target. Below each image is its error, and below the target, where
    two runs or more are shown, by how much the first two differ.

    Args:
        row: see `pi.figures.slice_row.picture_row`; its first image is the low dose.
    """
    images = tuple(panel for panel in row.panels if not panel.is_error)
    errors = tuple(panel for panel in row.panels if panel.is_error)
    outputs = images[1:-1]
    if len(outputs) < 2:
        return images, errors
    first, second = outputs[:2]
    difference = np.abs(first.hu - second.hu)
    rms = float(np.sqrt(np.mean(np.square(difference))))
    between = Panel("between", f"|{first.name} − {second.name}|", difference, True,
                    f"root mean square {rms:.1f} HU", "")  # fmt: skip
    return images, (*errors, between)


def draw_viewer(row: Row, window: tuple[float, float], *, detail: bool) -> Figure:
    """Draw a slice, whole or its region alone, on fixed scales.

    Args:
        row: see `viewer_panels`.
        window: HU from black to white.
        detail: whether the region alone is drawn.
    """
    images, errors = viewer_panels(row)
    columns = len(images)
    figure = Figure(figsize=(SIDE * columns, 2 * SIDE + 0.5), layout="constrained")
    grid = figure.subplots(2, columns, squeeze=False)
    for line, panels, label in zip(
        grid, (images, errors), ("HU", "absolute error (HU)"), strict=True
    ):
        drawn = [
            _titled(axes, panel, row, window, detail=detail)
            for axes, panel in zip(line, panels, strict=False)
        ]
        for axes in line[len(panels) :]:
            axes.set_axis_off()
        bar = figure.colorbar(drawn[0], ax=line.tolist(), shrink=0.85, aspect=30, pad=0.01,
                              extend="both" if label == "HU" else "max")  # fmt: skip
        bar.set_label(label, fontsize=9)
        bar.ax.tick_params(labelsize=8)
    return figure


def _titled(
    axes: Axes, panel: Panel, row: Row, window: tuple[float, float], *, detail: bool
) -> AxesImage:
    axes.set_title(panel.title, fontsize=9)
    return draw_panel(axes, panel, row, window, detail=detail)
