"""Pixels come back from a PNG as they were."""

from io import BytesIO

import numpy as np
from PIL import Image

from pi.figures.png import as_png


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)), np.int16)


def test_png_is_without_loss() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    assert (pixels(as_png(rgb)) == rgb).all()
