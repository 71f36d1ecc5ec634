"""Slices made by formula, for the tests of metrics."""

import numpy as np
from numpy.typing import NDArray


def soft_tissue(size: int = 128, seed: int = 0) -> NDArray[np.int16]:
    """A body of soft tissue and fat in air, with blobs and a little noise, int16 HU."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / size - 0.5
    radius = np.hypot(rows, columns * 0.8)
    hu = np.where(radius < 0.42, np.where(radius < 0.38, 45.0, -100.0), -1000.0)
    for _ in range(12):
        r, c, width = *rng.uniform(-0.25, 0.25, 2), rng.uniform(0.01, 0.06)
        hu[np.hypot(rows - r, columns - c) < width] = rng.uniform(-60, 180)
    return np.clip(np.rint(hu + rng.normal(0, 8, hu.shape)), -1024, 3072).astype(np.int16)


def noisy(target: NDArray[np.int16], sd: float, seed: int = 1) -> NDArray[np.float32]:
    """The same with white noise, float32 HU."""
    rng = np.random.default_rng(seed)
    return (target + rng.normal(0, sd, target.shape)).astype(np.float32)
