"""The paper's Figs. 1 and 3: input, output, target and error of slices that the metrics chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pi.evaluation.choice import ShownSlice
from pi.evaluation.noise_power import RegionRule, region_side, regions_of
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.identity import SliceKey

WINDOWS: Mapping[str, tuple[float, float]] = {
    "soft_tissue": (-160.0, 240.0),
    "lung": (-1350.0, 150.0),
    "bone": (-500.0, 1300.0),
}
"""HU shown from black to white; the same for every image of every run."""

SOFT_TISSUE = WINDOWS["soft_tissue"]

ERROR_HIGH_HU = 100.0
"""Absolute error at the bright end of the colour scale; the same for every run."""

DETAIL = RegionRule(share_of_slice=3 / 16)
"""The region that is enlarged: 96 of 512 pixels, as in the paper's Fig. 1, in soft tissue."""

TITLES = {LOW_DOSE: "low dose (input)", DENOISED: "denoised (output)"}


@dataclass(frozen=True)
class Pictured:
    """One image that is compared with the target.

    Attributes:
        name: such as ``denoised``.
        title: of its column.
        hu: (rows, columns) HU.
        caption: its score, of the whole slice.
        rmse_hu: its error, of the whole slice.
    """

    name: str
    title: str
    hu: NDArray[np.float32] = field(repr=False)
    caption: str
    rmse_hu: float


@dataclass(frozen=True)
class Panel:
    """One image of a row.

    Attributes:
        name: of the image, such as ``denoised`` or ``denoised_error``.
        title: of its column.
        hu: (rows, columns) HU: an image, or an absolute error.
        is_error: which scale it is drawn on.
        caption: its metrics, of the whole slice.
        detail_caption: of the enlarged region.
    """

    name: str
    title: str
    hu: NDArray[np.float32] = field(repr=False)
    is_error: bool
    caption: str
    detail_caption: str


@dataclass(frozen=True)
class Row:
    """One slice.

    Attributes:
        label: why it is shown, and its key.
        rank: of the choice.
        panels: from left to right.
        corner: row and column of the enlarged region's upper left pixel.
        side: of that region in pixels.
        pixel_spacing: mm.
    """

    label: str
    rank: str
    panels: tuple[Panel, ...]
    corner: tuple[int, int]
    side: int
    pixel_spacing: float


def slice_rows(shown: Sequence[ShownSlice], metric: str) -> list[Row]:
    """Return what is drawn of some slices.

    Args:
        shown: the slices.
        metric: name of the score by which they were chosen, as it is written in captions.
    """
    return [_row(one, metric) for one in shown]


def picture_row(
    rank: str,
    key: SliceKey,
    images: Sequence[Pictured],
    normal_dose: NDArray[np.float32],
    pixel_spacing: float,
) -> Row:
    """Return what is drawn of one slice: its images, the target, and the images' errors.

    Args:
        rank: why it is shown.
        key: of the slice.
        images: that are compared with the target.
        normal_dose: the target, (rows, columns) HU.
        pixel_spacing: mm.
    """
    (top, left), side = _busiest_region(normal_dose)
    region = np.s_[top : top + side, left : left + side]
    panels, errors = [], []
    for image in images:
        error = np.abs(image.hu - normal_dose)
        here = float(np.sqrt(np.mean(np.square(error[region]))))
        name = image.name.replace("_", " ")
        panels.append(Panel(image.name, image.title, image.hu, False, image.caption, ""))
        difference, inside = f"|{name} − normal dose|", f"RMSE here {here:.1f} HU"
        whole = f"RMSE {image.rmse_hu:.1f} HU"
        errors.append(Panel(f"{image.name}_error", difference, error, True, whole, inside))
    target = Panel("normal_dose", "normal dose (target)", normal_dose, False, "", "")
    position = f"{key.position:+.1f} mm".replace("-", "−")
    label = f"{rank}\n{key.patient}\n{key.reconstruction}\n{position}"
    return Row(label, rank, (*panels, target, *errors), (top, left), side, pixel_spacing)


def draw_slices(rows: Sequence[Row], window: tuple[float, float] = SOFT_TISSUE) -> Figure:
    """Draw whole slices, one a row, with the region that `draw_details` enlarges.

    Args:
        rows: see `slice_rows`.
        window: HU from black to white.
    """
    return _draw(rows, window, detail=False)


def draw_details(rows: Sequence[Row], window: tuple[float, float] = SOFT_TISSUE) -> Figure:
    """Draw the enlarged regions, one slice a row. Arguments as of `draw_slices`."""
    return _draw(rows, window, detail=True)


def to_uint8(panel: Panel, window: tuple[float, float] = SOFT_TISSUE) -> NDArray[np.uint8]:
    """Return a panel as grey levels of a fixed window, for tools that know no HU."""
    low, high = (0.0, ERROR_HIGH_HU) if panel.is_error else window
    levels = np.clip((panel.hu - low) / (high - low), 0, 1) * 255
    return np.asarray(np.rint(levels), np.uint8)


def _row(shown: ShownSlice, metric: str) -> Row:
    images = [
        Pictured(
            image,
            TITLES[image],
            hu,
            f"{metric} {shown.choice.scores[image]:.4f}",
            shown.errors[image].rmse_hu,
        )
        for image, hu in shown.images.items()
    ]
    return picture_row(
        shown.choice.rank, shown.choice.key, images, shown.normal_dose, shown.pixel_spacing
    )


def _busiest_region(target: NDArray[np.float32]) -> tuple[tuple[int, int], int]:
    """Return the region of soft tissue with most contrast, or the middle where there is none."""
    side = region_side(target.shape[0], DETAIL)
    smooth = uniform_filter(np.clip(target, *SOFT_TISSUE), max(3, side // 16))
    corners = regions_of(target, DETAIL)
    if not corners:
        return ((target.shape[0] - side) // 2, (target.shape[1] - side) // 2), side
    contrast = [float(smooth[r : r + side, c : c + side].std()) for r, c in corners]
    return corners[int(np.argmax(contrast))], side


def _draw(rows: Sequence[Row], window: tuple[float, float], *, detail: bool) -> Figure:
    columns = len(rows[0].panels)
    figure = Figure(figsize=(2.5 * columns + 0.9, 2.5 * len(rows) + 0.7), layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    drawn: dict[bool, AxesImage] = {}
    for row, line in zip(rows, grid, strict=True):
        line[0].set_ylabel(row.label, rotation=0, ha="right", va="center", fontsize=9)
        for panel, axes in zip(row.panels, line, strict=True):
            drawn[panel.is_error] = draw_panel(axes, panel, row, window, detail=detail)
            axes.set_title(panel.title if row is rows[0] else "", fontsize=10)
    _draw_scales(figure, grid, rows[0].panels, drawn)
    return figure


def draw_panel(
    axes: Axes, panel: Panel, row: Row, window: tuple[float, float], *, detail: bool
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
    if not panel.is_error:
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
