"""Pixels as a PNG."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return (rows, columns, 3) RGB as a PNG that is made fast rather than small."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="png", compress_level=1)
    return file.getvalue()
