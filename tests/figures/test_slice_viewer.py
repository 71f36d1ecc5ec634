"""A panel on a screen: its levels, its frame, its mark, what is enlarged."""

import numpy as np
import pytest
from matplotlib import colormaps

from pi.figures.slice_row import Panel, Pictured, SliceRow, picture_row
from pi.figures.slice_viewer import FRAME, LEVELS, MARK, panel_picture
from pi.identity import SliceKey

WINDOW = (-160.0, 240.0)
SIDE = 256


@pytest.fixture
def row() -> SliceRow:
    rng = np.random.default_rng(3)
    target = rng.normal(40, 200, (SIDE, SIDE)).astype(np.float32)
    image = target + rng.normal(0, 60, target.shape).astype(np.float32)
    key = SliceKey("patient_1", 1.0, "B30", 0.0)
    pictured = Pictured("low_dose", "low dose", image, "", 60.0)
    return picture_row("", key, [pictured], target, 0.7, ((40, 60), 32))


def shown(panel: Panel, row: SliceRow, **more: object) -> np.ndarray:
    picture = panel_picture(panel, row, WINDOW, **{"detail": False, **more})
    return picture.palette[picture.numbers].astype(int)


def test_a_pixel_has_the_colour_of_its_hu_but_for_one_level(row: SliceRow) -> None:
    for panel, name, (low, high) in (
        (row.panels[0], "gray", WINDOW), (row.panels[-1], "inferno", (0.0, 100.0)),
    ):  # fmt: skip
        share = np.clip((panel.hu - low) / (high - low), 0, 1)
        exact = colormaps[name](share, bytes=True)[..., :3].astype(int)
        seen = shown(panel, row)[::2, ::2]
        inside = np.ones(exact.shape[:2], bool)
        inside[39:73, 59:93] = False
        assert np.abs(seen - exact)[inside].max() <= 6  # of 255: inferno's steepest level
        assert np.abs(seen - exact)[inside].mean() < 1


def test_the_region_is_framed_and_what_it_holds_is_what_is_enlarged(row: SliceRow) -> None:
    whole = panel_picture(row.panels[0], row, WINDOW, detail=False).numbers
    region = panel_picture(row.panels[0], row, WINDOW, detail=True).numbers
    assert whole.shape == region.shape == (512, 512)
    framed = np.argwhere(whole == FRAME)
    assert framed.min(axis=0).tolist() == [80, 120]
    assert framed.max(axis=0).tolist() == [80 + 64 - 1, 120 + 64 - 1]
    assert len(framed) == 64**2 - 60**2
    assert region.max() < LEVELS
    assert (region[::16, ::16][1:-1, 1:-1] == whole[80:144:2, 120:184:2][1:-1, 1:-1]).all()


def test_what_is_marked_is_outlined_in_a_colour_that_no_level_has(row: SliceRow) -> None:
    marked = np.zeros((SIDE, SIDE), bool)
    marked[100:120, 10:30] = True
    numbers = panel_picture(row.panels[0], row, WINDOW, detail=False, marked=marked).numbers
    outlined = np.argwhere(numbers == MARK)
    assert outlined.min(axis=0).tolist() == [200, 20]
    assert outlined.max(axis=0).tolist() == [239, 59]
    assert len(outlined) == 40**2 - 36**2
