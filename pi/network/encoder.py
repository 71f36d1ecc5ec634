"""The judge: a frozen encoder, tapped at several layers in one pass, and what it is fed."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from pi.architecture import EncoderError, find_architecture
from pi.network.weight_file import Convolution
from pi.network.weights import Weights
from pi.slices.intensity import DATA_RANGE_HU, HU_LOW


@dataclass(frozen=True, slots=True)
class InputConvention:
    """How an image in the network's range becomes the encoder's three channels.

    channel_c = scale_c * image + shift_c, after the image was cut to a window where one is given.

    Attributes:
        name: as the parameter `encoder_input` spells it.
        scale: per channel.
        shift: per channel.
        window: (low, high) in the network's range that is cut out and stretched to [0, 1].
    """

    name: str
    scale: tuple[float, float, float]
    shift: tuple[float, float, float]
    window: tuple[float, float] | None = None


RAW255 = InputConvention("raw255", (255.0,) * 3, (0.0,) * 3)
"""The paper's code: grey repeated, times 255, no means subtracted."""

KERAS_CAFFE = InputConvention("keras_caffe", (255.0,) * 3, (-103.939, -116.779, -123.68))
"""keras.applications.vgg19.preprocess_input: BGR (no change for grey), means subtracted."""

_MEAN, _SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TORCH_IMAGENET = InputConvention(
    "torch_imagenet",
    tuple(1 / sd for sd in _SD),  # type: ignore[arg-type]
    tuple(-mean / sd for mean, sd in zip(_MEAN, _SD, strict=True)),  # type: ignore[arg-type]
)
"""torchvision: [0, 1], less the ImageNet mean, over its standard deviation, RGB."""


UNIT = InputConvention("unit", (1.0,) * 3, (0.0,) * 3)
"""The network's own range, [0, 1], repeated: no scaling, no means."""


def input_convention(name: str) -> InputConvention:
    """Return the convention called ``name``: a named one, or ``window:LOW:HIGH`` in HU.

    Raises:
        EncoderError: an unknown name, or a window whose bounds are not two rising numbers.
    """
    named = {c.name: c for c in (RAW255, KERAS_CAFFE, TORCH_IMAGENET, UNIT)}
    if name in named:
        return named[name]
    kind, _, bounds = name.partition(":")
    if kind != "window":
        raise EncoderError(
            f"`encoder_input` must be one of {', '.join(named)} or window:LOW:HIGH "
            f"but got {name!r}."
        )
    try:
        low, high = (float(bound) for bound in bounds.split(":"))
    except ValueError:
        low = high = np.nan
    if not -np.inf < low < high < np.inf:
        raise EncoderError(
            f"`encoder_input` must be window:LOW:HIGH with LOW < HIGH in HU but got {name!r}."
        )
    window = ((low - HU_LOW) / DATA_RANGE_HU, (high - HU_LOW) / DATA_RANGE_HU)
    return InputConvention(name, RAW255.scale, RAW255.shift, window)


def build_encoder(
    architecture: str, taps: tuple[str, ...], weights: Weights, convention: InputConvention
) -> keras.Model:
    """Return the frozen encoder, cut off behind its deepest tap.

    It maps (n, rows, columns, 1) float32 in the network's range to a list with one feature map
    (n, rows / 2^k, columns / 2^k, channels) per tap, after the ReLU, in the order of ``taps``;
    a lone feature map comes without the list.

    Raises:
        EncoderError: a tap that the architecture lacks, or a convention of three colours for an
            encoder of one channel.
    """
    stack = find_architecture(architecture)
    for tap in taps:
        if tap not in stack.layers:
            raise EncoderError(
                f"`layer` must be one of {architecture}'s {', '.join(stack.layers)} "
                f"but got {tap!r}."
            )
    first, *others = weights.convolutions
    convolutions = dict(zip(stack.layers, [fold(first, convention), *others], strict=True))
    image = keras.Input((None, None, 1), name="image")
    x = _Feed(convention, name="feed")(image)
    outputs = {}
    for block, widths in enumerate(stack.blocks, start=1):
        for k, width in enumerate(widths, start=1):
            name = f"block{block}_conv{k}"
            x = layers.Conv2D(width, 3, padding="same", activation="relu", name=name)(x)
            outputs[name] = x
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    encoder = keras.Model(image, [outputs[tap] for tap in taps], name=architecture)
    for layer in encoder.layers:
        if layer.name in convolutions:
            layer.set_weights(convolutions[layer.name])
    encoder.trainable = False
    return encoder


def fold(first: Convolution, convention: InputConvention) -> Convolution:
    """Return the first convolution of an encoder as one of the grey image itself.

    All its channels are scale_c * image + shift_c, and a convolution is linear: the kernels are
    summed over the channels, each times its scale. A shift cannot go into the bias, for the zeros
    beyond the border are not shifted: with one, the kernels times their shifts are the kernel of a
    second channel, which is 1 within the image and, like the first, 0 beyond.

    Args:
        first: kernel (rows, columns, channels, features) and bias (features,).
        convention: what the encoder is fed.

    Returns:
        Kernel (rows, columns, 1 or 2, features), and the same bias.

    Raises:
        EncoderError: one channel, and a convention that has three unlike ones.
    """
    kernel, bias = first
    parts = [convention.scale, convention.shift] if any(convention.shift) else [convention.scale]
    channels = kernel.shape[2]
    if channels == 1:
        if any(len(set(part)) > 1 for part in parts):
            raise EncoderError(
                f"`encoder_input` must treat all channels alike for an encoder of one channel but "
                f"got {convention.name!r}, which has three colours of its own."
            )
        parts = [part[:1] for part in parts]
    folded = np.einsum("xyco,pc->xypo", kernel.astype(np.float64), np.asarray(parts))
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
