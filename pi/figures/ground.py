"""A figure on dark ground: its ink becomes light, its paper dark; the colours of data stay.

Figures are drawn for white paper. Okabe and Ito's colours are told apart on both grounds; what has
to change is ink (black, and the greys of rules and remarks) and paper (white).
"""

import re
from collections.abc import Callable

from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

PAPER = {"#ffffff": "#0e1117"}
INK = {"#000000": "#fafafa", "#262730": "#fafafa", "#555555": "#b3b7c0", "#777777": "#a0a4ad",
       "#888888": "#8f949e", "#b0b0b0": "#8f949e", "#cccccc": "#4a4f5a"}  # fmt: skip
"""What becomes of white, and of black and the greys, on dark ground."""

_TINTED: tuple[tuple[type[Artist], str, bool], ...] = (
    (Text, "color", False),
    (Line2D, "color", False),
    (Line2D, "markerfacecolor", False),
    (Line2D, "markeredgecolor", False),
    (Patch, "facecolor", True),
    (Patch, "edgecolor", True),
)
"""Of each kind of artist what has a colour, and whether white is paper there.

White letters and lines are not: they lie on images and on coloured cells.
"""


def on_dark(figure: Figure) -> Figure:
    """Return ``figure`` after its ink and paper were changed for dark ground."""
    for axes in figure.axes:
        axes.tick_params(which="both", colors=INK["#000000"], grid_color=INK["#b0b0b0"])
    for artist in figure.findobj(include_self=True):
        for kind, colour, is_paper in _TINTED:
            if isinstance(artist, kind):
                _tint(getattr(artist, f"get_{colour}"), getattr(artist, f"set_{colour}"), is_paper)
        if isinstance(artist, Collection):
            _tint_all(artist)
    return figure


def svg_on_dark(text: str) -> str:
    """Return a figure that matplotlib wrote as SVG with ink and paper changed for dark ground."""
    text = re.sub(r'(<path [^>]*style="fill: )#ffffff', rf"\g<1>{PAPER['#ffffff']}", text)
    # An outline of 3 points lets white letters stand out from an image, and stays.
    ink = re.compile(r"((?:fill|stroke): )(#[0-9a-f]{6})(?!; stroke-width: 3\b)")
    text = ink.sub(lambda found: found[1] + INK.get(found[2], found[2]), text)
    # What says no colour of its own, such as letters, is black.
    return text.replace("<svg ", f'<svg fill="{INK["#000000"]}" ', 1)


def _tint(get: Callable[[], object], put: Callable[[object], object], is_paper: bool) -> None:
    before = get()
    if isinstance(before, str) and before.lower() in ("none", "auto"):
        return
    after = _tinted(before, is_paper)
    if after is not None:
        put(after)


def _tint_all(artist: Collection) -> None:
    if artist.get_array() is not None:  # its colours are data
        return
    for colour in ("facecolor", "edgecolor"):
        before = getattr(artist, f"get_{colour}")()
        after = [_tinted(one, is_paper=True) or tuple(one) for one in before]
        if after:
            getattr(artist, f"set_{colour}")(after)


def _tinted(colour: object, is_paper: bool) -> tuple[float, float, float, float] | None:
    """Return the colour on dark ground; None where it stays."""
    *_, alpha = rgba = to_rgba(colour)  # type: ignore[arg-type]
    known = INK | PAPER if is_paper else INK
    changed = known.get(to_hex(rgba))
    return to_rgba(changed, alpha) if changed and alpha else None
