"""The convolutions of PyTorch's VGG and ResNet, from a ``.safetensors`` file, by their names.

In VGGs: torchvision's ``features.34.weight``, or ``conv5_4.weight``, or Keras's
``block5_conv4.weight``. In ResNets: torchvision's (``layer1.0.conv1.weight``,
``layer1.0.bn1.running_mean``, ``layer1.0.downsample.0.weight``). Any prefix is left out, such as
``module.`` or ``backbone.``; what no convolution is called, such as ``classifier.0.weight``, is
not read. PyTorch's kernels are (channels out, channels in, rows, columns).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.losses.architecture import (
    Architecture,
    EncoderError,
    Residual,
    find_architecture,
    read_layers,
)
from pi.network.safetensors_file import SafetensorsError, read_safetensors
from pi.network.weight_file import Convolution, WeightsError

Arrays = Mapping[str, NDArray[np.float32]]

EPSILON = 1e-5
"""Of PyTorch's batch normalisation; Keras's ResNet has 1.001e-5."""

NORMALISATION = ("weight", "bias", "running_mean", "running_var")
"""Arrays of a batch normalisation that are weights."""

HALVES_FIRST = (
    "`resnet50` must have weights of Keras, whose blocks halve in their first convolution, but "
    "context `{}` is a .safetensors file of PyTorch, whose blocks halve in their second: use "
    "resnet50_torch or resnet152."
)


def read_torch(file: Path, architecture: str, context: str) -> list[Convolution]:
    """Return the convolutions in a ``.safetensors`` file, in the network's order.

    Args:
        file: the weight file.
        architecture: which network's.
        context: what to call the weights in an error.

    Raises:
        WeightsError: damaged, of another network, or values that are not finite.
    """
    network = find_architecture(architecture)
    if isinstance(network, Residual) and network.halving == 1:
        raise WeightsError(HALVES_FIRST.format(context))
    try:
        arrays = read_safetensors(file)
    except (SafetensorsError, OSError, ValueError) as error:
        why = error if isinstance(error, SafetensorsError) else "it cannot be read"
        raise WeightsError(
            f"weights of context `{context}` must be a whole .safetensors file but {why}."
        ) from None
    if isinstance(network, Residual):
        return residual_convolutions(arrays, network, context)
    return _in_order(_stack(arrays, architecture), network, context)


def residual_convolutions(arrays: Arrays, network: Residual, context: str) -> list[Convolution]:
    """Return a ResNet's convolutions in the network's order, normalisation folded into them.

    Args:
        arrays: by torchvision's names; kernels are (channels out, channels in, rows, columns).
        network: which.
        context: what to call the weights in an error.

    Raises:
        WeightsError: see `read_torch`.
    """
    return _in_order(_residual(arrays, network, context), network, context)


def _in_order(
    found: Mapping[str, Convolution], network: Architecture, context: str
) -> list[Convolution]:
    """Return convolutions in the network's order, each of its shape and finite."""
    convolutions = []
    for name, shape in zip(network.convolutions, network.kernels, strict=True):
        kernel, bias = found.get(name, (np.empty(0), np.empty(0)))
        if kernel.shape != shape or bias.shape != shape[3:]:
            raise WeightsError(
                f"weights of context `{context}` must hold the network's {name} as a kernel "
                f"{shape[3:] + shape[2:3] + shape[:2]} and a bias {shape[3:]} but hold "
                f"{_torch_shape(kernel)} and {bias.shape}."
            )
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise WeightsError(
                f"weights of context `{context}` must be finite but {name} holds NaN or infinity."
            )
        convolutions.append((kernel.astype(np.float32), bias.astype(np.float32)))
    return convolutions


def folded(
    kernel: NDArray[np.float32], normalised: Mapping[str, NDArray[np.float32]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a convolution without bias and the batch normalisation behind it as one.

    Args:
        kernel: (channels out, channels in, rows, columns).
        normalised: ``weight``, ``bias``, ``running_mean`` and ``running_var``, (channels out,).

    Returns:
        Kernel (rows, columns, channels in, channels out) and bias (channels out,).
    """
    gamma, beta, mean, variance = (normalised[name].astype(np.float64) for name in NORMALISATION)
    scale = gamma / np.sqrt(variance + EPSILON)
    return kernel.astype(np.float64).transpose(2, 3, 1, 0) * scale, beta - mean * scale


def torch_names(network: Residual) -> dict[str, tuple[str, str]]:
    """Return what PyTorch calls each convolution of ours, and the normalisation behind it."""
    names = {"conv1": ("conv1", "bn1")}
    for name in network.convolutions[1:]:
        stage, block, part = name.split("_")
        inside = f"layer{int(stage[4:]) - 1}.{int(block[5:]) - 1}"
        own = ("downsample.0", "downsample.1") if part == "0" else (f"conv{part}", f"bn{part}")
        names[name] = (f"{inside}.{own[0]}", f"{inside}.{own[1]}")
    return names


def _stack(arrays: Arrays, architecture: str) -> dict[str, Convolution]:
    """Return the convolutions of a VGG by their names."""
    parts: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, array in arrays.items():
        words = name.split(".")
        layer = _layer(architecture, words[:-1])
        if layer and words[-1] in ("weight", "bias"):
            parts.setdefault(layer, {})[words[-1]] = array
    return {
        layer: (own["weight"].transpose(2, 3, 1, 0), own["bias"])
        for layer, own in parts.items()
        if len(own) == 2 and own["weight"].ndim == 4
    }


def _layer(architecture: str, words: list[str]) -> str:
    """Return the convolution that the end of a name means; empty where it means none.

    What stands where another VGG has its ReLUs, such as batch normalisation, means none.
    """
    for end in (".".join(words[-2:]), words[-1] if words else ""):
        try:
            (layer,), side = read_layers(architecture, end)
        except EncoderError:  # a pooling
            continue
        if layer in find_architecture(architecture).layers and side != "post":
            return layer
    return ""


def _residual(arrays: Arrays, network: Residual, context: str) -> dict[str, Convolution]:
    """Return the convolutions of a ResNet by our names of them, normalisation folded in."""
    first = "layer1.0.conv1.weight"
    prefix = next((name.removesuffix(first) for name in arrays if name.endswith(first)), "")
    found = {}
    for name, (convolution, normalisation) in torch_names(network).items():
        own = {part: arrays.get(f"{prefix}{normalisation}.{part}") for part in NORMALISATION}
        kernel = arrays.get(f"{prefix}{convolution}.weight")
        there = {part: array for part, array in own.items() if array is not None}
        if kernel is None or len(there) < len(own) or kernel.ndim != 4:
            raise WeightsError(
                f"weights of context `{context}` must hold {convolution}.weight and "
                f"{normalisation}'s weight, bias, running_mean and running_var, as torchvision "
                "names them, but do not."
            )
        if any(array.shape != kernel.shape[:1] for array in there.values()):
            raise WeightsError(
                f"weights of context `{context}` must hold one value a channel of {convolution} in "
                f"{normalisation} but do not."
            )
        found[name] = folded(kernel, there)
    return found  # type: ignore[return-value]


def _torch_shape(kernel: NDArray[np.generic]) -> tuple[int, ...]:
    return kernel.shape[3:] + kernel.shape[2:3] + kernel.shape[:2] if kernel.ndim == 4 else ()
