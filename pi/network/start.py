"""Where the output of an untrained denoiser starts."""

import keras
import numpy as np

from pi.denoisers import Start


def start_at(network: keras.Model, start: Start, level: float) -> None:
    """Set the last convolution of an untrained denoiser so that its output starts where it is told.

    The published U-Net starts at 0.5, far above any CT slice's mean of about 0.12. At Table 2's
    rate of 1e-3 Adam then overshoots on the way down: within some twenty steps the sigmoid gives 0
    (air) for every pixel, and from there no gradient leads back.

    A network that adds a residual to the low dose, or subtracts one, starts at the low dose where
    that residual is 0. DnCNN's own first residual is a noise of about the range's width.

    Args:
        network: as `pi.denoisers.DenoiserSpec.build` returns it.
        start: ``mean`` sets the bias before a sigmoid, ``half`` leaves it at 0 as it is, and
            ``residual`` sets kernel and bias to 0.
        level: what the output is to be about everywhere, with ``mean``.
    """
    last = next(layer for layer in reversed(network.layers) if layer.weights)
    weights = last.get_weights()
    if start == "mean":
        inside = np.clip(level, 0.01, 0.99)
        last.set_weights([weights[0], np.full_like(weights[1], np.log(inside) - np.log1p(-inside))])
    if start == "residual":
        last.set_weights([np.zeros_like(array) for array in weights])
