"""The frozen encoder, tapped at several layers in one pass."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from pi.errors import quoted
from pi.losses.architecture import (
    Architecture,
    EncoderError,
    LayerStack,
    Residual,
    Tap,
    find_architecture,
    layer_names,
)
from pi.losses.input_convention import InputConvention, InputConventionError
from pi.network.frozen_convolution import FrozenConvolution
from pi.network.weight_file import Convolution
from pi.network.weights import Weights

GIVEN = {"kernel_initializer": "zeros"}
"""Nobody need draw kernels that are set."""


def tap_name(layer: str, tap: Tap) -> str:
    """Return what `build_encoder` calls ``layer`` after, or before, its ReLU."""
    return layer if tap == "post" else f"{layer}/pre"


def build_encoder(
    architecture: str, taps: Sequence[str], weights: Weights, convention: InputConvention
) -> keras.Model:
    """Return the frozen encoder, cut off behind its deepest tap.

    It maps (n, rows, columns, 1) float32 in the network's range to a list with one feature map
    (n, rows / 2^k, columns / 2^k, channels) per tap, in the order of ``taps``; a lone feature map
    comes without the list.

    Args:
        architecture: which network.
        taps: what is read: ``LAYER`` after its ReLU, ``LAYER/pre`` before it.
        weights: of its convolutions.
        convention: what it is fed.

    Raises:
        EncoderError: a tap that the architecture lacks.
        InputConventionError: a convention of three colours for an encoder of one channel.
    """
    network, known = find_architecture(architecture), layer_names(architecture)
    for layer in (tap.removesuffix("/pre") for tap in taps):
        if layer not in known:
            raise EncoderError(
                f"`layer` must be one of {architecture}'s {', '.join(known)} "
                f"but got {quoted(layer, known)}."
            )
    first, *others = weights.convolutions
    convolutions = dict(zip(network.convolutions, [fold(first, convention), *others], strict=True))
    image = keras.Input((None, None, 1), name="image")
    outputs = _outputs(network, _Feed(convention, name="feed")(image), taps)
    encoder = keras.Model(image, [outputs[tap] for tap in taps], name=architecture)
    for layer in encoder.layers:
        if layer.name in convolutions:
            layer.set_weights(convolutions[layer.name])
    encoder.trainable = False
    return encoder


def fold(first: Convolution, convention: InputConvention) -> Convolution:
    """Return the first convolution of an encoder as one of the grey image itself.

    All its channels are scale_c * image + shift_c, and a convolution is linear: the kernels are
    summed over the channels, each times its scale. A shift cannot go into the bias, because the
    zeros beyond the border are not shifted: with one, the kernels times their shifts are the
    kernel of a second channel, which is 1 within the image and, like the first, 0 beyond.

    Args:
        first: kernel (rows, columns, channels, features) and bias (features,).
        convention: what the encoder is fed.

    Returns:
        Kernel (rows, columns, 1 or 2, features), and the same bias.

    Raises:
        InputConventionError: one channel, and a convention that has three unlike ones.
    """
    kernel, bias = first
    parts = [convention.scale, convention.shift] if any(convention.shift) else [convention.scale]
    if kernel.shape[2] == 1:
        if any(len(set(part)) > 1 for part in parts):
            raise InputConventionError(
                "`encoder_input` must treat all channels alike for an encoder of one channel but "
                f"got {convention.name!r}, which has three colours of its own."
            )
        folded = np.einsum("xyco,p->xypo", kernel.astype(np.float64), [part[0] for part in parts])
    else:
        folded = np.einsum("xyco,pc->xypo", kernel.astype(np.float64), parts)
    return folded.astype(np.float32), bias


class _Feed(layers.Layer):  # type: ignore[misc]
    """What of the input convention `fold` leaves: the window, and a channel of ones."""

    def __init__(self, convention: InputConvention, name: str) -> None:
        super().__init__(name=name, trainable=False)
        self.convention = convention

    def call(self, image: keras.KerasTensor) -> keras.KerasTensor:
        if self.convention.window is not None:
            low, high = self.convention.window
            image = keras.ops.clip((image - low) / (high - low), 0.0, 1.0)
        if not any(self.convention.shift):
            return image
        return keras.ops.concatenate([image, keras.ops.ones_like(image)], axis=-1)


def _outputs(
    network: Architecture, x: keras.KerasTensor, taps: Sequence[str]
) -> dict[str, keras.KerasTensor]:
    return _stack(network, x, taps) if isinstance(network, LayerStack) else _residual(network, x)


def _stack(
    network: LayerStack, x: keras.KerasTensor, taps: Sequence[str]
) -> dict[str, keras.KerasTensor]:
    outputs = {}
    for block, widths in enumerate(network.blocks, start=1):
        for k, width in enumerate(widths, start=1):
            name = f"block{block}_conv{k}"
            before = tap_name(name, "pre")
            # A ReLU is a layer of its own only where something is read before it.
            activation = None if before in taps else "relu"
            x = FrozenConvolution(
                width, 3, padding="same", activation=activation, name=name, **GIVEN
            )(x)
            if before in taps:
                outputs[before] = x
                x = layers.ReLU()(x)
            outputs[name] = x
            if all(tap in outputs for tap in taps):
                return outputs
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    return outputs


def _residual(network: Residual, x: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
    """As keras.applications.ResNet50, or as torchvision's: see `Residual.halving`."""
    shapes = dict(zip(network.convolutions, network.kernels, strict=True))

    def convolve(x: keras.KerasTensor, name: str, strides: int = 1) -> keras.KerasTensor:
        size, _, _, width = shapes[name]
        padding = "same" if size == 3 and strides == 1 else "valid"
        if size == 3 and strides > 1:  # "same" would pad on one side alone
            x = layers.ZeroPadding2D(1)(x)
        return FrozenConvolution(width, size, strides=strides, padding=padding, name=name, **GIVEN)(
            x
        )

    outputs = {}
    x = layers.ReLU()(convolve(layers.ZeroPadding2D(3)(x), "conv1", 2))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, (blocks, _) in enumerate(network.stages, start=1):
        for block in range(1, blocks + 1):
            name = f"conv{stage + 1}_block{block}"
            strides = 2 if block == 1 and stage > 1 else 1
            shortcut = convolve(x, f"{name}_0", strides) if block == 1 else x
            first, second = (strides, 1) if network.halving == 1 else (1, strides)
            x = layers.ReLU()(convolve(x, f"{name}_1", first))
            x = layers.ReLU()(convolve(x, f"{name}_2", second))
            before = layers.Add()([shortcut, convolve(x, f"{name}_3")])
            x = layers.ReLU()(before)
        outputs[f"stage{stage}"] = x
        outputs[tap_name(f"stage{stage}", "pre")] = before
    return outputs
