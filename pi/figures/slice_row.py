"""What is drawn of one slice: images, their target, their errors, the region that is enlarged."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pi.evaluation.regions import RegionRule, region_side, regions_of
from pi.identity import SliceKey

WINDOWS: Mapping[str, tuple[float, float]] = {
    "soft_tissue": (-160.0, 240.0),
    "lung": (-1350.0, 150.0),
    "bone": (-500.0, 1300.0),
}
"""HU shown from black to white; the same for every image of every run."""

SOFT_TISSUE = WINDOWS["soft_tissue"]

Region = tuple[tuple[int, int], int]
"""SliceRow and column of a square's upper left pixel, and its side in pixels."""

SMALLEST_REGION = 8  # pixels
DETAIL = RegionRule(share_of_slice=3 / 16)
"""The region that is enlarged: 96 of 512 pixels, as in the paper's Fig. 1, in soft tissue."""


@dataclass(frozen=True)
class Pictured:
    """One image that is compared with the target.

    Attributes:
        name: such as ``denoised``.
        title: of its column.
        hu: (rows, columns) HU.
        caption: its score, of the whole slice.
        rmse_hu: its error, of the whole slice.
        scores: by name of the metric, what the caption rounds.
    """

    name: str
    title: str
    hu: NDArray[np.float32] = field(repr=False)
    caption: str
    rmse_hu: float
    scores: Mapping[str, float] = field(default_factory=dict)


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
        numbers: of an image, by name: what its captions and those of its error round.
    """

    name: str
    title: str
    hu: NDArray[np.float32] = field(repr=False)
    is_error: bool
    caption: str
    detail_caption: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SliceRow:
    """One slice.

    Attributes:
        rank: why it is shown.
        key: of the slice.
        panels: from left to right.
        corner: row and column of the enlarged region's upper left pixel.
        side: of that region in pixels.
        pixel_spacing: mm; None where it is unknown.
    """

    rank: str
    key: SliceKey
    panels: tuple[Panel, ...]
    corner: tuple[int, int]
    side: int
    pixel_spacing: float | None

    @property
    def label(self) -> str:
        """Why it is shown, and its key, a line each; why there is no scale where there is none."""
        position = f"{self.key.position:+.1f} mm".replace("-", "−")
        lines = [self.rank, self.key.patient, str(self.key.reconstruction), position]
        return "\n".join(lines + ([] if self.pixel_spacing else ["pixel spacing unknown"]))


def picture_row(
    rank: str,
    key: SliceKey,
    images: Sequence[Pictured],
    normal_dose: NDArray[np.float32],
    pixel_spacing: float | None,
    region: Region | None = None,
) -> SliceRow:
    """Return what is drawn of one slice: its images, the target, and the images' errors.

    Args:
        rank: why it is shown.
        key: of the slice.
        images: that are compared with the target.
        normal_dose: the target, (rows, columns) HU.
        pixel_spacing: mm; None where it is unknown.
        region: what is enlarged; None: soft tissue with most contrast.
    """
    (top, left), side = region or busiest_region(normal_dose)
    inside = np.s_[top : top + side, left : left + side]
    panels, errors = [], []
    for image in images:
        error = np.abs(image.hu - normal_dose)
        here = float(np.sqrt(np.mean(np.square(error[inside]))))
        name = image.name.replace("_", " ")
        numbers = {**image.scores, "rmse_hu": image.rmse_hu, "region_rmse_hu": here}
        panels.append(Panel(image.name, image.title, image.hu, False, image.caption, "", numbers))
        difference, of_region = f"|{name} − normal dose|", f"RMSE here {here:.1f} HU"
        whole = f"RMSE {image.rmse_hu:.1f} HU"
        errors.append(Panel(f"{image.name}_error", difference, error, True, whole, of_region))
    target = Panel("normal_dose", "normal dose (target)", normal_dose, False, "", "")
    return SliceRow(rank, key, (*panels, target, *errors), (top, left), side, pixel_spacing)


def row_table(rows: Sequence[SliceRow]) -> pd.DataFrame:
    """Return which slices a figure shows, and the numbers it says of them: a row per image."""
    return pd.DataFrame(
        [
            {"rank": row.rank, **asdict(row.key), "image": panel.name, "region_row": row.corner[0],
             "region_column": row.corner[1], "region_pixels": row.side, **panel.numbers}
            for row in rows
            for panel in row.panels
            if panel.numbers
        ]
    )  # fmt: skip


def region_around(shape: tuple[int, int], across: float, down: float, zoom: float) -> Region:
    """Return the region that fills a panel when a slice is enlarged, as near as its edges allow.

    Args:
        shape: rows and columns of the slice.
        across: where the middle shall be, from the left edge, 0, to the right, 1.
        down: likewise, from the top.
        zoom: how many times smaller than the slice its side is.
    """
    side = max(SMALLEST_REGION, round(min(shape) / zoom))
    rows, columns = shape
    top, left = round(down * rows - side / 2), round(across * columns - side / 2)
    return (min(max(top, 0), rows - side), min(max(left, 0), columns - side)), side


def busiest_region(target: NDArray[np.float32]) -> Region:
    """Return the region of soft tissue with most contrast, or the middle where there is none.

    Args:
        target: the normal dose, (rows, columns) HU.
    """
    side = region_side(target.shape[0], DETAIL)
    smooth = uniform_filter(np.clip(target, *SOFT_TISSUE), max(3, side // 16))
    corners = regions_of(target, DETAIL)
    if not corners:
        return ((target.shape[0] - side) // 2, (target.shape[1] - side) // 2), side
    contrast = [float(smooth[r : r + side, c : c + side].std()) for r, c in corners]
    return corners[int(np.argmax(contrast))], side
