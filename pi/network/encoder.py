"""The judge: a frozen VGG, tapped at several layers in one pass, and what it is fed."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from pi.architecture import CONVOLUTIONS, EncoderError, kernel_shapes, layer_names
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


def input_convention(name: str) -> InputConvention:
    """Return the convention called ``name``: a named one, or ``window:LOW:HIGH`` in HU.

    Raises:
        EncoderError: an unknown name, or a window whose bounds are not two rising numbers.
    """
    named = {c.name: c for c in (RAW255, KERAS_CAFFE, TORCH_IMAGENET)}
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
        EncoderError: a tap that the architecture lacks.
    """
    names = layer_names(architecture)
    for tap in taps:
        if tap not in names:
            raise EncoderError(
                f"`layer` must be one of {architecture}'s {', '.join(names)} but got {tap!r}."
            )
    image = keras.Input((None, None, 1), name="image")
    x = _Feed(convention, name="feed")(image)
    outputs = {}
    shapes = iter(kernel_shapes(architecture))
    for block, count in enumerate(CONVOLUTIONS[architecture], start=1):
        for k in range(1, count + 1):
            name = f"block{block}_conv{k}"
            width = next(shapes)[3]
            x = layers.Conv2D(width, 3, padding="same", activation="relu", name=name)(x)
            outputs[name] = x
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    encoder = keras.Model(image, [outputs[tap] for tap in taps], name=architecture)
    for name, convolution in zip(names, weights.convolutions, strict=True):
        if name in {layer.name for layer in encoder.layers}:
            encoder.get_layer(name).set_weights(convolution)
    encoder.trainable = False
    return encoder


class _Feed(layers.Layer):  # type: ignore[misc]
    """The input convention as a layer, so that it travels with the encoder."""

    def __init__(self, convention: InputConvention, name: str) -> None:
        super().__init__(name=name, trainable=False)
        self.convention = convention

    def call(self, image: keras.KerasTensor) -> keras.KerasTensor:
        if self.convention.window is not None:
            low, high = self.convention.window
            image = keras.ops.clip((image - low) / (high - low), 0.0, 1.0)
        scale = np.asarray(self.convention.scale, np.float32)
        return image * scale + np.asarray(self.convention.shift, np.float32)
