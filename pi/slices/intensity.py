"""Hounsfield units and the network's range, each way."""

import numpy as np
from numpy.typing import NDArray

HU_LOW = -1024.0
HU_HIGH = 3072.0
DATA_RANGE_HU = HU_HIGH - HU_LOW
"""The paper's section 5.1: HU_min = -1024 and HU_max = 3072 are mapped to 0 and 1."""


def normalise(hu: NDArray[np.generic]) -> NDArray[np.float32]:
    """Map HU (any shape) to float32 in the network's range; -1024 HU is 0 and 3072 HU is 1."""
    # One copy, then in place. The range is a power of two, so the product is exactly the quotient.
    values = hu.astype(np.float32)
    values -= np.float32(HU_LOW)
    values *= np.float32(1 / DATA_RANGE_HU)
    return values


def denormalise(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Map the network's range back to HU, float32: the inverse of `normalise`."""
    return (values.astype(np.float32) * np.float32(DATA_RANGE_HU) + np.float32(HU_LOW)).astype(
        np.float32
    )
