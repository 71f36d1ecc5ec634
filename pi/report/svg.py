"""A figure as SVG within a page: its text is text, and it takes the page's colours."""

import re
from io import StringIO

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

from pi.figures.colours import COLOURS

PIXELS_PER_INCH = 150
"""Of images within a figure, such as CT slices."""

NOT_OURS = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
"""What would hold for the whole page; the page's own style says it instead."""

BLACK = re.compile(r"#000000\b|(?<=fill: )black\b|(?<=stroke: )black\b")
LEGEND = "fill: #ffffff; opacity: 0.8; stroke: #cccccc"
GREY = "fill: #555555"
"""What matplotlib draws a legend's ground with, and our figures their remarks."""

COLOUR = re.compile("|".join(colour for colour in COLOURS if colour != "#000000"), re.IGNORECASE)
"""What lines and points are drawn with; the page has brighter ones for dark paper."""

REFERENCE = re.compile(r"(?:href=\"#|url\(#)([^\")]+)")
IDENTITY = re.compile(r' id="([^"]+)"')
WIDTH = re.compile(r'width="([\d.]+)pt"')


def inline_svg(figure: Figure, name: str, said: str) -> Markup:
    """Return a figure as an ``<svg>`` element.

    Black becomes the colour of the text around it and white ground none, so that it is read on
    dark paper, too. Identities that nothing refers to are dropped: several figures share a page.

    Args:
        figure: drawn.
        name: unique in the page; what is referred to within the figure is named by it.
        said: what it shows, for those who cannot see it.
    """
    file = StringIO()
    nameless = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True, dpi=PIXELS_PER_INCH, metadata=nameless)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = NOT_OURS.sub("", text)
    text = BLACK.sub("currentColor", text)
    text = text.replace(LEGEND, "fill: var(--paper); opacity: 0.8; stroke: var(--rule)")
    text = text.replace(GREY, "fill: var(--muted)")
    text = COLOUR.sub(lambda found: f"var(--line-{found[0][1:].lower()}, {found[0]})", text)
    used = set(REFERENCE.findall(text))
    text = IDENTITY.sub(lambda found: found[0] if found[1] in used else "", text)
    return _opening(text, said) + Markup(text[text.index(">") + 1 :])


def _opening(text: str, said: str) -> Markup:
    """Return an ``<svg>`` tag that shrinks with the page and grows to its own size at most."""
    opening = text[: text.index(">") + 1]
    box = re.search(r'viewBox="[^"]+"', opening)
    width = WIDTH.search(opening)
    return Markup('<svg {} style="max-width: {}pt" role="img" aria-label="{}">').format(
        Markup(box[0] if box else ""), width[1] if width else "540", said
    )
