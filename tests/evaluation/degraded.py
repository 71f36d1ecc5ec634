"""A slice degraded in the ways that metrics tell apart, in grey levels; numpy and scipy alone."""

import numpy as np
from evaluation.images import noisy, soft_tissue
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

SIZE = 192


def degraded() -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Return the target, (rows, columns) grey levels 0 to 255, and what became of it, by name."""
    hu = soft_tissue(SIZE)
    images = {
        "noise": noisy(hu, 25).astype(np.float64),
        "blur": gaussian_filter(hu.astype(np.float64), 1.5),
        "contrast": hu * 1.1,
    }
    return grey(hu.astype(np.float64)), {name: grey(image) for name, image in images.items()}


def grey(hu: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map -160 to 240 HU to 0 to 255, cut."""
    return np.asarray((np.clip(hu, -160, 240) + 160) / 400 * 255)
