"""One colour for one configuration, wherever it is drawn: in figures, pages and MLflow's UI."""

import colorsys
import zlib

from pi.losses.experiments import NAMED
from pi.run_names import BETWEEN, influence

# Okabe and Ito's colours, told apart by colour-blind readers; yellow is left out on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
STYLES = ("-", "--", ":", "-.")

USUAL_TARGET = 0.95
"""Default of ``target_psi``: names that differ by it alone have one colour."""

FIRST = ("demo1", "demo2", "demo3", "demo4", "baseline", "mse")
"""Configurations that have Okabe and Ito's colours, but for black, which is no ink on dark ground.
"""

SATURATION = 0.6
LUMINANCES = (0.2, 0.14, 0.26)

_OTHERS = tuple(name for name in NAMED if name not in FIRST)


def colour_of(configuration: str) -> str:
    """Return the colour of a configuration, which depends on its name alone.

    Args:
        configuration: such as ``demo1`` or ``demo1 · Ψ 50 %``; the usual target makes no
            difference, so that a calibration has the colour of the training that follows.
    """
    usual = f"{BETWEEN}{influence(USUAL_TARGET)}"
    name = configuration.removesuffix(usual).replace(usual + BETWEEN, BETWEEN)
    if name in FIRST:
        return COLOURS[FIRST.index(name)]
    number = _OTHERS.index(name) if name in _OTHERS else zlib.crc32(name.encode())
    return around(number)


def around(number: int) -> str:
    """Return the colour whose hue is ``number`` golden angles around the circle.

    It is as dark as it takes to be told from white paper and from a dark page alike.
    """
    hue, asked = (0.06 + 0.618034 * number) % 1, LUMINANCES[number % len(LUMINANCES)]
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        below = luminance(colorsys.hls_to_rgb(hue, middle, SATURATION)) < asked
        low, high = (middle, high) if below else (low, middle)
    red, green, blue = (round(255 * one) for one in colorsys.hls_to_rgb(hue, low, SATURATION))
    return f"#{red:02X}{green:02X}{blue:02X}"


def luminance(colour: tuple[float, float, float]) -> float:
    """Return the relative luminance of red, green and blue from 0 to 1, see WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
