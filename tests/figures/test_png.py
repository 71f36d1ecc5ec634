"""A picture comes back from a PNG as it was."""

from io import BytesIO

import numpy as np
from PIL import Image

from pi.figures.png import Paletted, as_png


def test_png_is_without_loss() -> None:
    rng = np.random.default_rng(1)
    picture = Paletted(
        rng.integers(0, 256, (5, 7), np.uint8), rng.integers(0, 256, (256, 3), np.uint8)
    )
    read = np.asarray(Image.open(BytesIO(as_png(picture))).convert("RGB"))
    assert (read == picture.palette[picture.numbers]).all()
