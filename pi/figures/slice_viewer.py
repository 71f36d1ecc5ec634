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
from pi.figures.png import Paletted
from pi.figures.slice_row import Panel, SliceRow

SIDE = 2.9  # inches of a panel
SMALLEST = 512  # pixels of a panel's side on a screen
LEVELS = 254
"""Of grey, or of an error's colours, on a screen; a `Paletted` has two colours more."""

FRAME, MARK = LEVELS, LEVELS + 1
"""Numbers of the colours that frame the region, and outline what the normal dose does not show."""

_ORANGE, _PURPLE = (230, 159, 0), (204, 121, 167)


def _palette(name: str) -> NDArray[np.uint8]:
    colours = colormaps[name](np.linspace(0, 1, LEVELS), bytes=True)[:, :3]
    return np.asarray([*colours, _ORANGE, _PURPLE], np.uint8)


GREYS, ERRORS = _palette("gray"), _palette("inferno")
"""Colours of `draw_panel`, by level, and of the frame and the mark: (256, 3) RGB."""


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


def panel_picture(
    panel: Panel,
    row: SliceRow,
    window: tuple[float, float],
    *,
    detail: bool,
    marked: NDArray[np.bool] | None = None,
) -> Paletted:
    """Return one panel as `draw_viewer` colours it, pixel by pixel: for a screen, in milliseconds.

    Args:
        panel: of the row.
        row: see `viewer_panels`.
        window: HU from black to white.
        detail: whether the region alone is shown, which is framed otherwise.
        marked: (rows, columns) of the slice, what is outlined; None: nothing.

    Returns:
        At least `SMALLEST` pixels wide, in `LEVELS` levels.
    """
    (top, left), side = row.corner, row.side
    numbers = to_uint8(panel, window, LEVELS)
    if detail:
        numbers = numbers[top : top + side, left : left + side]
    times = -(-SMALLEST // numbers.shape[1])
    numbers = numbers.repeat(times, axis=0).repeat(times, axis=1)
    if marked is not None:
        shown = marked[top : top + side, left : left + side] if detail else marked
        numbers[outline(shown.repeat(times, axis=0).repeat(times, axis=1))] = MARK
    if not detail:
        _frame(numbers, top * times, left * times, side * times)
    return Paletted(numbers, ERRORS if panel.is_error else GREYS)


def outline(marked: NDArray[np.bool]) -> NDArray[np.bool]:
    """Return the pixels of an area that lie at its edge, two wide."""
    return np.asarray(marked & ~binary_erosion(marked, iterations=2, border_value=1))


def _frame(numbers: NDArray[np.uint8], top: int, left: int, side: int) -> None:
    across, down = slice(left, left + side), slice(top, top + side)
    for edge in (0, 1, side - 2, side - 1):
        numbers[top + edge, across] = FRAME
        numbers[down, left + edge] = FRAME


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
