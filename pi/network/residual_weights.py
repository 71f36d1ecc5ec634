"""The convolutions of keras.applications.ResNet50, its batch normalisation folded into them."""

import warnings
from pathlib import Path

import keras
import numpy as np

from pi.losses.architecture import find_architecture
from pi.network.weight_file import Convolution, WeightsError

RESNET = "resnet50"


def read_residual(file: Path, context: str) -> list[Convolution]:
    """Return the convolutions in a Keras weight file of ResNet-50 (.h5: arrays only).

    Raises:
        WeightsError: no such file, no HDF5, another network, or values that are not finite.
    """
    if not file.is_file():
        raise WeightsError(
            f"weights of context `{context}` must be in an existing file but there is none where "
            "you said."
        )
    network = keras.applications.ResNet50(include_top=False, weights=None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of layers that the file does not have
            network.load_weights(file)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        raise WeightsError(
            f"weights of context `{context}` must be a Keras weight file (.h5) of ResNet-50 "
            "without its top but are not."
        ) from error
    return folded_convolutions(network, context)


def folded_convolutions(network: keras.Model, context: str) -> list[Convolution]:
    """Return a ResNet-50's convolutions, each with the batch normalisation behind it.

    That is gamma (x - mean) / sqrt(variance + epsilon) + beta, which a frozen network applies to
    every image alike: a scale of the kernel, and a bias.

    Raises:
        WeightsError: values that are not finite.
    """
    found = []
    for number, name in enumerate(find_architecture(RESNET).convolutions, start=1):
        kernel, bias = (
            w.astype(np.float64) for w in network.get_layer(f"{name}_conv").get_weights()
        )
        normalised = network.get_layer(f"{name}_bn")
        gamma, beta, mean, variance = (w.astype(np.float64) for w in normalised.get_weights())
        scale = gamma / np.sqrt(variance + normalised.epsilon)
        kernel, bias = kernel * scale, (bias - mean) * scale + beta
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise WeightsError(
                f"weights of context `{context}` must be finite but convolution {number} holds "
                "NaN or infinity."
            )
        found.append((kernel.astype(np.float32), bias.astype(np.float32)))
    return found
