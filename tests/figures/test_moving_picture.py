"""What moves is drawn over what stays: the pixels are those of a figure drawn whole."""

from io import BytesIO

import numpy as np
from influence.calibrations import ONE_LAYER, by_hand
from matplotlib.figure import Figure
from PIL import Image

from pi.figures.influence_curve import InfluenceDrawing, draw_influence, influence_curves
from pi.figures.moving_picture import MovingPicture, as_png
from pi.influence.table import weight_grid


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)), np.int16)


def test_png_is_without_loss() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    assert (pixels(as_png(rgb)) == rgb).all()


def test_a_line_that_moved_is_where_it_is_now_and_no_longer_where_it_was() -> None:
    figure = Figure(figsize=(1, 1))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    line = axes.axhline(0.25, color="red", linewidth=4)
    picture = MovingPicture(figure, [line], dpi=40)
    line.set_ydata([0.75, 0.75])
    after = pixels(picture.png())
    assert after[10, 20].tolist() == [255, 0, 0]
    assert after[30, 20].tolist() == [255, 255, 255]


def test_answers_move_to_where_a_figure_of_the_other_target_draws_them() -> None:
    before, after = by_hand(ONE_LAYER, target=0.5), by_hand(ONE_LAYER, target=0.9)
    weights = weight_grid([before, after])
    drawn = InfluenceDrawing(influence_curves([before], weights), [0.1])
    drawn.move(influence_curves([before], weights), 0.5)
    drawn.move(influence_curves([after], weights), 0.9)
    whole = draw_influence(influence_curves([after], weights), 0.9, [0.1])
    for one, other in zip(drawn.figure.axes, whole.axes, strict=True):
        moved = [np.asarray(line.get_data(), float) for line in one.lines]
        expected = [np.asarray(line.get_data(), float) for line in other.lines]
        for left, right in zip(moved, expected, strict=True):
            np.testing.assert_allclose(left, right)
