"""What a loss is made of beside its encoder: how features and pixels are compared. Data.

A loss is written as its encoder, followed by what differs from the paper's own choice:

    vgg19:imagenet:block5_conv4
    vgg19:imagenet:block5_conv4/tap=pre/norm=absolute/input=torch_imagenet
    resnet50:imagenet:stage1+stage2/layers=mean/pixel=100*absolute
    vgg19:imagenet:block3_conv2/match=statistics:4
    vgg16:random:block1_conv2+block3_conv2/layers=shares:0.25+0.75

Without options it is Eqs. (2) to (4) as in the authors' code: features after the ReLU, squared
differences pixel by pixel, means over features and pixels, the sum over layers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isnan, nan
from typing import Any, Literal, get_args

from pi.errors import PiError, quoted
from pi.losses.architecture import OWN, EncoderSpec, Tap, find_architecture, read_layers

Norm = Literal["squared", "absolute"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Feature maps matched by their means and deviations in windows, not pixel by pixel.

    Attributes:
        norm: of a difference of means, and of deviations; both are added.
        window: side of a window in pixels of the map.
    """

    norm: Norm
    window: int


Match = Norm | Statistics
"""How two feature maps are compared."""

Reduction = Literal["mean", "sum", "sum_half"]
"""Over an image's features: their mean, their sum, or half their sum."""

Aggregation = Literal["sum", "mean", "weights", "shares"]
PixelKind = Literal["squared", "absolute", "huber", "charbonnier", "none"]

SCALES: Mapping[str, float] = {"huber": 1.0, "charbonnier": 1e-3}
"""Huber's delta (the default of Keras and PyTorch: on images in [0, 1] it is half the squared
error) and Charbonnier's epsilon, in sqrt(difference^2 + epsilon^2)."""


class LossError(PiError):
    """A loss that is misspelt, or that cannot be had."""


@dataclass(frozen=True, slots=True)
class PixelTerm:
    """The image loss M: a mean over the pixels of an image, times a weight.

    Attributes:
        kind: of what of the difference; ``none``: there is no image loss.
        weight: factor.
        scale: delta or epsilon of a kind in `SCALES`; else 0.
    """

    kind: PixelKind = "squared"
    weight: float = 1.0
    scale: float = 0.0

    def __str__(self) -> str:
        scaled = self.scale != SCALES.get(self.kind, 0.0)
        name = f"{self.kind}:{self.scale:g}" if scaled else self.kind
        return name if self.weight == 1 else f"{self.weight:g}*{name}"


@dataclass(frozen=True, slots=True)
class FeatureDistance:
    """How the features of two images are compared.

    Attributes:
        norm: of a difference: its square or its absolute value.
        reduction: over the features of an image.
        layers: how the layers' losses are aggregated: their sum, their mean, a sum with
            ``weights``, or with the weights that give them ``shares`` of the perceptual loss.
        values: those weights or shares, one per layer.
        window: side of the windows whose statistics are compared; 0: features, pixel by pixel.
    """

    norm: Norm = "squared"
    reduction: Reduction = "mean"
    layers: Aggregation = "sum"
    values: tuple[float, ...] = ()
    window: int = 0

    @property
    def match(self) -> Match:
        """How two feature maps are compared."""
        return Statistics(self.norm, self.window) if self.window else self.norm

    @property
    def matching(self) -> str:
        """How ``match`` is written."""
        return f"statistics:{self.window}" if self.window else "pointwise"

    @property
    def aggregation(self) -> str:
        """How ``layers`` and ``values`` are written."""
        values = "+".join(f"{value:g}" for value in self.values)
        return f"{self.layers}:{values}" if values else self.layers

    def weighing(self, weights: tuple[float, ...]) -> "FeatureDistance":
        """Return this distance with a weight for each layer instead of its share."""
        return replace(self, layers="weights", values=weights)

    def factors(self, encoder: EncoderSpec, patch_size: int) -> tuple[float, ...]:
        """Return by what the mean over each layer's features is multiplied, before any share."""
        layers = range(len(encoder.layers))
        reduced = (self.unit(encoder, layer, patch_size) for layer in layers)
        match self.layers:
            case "mean":
                return tuple(factor / len(layers) for factor in reduced)
            case "weights":
                return tuple(f * w for f, w in zip(reduced, self.values, strict=True))
        return tuple(reduced)

    def unit(self, encoder: EncoderSpec, layer: int, patch_size: int) -> float:
        """Return what the reduction makes of a mean of 1: n, n / 2 or 1 for n features."""
        if self.reduction == "mean":
            return 1.0
        architecture = find_architecture(encoder.architecture)
        count = architecture.feature_count(encoder.layers[layer], patch_size, patch_size)
        return count / 2 if self.reduction == "sum_half" else float(count)

    def mean_units(self, encoder: EncoderSpec, patch_size: int) -> float:
        """Return the factor from a lambda in this reduction's units to one in means of features.

        WGAN-VGG's 0.1, of half a sum over 4 x 4 x 512 features, is 0.1 * 4096 = 409.6 of a mean
        (method, section 3, c). NaN where the layers have unlike factors.
        """
        units = {self.unit(encoder, layer, patch_size) for layer in range(len(encoder.layers))}
        return units.pop() if len(units) == 1 else float("nan")


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the loss of one experiment is found among all that is measured, and its factors.

    Attributes:
        image: number of the image loss; None where there is none.
        features: numbers of the compared layers.
        factors: of each layer's mean.
        shares: of the perceptual loss that each layer is to have; empty where none is given.
    """

    image: int | None = 0
    features: tuple[int, ...] = ()
    factors: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()


Loss = tuple[EncoderSpec, FeatureDistance, PixelTerm]

OPTIONS = ("input", "tap", "norm", "match", "reduction", "layers", "pixel")


def parse_loss(text: str) -> Loss:
    """Read a loss as it is written above.

    Raises:
        EncoderError, InputConventionError: an encoder or its input that is misspelt.
        LossError: an option that is.
    """
    options = rf"/(?:{'|'.join(OPTIONS)})=[^/]*"
    base = re.sub(rf"(?:{options})+$", "", text)
    given = dict(word[1:].split("=", 1) for word in re.findall(options, text[len(base) :]))
    spec = EncoderSpec.parse(base)
    tap = _chosen("tap", given.get("tap", spec.tap), Tap)
    side = read_layers(spec.architecture, base.rpartition(":")[2])[1]
    if side and tap != side:
        raise LossError(
            f"`tap` must be {side}, as PyTorch's names of the layers say, but got {tap}."
        )
    encoder = replace(spec, tap=tap, input=given.get("input", ""))
    distance = FeatureDistance(
        _chosen("norm", given.get("norm", "squared"), Norm),
        _chosen("reduction", given.get("reduction", "mean"), Reduction),
        *_aggregation(given.get("layers", "sum"), len(encoder.layers)),
        _window(given.get("match", "pointwise")),
    )
    if encoder.architecture == OWN and distance.reduction != "mean":
        raise LossError(
            f"`reduction` must be mean with an encoder `{OWN}`, whose features nobody has counted, "
            f"but got {distance.reduction}."
        )
    pixel = parse_pixel(given.get("pixel", "squared"))
    if distance.layers == "shares" and pixel.kind == "none":
        raise LossError("`layers` must not be shares where `pixel` is none: of what would they be?")
    return encoder, distance, pixel


def loss_options(encoder: EncoderSpec, distance: FeatureDistance, pixel: PixelTerm) -> list[str]:
    """Return the values of `OPTIONS` as they are written."""
    aggregated = distance.aggregation
    match, reduction = distance.matching, distance.reduction
    return [encoder.input, encoder.tap, distance.norm, match, reduction, aggregated, str(pixel)]


def written(encoder: EncoderSpec, distance: FeatureDistance, pixel: PixelTerm) -> str:
    """Return the loss as `parse_loss` reads it."""
    usual = ["", "post", "squared", "pointwise", "mean", "sum", "squared"]
    found = zip(OPTIONS, loss_options(encoder, distance, pixel), usual, strict=True)
    options = (f"/{name}={value}" for name, value, common in found if value != common)
    return str(encoder) + "".join(options)


def parse_pixel(text: str) -> PixelTerm:
    """Read ``KIND``, ``NUMBER*KIND`` or ``KIND:SCALE``.

    Raises:
        LossError: none of these.
    """
    number, times, rest = text.rpartition("*")
    kind, colon, scale = rest.partition(":")
    chosen = _chosen("pixel", kind, PixelKind)
    weight, size = _positive(number if times else "1"), _positive(scale) if colon else 0.0
    if isnan(weight) or isnan(size) or (colon and kind not in SCALES):
        raise LossError(
            "`pixel` must be KIND, NUMBER*KIND, huber:DELTA or charbonnier:EPSILON, numbers "
            f"greater than 0, but got {quoted(text)}."
        )
    return PixelTerm(chosen, weight, size or SCALES.get(chosen, 0.0))


def _window(text: str) -> int:
    """Return the side of the windows of ``statistics:SIDE``, or 0."""
    kind, _, side = text.partition(":")
    if text == "pointwise":
        return 0
    if kind != "statistics" or not re.fullmatch(r"[1-9]\d{0,3}", side) or side == "1":
        raise LossError(
            "`match` must be pointwise or statistics:SIDE, the side of a window of 2 or more "
            f"pixels of the feature map, but got {quoted(text)}."
        )
    return int(side)


def _aggregation(text: str, layers: int) -> tuple[Aggregation, tuple[float, ...]]:
    kind, colon, numbers = text.partition(":")
    chosen = _chosen("layers", kind, Aggregation)
    values = tuple(map(_positive, numbers.split("+"))) if colon else ()
    wanted = layers if chosen in ("weights", "shares") else 0
    if len(values) != wanted or any(map(isnan, values)):
        raise LossError(
            "`layers` must be sum, mean, weights: or shares:, the last two with a number greater "
            f"than 0 for each of {layers} layers joined by +, but got {quoted(text)}."
        )
    return chosen, tuple(v / sum(values) for v in values) if chosen == "shares" else values


def _positive(text: str) -> float:
    """Return the number that ``text`` is; NaN where it is none, or not finite and above 0."""
    try:
        number = float(text)
    except ValueError:
        return nan
    return number if 0 < number < inf else nan


def _chosen(option: str, value: str, choices: Any) -> Any:  # noqa: ANN401
    known = get_args(choices)
    if value not in known:
        raise LossError(
            f"`{option}` must be one of {', '.join(known)} but got {quoted(value, known)}."
        )
    return value
