"""A figure on dark ground: its ink becomes light, its paper dark; the colours of data stay.

Figures are drawn for white paper. Okabe and Ito's colours are told apart on both grounds; what has
to change is ink (black, and the greys of rules and remarks) and paper (white).
"""

import re

PAPER = {"#ffffff": "#0e1117"}
INK = {"#000000": "#fafafa", "#262730": "#fafafa", "#555555": "#b3b7c0", "#777777": "#a0a4ad",
       "#888888": "#8f949e", "#b0b0b0": "#8f949e", "#cccccc": "#4a4f5a"}  # fmt: skip
"""What becomes of white, and of black and the greys, on dark ground."""


def svg_on_dark(text: str) -> str:
    """Return a figure that matplotlib wrote as SVG with ink and paper changed for dark ground."""
    text = re.sub(r'(<path [^>]*style="fill: )#ffffff', rf"\g<1>{PAPER['#ffffff']}", text)
    # An outline of 3 points lets white letters stand out from an image, and stays.
    ink = re.compile(r"((?:fill|stroke): )(#[0-9a-f]{6})(?!; stroke-width: 3\b)")
    text = ink.sub(lambda found: found[1] + INK.get(found[2], found[2]), text)
    # What says no colour of its own, such as letters, is black.
    return text.replace("<svg ", f'<svg fill="{INK["#000000"]}" ', 1)
