"""A figure of which a part moves: what stays is drawn once, so that a step takes milliseconds."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image


class MovingPicture:
    """The pixels of a figure, some of whose artists move.

    Layout and limits are those of the moment at which it is made.
    """

    def __init__(self, figure: Figure, moving: Sequence[Artist], dpi: int) -> None:
        """Draw the rest of ``figure``.

        Args:
            figure: from here on it belongs to this picture.
            moving: artists of its axes, drawn above everything else.
            dpi: pixels per inch.
        """
        figure.set_dpi(dpi)
        self._moving = moving
        for artist in moving:
            artist.set_animated(True)
        self._canvas = FigureCanvasAgg(figure)
        self._canvas.draw()  # type: ignore[no-untyped-call]
        self._still = self._canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]

    def png(self) -> bytes:
        """Return the figure with what moves where it is now."""
        self._canvas.restore_region(self._still)  # type: ignore[no-untyped-call]
        for artist in self._moving:
            if artist.axes is not None:
                artist.axes.draw_artist(artist)
        pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        return as_png(pixels[..., :3])


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return (rows, columns, 3) RGB as a PNG that is made fast rather than small."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="png", compress_level=1)
    return file.getvalue()
