"""Which texts of a figure lie outside it, or over one another, as they are drawn."""

from itertools import combinations

from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.5
"""Pixels that edges of letters may lie over each other: a box has more air than its letters."""


def faults(figure: Figure) -> list[str]:
    """Return a sentence for every text outside the figure and every two that overlap."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()  # laid out, which is all that is looked at
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn(figure)]
    inside = figure.bbox.padded(SLACK)
    outside = [
        f"{said!r} lies outside"
        for said, box in boxes
        if not all(map(_in, [inside] * 4, _corners(box)))
    ]
    over = [
        f"{one!r} lies over {other!r}"
        for (one, first), (other, second) in combinations(boxes, 2)
        if _overlap(first, second)
    ]
    return outside + over


def drawn(figure: Figure) -> list[Text]:
    """Return the texts that are drawn: a tick beyond the limits is none of them."""
    found = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for axes in figure.axes:
        found += axes.texts
        found += [axes.title, axes._left_title, axes._right_title]  # type: ignore[attr-defined]
        legend = axes.get_legend()
        found += legend.get_texts() if legend else []
        if axes.axison:
            found += [text for axis in (axes.xaxis, axes.yaxis) for text in _of_axis(axis)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _of_axis(axis: Axis) -> list[Text]:
    labels = [axis.label, axis.offsetText]
    for tick in axis._update_ticks():  # type: ignore[attr-defined]
        labels += [label for label in (tick.label1, tick.label2) if label.get_visible()]
    return labels


def _corners(box: Bbox) -> list[tuple[float, float]]:
    return [(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]


def _in(frame: Bbox, corner: tuple[float, float]) -> bool:
    return bool(frame.contains(*corner))


def _overlap(one: Bbox, other: Bbox) -> bool:
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.width, shared.height) > SLACK
