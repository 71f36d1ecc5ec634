"""What an encoder is fed: how a grey image becomes the three channels it was trained on."""

from dataclasses import dataclass
from math import inf, nan

from pi.errors import PiError, quoted
from pi.slices.intensity import DATA_RANGE_HU, HU_LOW


class InputConventionError(PiError):
    """An input convention that does not exist, or does not suit an encoder."""


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


STRETCHED = {"window": RAW255, "unit": UNIT}
"""What a window of HU is stretched to, by the word before its bounds."""


def input_convention(name: str) -> InputConvention:
    """Return the convention called ``name``: a named one, or a window in HU.

    ``window:LOW:HIGH`` is stretched to [0, 255] and ``unit:LOW:HIGH`` to [0, 1].

    Raises:
        InputConventionError: an unknown name, or a window whose bounds are not two rising numbers.
    """
    named = {c.name: c for c in (RAW255, KERAS_CAFFE, TORCH_IMAGENET, UNIT)}
    if name in named:
        return named[name]
    kind, _, bounds = name.partition(":")
    if kind not in STRETCHED or not bounds:
        raise InputConventionError(
            f"`encoder_input` must be one of {', '.join(named)}, window:LOW:HIGH or unit:LOW:HIGH "
            f"but got {quoted(name, named)}."
        )
    try:
        low, high = (float(bound) for bound in bounds.split(":"))
    except ValueError:
        low = high = nan
    if not -inf < low < high < inf:
        raise InputConventionError(
            f"`encoder_input` must be {kind}:LOW:HIGH with LOW < HIGH in HU but got {quoted(name)}."
        )
    window = ((low - HU_LOW) / DATA_RANGE_HU, (high - HU_LOW) / DATA_RANGE_HU)
    return InputConvention(name, STRETCHED[kind].scale, STRETCHED[kind].shift, window)
