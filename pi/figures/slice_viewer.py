"""One slice as several runs denoise it: the images above, what they are off by below."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from pi.figures.denoised_slices import COLUMN, draw_panel, to_uint8
from pi.figures.labels import inches_high, wrapped
from pi.figures.slice_row import Panel, SliceRow

SIDE = 2.9  # inches of a panel
SMALLEST = 512  # pixels of a panel's side on a screen
FRAME = (230, 159, 0)
MARK = (204, 121, 167)
ERRORS = np.asarray(colormaps["inferno"](np.arange(256), bytes=True)[:, :3])
"""Colours of `draw_panel`: of the region's frame, and of errors by level, (256, 3) RGB; the mark
outlines what the normal dose does not show."""


def viewer_panels(row: SliceRow) -> tuple[tuple[Panel, ...], tuple[Panel, ...]]:
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


def panel_pixels(
    panel: Panel,
    row: SliceRow,
    window: tuple[float, float],
    *,
    detail: bool,
    marked: NDArray[np.bool] | None = None,
) -> NDArray[np.uint8]:
    """Return one panel as `draw_viewer` colours it, pixel by pixel: for a screen, in milliseconds.

    Args:
        panel: of the row.
        row: see `viewer_panels`.
        window: HU from black to white.
        detail: whether the region alone is shown, which is framed otherwise.
        marked: (rows, columns) of the slice, what is outlined; None: nothing.

    Returns:
        (rows, columns, 3) RGB, at least `SMALLEST` pixels wide.
    """
    (top, left), side = row.corner, row.side
    levels = to_uint8(panel, window)
    if detail:
        levels = levels[top : top + side, left : left + side]
    times = -(-SMALLEST // levels.shape[1])
    levels = levels.repeat(times, axis=0).repeat(times, axis=1)
    colours = ERRORS[levels] if panel.is_error else np.repeat(levels[..., np.newaxis], 3, axis=2)
    if marked is not None:
        shown = marked[top : top + side, left : left + side] if detail else marked
        colours[outline(shown.repeat(times, axis=0).repeat(times, axis=1))] = MARK
    if not detail:
        _frame(colours, top * times, left * times, side * times)
    return colours


def outline(marked: NDArray[np.bool]) -> NDArray[np.bool]:
    """Return the pixels of an area that lie at its edge, two wide."""
    return np.asarray(marked & ~binary_erosion(marked, iterations=2, border_value=1))


def _frame(colours: NDArray[np.uint8], top: int, left: int, side: int) -> None:
    across, down = slice(left, left + side), slice(top, top + side)
    for edge in (0, 1, side - 2, side - 1):
        colours[top + edge, across] = FRAME
        colours[down, left + edge] = FRAME


def draw_viewer(row: SliceRow, window: tuple[float, float], *, detail: bool) -> Figure:
    """Draw a slice, whole or its region alone, on fixed scales.

    Args:
        row: see `viewer_panels`.
        window: HU from black to white.
        detail: whether the region alone is drawn.
    """
    images, errors = viewer_panels(row)
    columns = len(images)
    above = sum(
        max(inches_high(wrapped(panel.title, COLUMN), 9) for panel in panels)
        for panels in (images, errors)
    )
    figure = Figure(figsize=(SIDE * columns, 2 * SIDE + 0.2 + above), layout="constrained")
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
    axes: Axes, panel: Panel, row: SliceRow, window: tuple[float, float], *, detail: bool
) -> AxesImage:
    axes.set_title(wrapped(panel.title, COLUMN), fontsize=9)
    return draw_panel(axes, panel, row, window, detail=detail)
