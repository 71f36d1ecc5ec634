"""The paper's Figs. 1 and 3: input, output, target and error of slices that the metrics chose."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from pi.evaluation.choice import ShownSlice
from pi.evaluation.metrics import mean_text
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.figures.labels import inches_high, wrapped
from pi.figures.slice_row import SOFT_TISSUE, Panel, Pictured, SliceRow, picture_row

ERROR_HIGH_HU = 100.0
"""Absolute error at the bright end of the colour scale; the same for every run."""

COLUMN = 26
"""Characters of a line above an image."""

TITLES = {LOW_DOSE: "low dose (input)", DENOISED: "denoised (output)"}


def slice_rows(shown: Sequence[ShownSlice], metric: str) -> list[SliceRow]:
    """Return what is drawn of some slices.

    Args:
        shown: the slices.
        metric: name of the score by which they were chosen, as it is written in captions.
    """
    return [_row(one, metric) for one in shown]


def draw_slices(rows: Sequence[SliceRow], window: tuple[float, float] = SOFT_TISSUE) -> Figure:
    """Draw whole slices, one a row, with the region that `draw_details` enlarges.

    Args:
        rows: see `slice_rows`.
        window: HU from black to white.
    """
    return _draw(rows, window, detail=False)


def draw_details(rows: Sequence[SliceRow], window: tuple[float, float] = SOFT_TISSUE) -> Figure:
    """Draw the enlarged regions, one slice a row. Arguments as of `draw_slices`."""
    return _draw(rows, window, detail=True)


def to_uint8(
    panel: Panel, window: tuple[float, float] = SOFT_TISSUE, levels: int = 256
) -> NDArray[np.uint8]:
    """Return a panel as grey levels of a fixed window, for tools that know no HU."""
    return grey_levels(panel.hu, (0.0, ERROR_HIGH_HU) if panel.is_error else window, levels)


def grey_levels(
    hu: NDArray[np.float32], window: tuple[float, float], levels: int = 256
) -> NDArray[np.uint8]:
    """Return HU, any shape, as so many levels from 0 on between the two ends of a window."""
    low, high = window
    return np.asarray(np.rint(np.clip((hu - low) / (high - low), 0, 1) * (levels - 1)), np.uint8)


def _row(shown: ShownSlice, metric: str) -> SliceRow:
    images = [
        Pictured(
            image,
            TITLES[image],
            hu,
            f"{metric} {mean_text(shown.choice.scores[image], metric.lower())}",
            shown.errors[image].rmse_hu,
            {metric: shown.choice.scores[image]},
        )
        for image, hu in shown.images.items()
    ]
    return picture_row(
        shown.choice.rank, shown.choice.key, images, shown.normal_dose, shown.pixel_spacing
    )


def _draw(rows: Sequence[SliceRow], window: tuple[float, float], *, detail: bool) -> Figure:
    columns = len(rows[0].panels)
    titles = [wrapped(panel.title, COLUMN) for panel in rows[0].panels]
    above = max(inches_high(title, 10) for title in titles)
    size = (2.5 * columns + 1.2, 2.5 * len(rows) + 0.6 + above)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    drawn: dict[bool, AxesImage] = {}
    for row, line in zip(rows, grid, strict=True):
        line[0].set_ylabel(wrapped(row.label, 16), rotation=0, ha="right", va="center", fontsize=9)
        for panel, title, axes in zip(row.panels, titles, line, strict=True):
            drawn[panel.is_error] = draw_panel(axes, panel, row, window, detail=detail)
            axes.set_title(title if row is rows[0] else "", fontsize=10)
    _draw_scales(figure, grid, rows[0].panels, drawn)
    return figure


def draw_panel(
    axes: Axes, panel: Panel, row: SliceRow, window: tuple[float, float], *, detail: bool
) -> AxesImage:
    """Draw one image: whole with the region marked, or the region alone; return it for a scale."""
    (top, left), side = row.corner, row.side
    hu = panel.hu[top : top + side, left : left + side] if detail else panel.hu
    low, high = (0.0, ERROR_HIGH_HU) if panel.is_error else window
    colours = "inferno" if panel.is_error else "gray"
    image = axes.imshow(hu, colours, vmin=low, vmax=high, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel(panel.detail_caption if detail else panel.caption, fontsize=9)
    if not detail:
        axes.add_patch(Rectangle((left, top), side, side, fill=False, edgecolor="#E69F00"))
    if not panel.is_error and row.pixel_spacing is not None:
        _draw_scale_bar(axes, row.pixel_spacing, hu.shape, length=10.0 if detail else 50.0)
    return image


def _draw_scale_bar(
    axes: Axes, pixel_spacing: float, shape: tuple[int, ...], length: float
) -> None:
    rows, columns = shape
    end, height = 0.96 * columns, 0.95 * rows
    outline = [withStroke(linewidth=3, foreground="black")]
    axes.plot([end - length / pixel_spacing, end], [height, height], color="white", linewidth=1.5,
              path_effects=outline)  # fmt: skip
    axes.annotate(f"{length / 10:g} cm", (end, height), (0, 3), textcoords="offset points",
                  ha="right", color="white", fontsize=7, path_effects=outline)  # fmt: skip


def _draw_scales(
    figure: Figure,
    grid: NDArray[np.object_],
    panels: Sequence[Panel],
    drawn: Mapping[bool, AxesImage],
) -> None:
    for is_error, label in ((False, "HU"), (True, "absolute error (HU)")):
        which = [k for k, panel in enumerate(panels) if panel.is_error == is_error]
        bar = figure.colorbar(drawn[is_error], ax=grid[:, which].ravel().tolist(), shrink=0.6,
                              location="bottom", aspect=40, pad=0.02,
                              extend="max" if is_error else "both")  # fmt: skip
        bar.set_label(label, fontsize=9)
        bar.ax.tick_params(labelsize=8)
