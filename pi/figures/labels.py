"""Names in figures: broken into lines, and the room that their lines take.

A name is what a user called a run or an experiment, and may be sixty characters without a blank.
"""

import re

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

LONGEST = 32
"""Characters of a line of a name beside a row; a longer name goes on below."""

_PIECE = re.compile(r"[^\s_:/,·.-]*[\s_:/,·.-]*")
_EM = 0.62
"""Width of a character as a share of the height of letters, on the generous side."""


def wrapped(text: str, width: int = LONGEST) -> str:
    """Return ``text`` in lines of at most ``width`` characters.

    Lines end after a blank or a mark such as ``_`` or ``:`` where they can, and anywhere else
    where there is none; a line that ``text`` has already ends where it ends.

    Raises:
        ValueError: ``width`` is below 1.
    """
    if width < 1:
        raise ValueError(f"`width` must be at least 1 but got {width}.")
    return "\n".join(line for own in text.split("\n") for line in _lines(own, width))


def inches_wide(text: str, fontsize: float) -> float:
    """Return about how wide the longest line of ``text`` is, in inches, rather too much."""
    return max(map(len, text.split("\n"))) * _EM * fontsize / 72


def inches_high(text: str, fontsize: float) -> float:
    """Return how high the lines of ``text`` are, in inches."""
    return (text.count("\n") + 1) * 1.3 * fontsize / 72


def legend_below(figure: Figure, fontsize: float = 8) -> None:
    """Explain the lines of all axes once below them; the figure grows by what that takes.

    A legend among the curves would lie over some of them.
    """
    found = [axes.get_legend_handles_labels() for axes in figure.axes]
    entries = {
        wrapped(name, 80): handle
        for handles, names in found
        for handle, name in zip(handles, names, strict=True)
    }
    if not entries:
        return
    width = max(inches_wide(name, fontsize) for name in entries) + 0.6
    columns = max(1, min(len(entries), int(figure.get_figwidth() / width)))
    tallest = max(inches_high(name, fontsize) for name in entries) + 0.04
    rows = -(-len(entries) // columns)
    figure.set_figheight(figure.get_figheight() + rows * tallest + 0.2)
    figure.legend(list(entries.values()), list(entries), fontsize=fontsize, ncols=columns,
                  loc="outside lower center", frameon=False)  # fmt: skip


def epochs_along(axes: Axes) -> None:
    """Make the axis that goes along one of epochs: there is no half of one."""
    axes.set_xlabel("epoch")
    low, high = axes.get_xlim()
    if high - low < 1:  # one epoch, or none
        axes.set_xlim((low + high) / 2 - 0.5, (low + high) / 2 + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, min_n_ticks=1))


def _lines(text: str, width: int) -> list[str]:
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
        while len(lines[-1].rstrip()) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return [line.rstrip() for line in lines]
