"""What a lambda is valid for: the values, the image loss, the reductions, what the encoder is fed.

A lambda weighs M + lambda P, so it is in units of M over units of P. Written in other values
v = (HU - zero) / unit, with other reductions, the two losses are M' = a M and P' = b P, and

    M' + lambda' P' = a (M + lambda P)      if and only if      lambda' = lambda a / b,

so both losses have the same gradient direction everywhere and the same Psi. By hand:

    a = w' / w (unit / unit')^d r'_M / r_M,        d = 2 for squares, 1 for absolute differences
    b = r'_P / r_P

with w the factor of the image loss, and r what a reduction makes of a mean of 1: 1, n or n / 2.
The zero cancels, for the losses see differences alone. Huber is of degree 2 and Charbonnier of
degree 1 if delta and epsilon are in the same values, that is delta' = delta unit / unit'. The
features have no range of their own: what counts is that the encoder is fed the same picture. A
network with biases is not homogeneous, so a lambda for other input can only be measured anew; and
so can one for values that are also cut to their range, which leaves other pixels to the image loss.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf, isclose

from pi.digits import number
from pi.errors import PiError, quoted
from pi.influence.psi import checked_weight
from pi.losses.experiments import Experiment
from pi.losses.loss import Norm, PixelKind, PixelTerm, Reduction, parse_pixel
from pi.slices.intensity import HU_HIGH, HU_LOW

DEGREE: Mapping[PixelKind, int] = {"squared": 2, "absolute": 1, "huber": 2, "charbonnier": 1}
"""How an image loss grows with the unit of the values."""

OURS = f"unit:{HU_LOW:g}:{HU_HIGH:g}"
"""The network's range here: 0 is -1024 HU and 1 is 3072 HU."""

READERS = ("hu", "unit:-160:240", "signed:-1024:3072")
"""Values that many codes train on, which the output converts lambda to by itself."""


class UnitsError(PiError):
    """Units that are misspelt, or between which no number converts."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a denoiser is trained on: v = (HU - zero_hu) / unit_hu.

    Attributes:
        name: ``hu``, ``unit:LOW:HIGH`` (0 to 1 means LOW to HIGH HU), ``signed:LOW:HIGH`` (-1 to 1
            does) or ``standard:MEAN:SD`` (mean and standard deviation in HU).
    """

    name: str
    zero_hu: float = field(init=False)
    unit_hu: float = field(init=False)

    def __post_init__(self) -> None:
        zero, unit = _zero_and_unit(self.name)
        object.__setattr__(self, "zero_hu", zero)
        object.__setattr__(self, "unit_hu", unit)

    def __str__(self) -> str:
        kind, *numbers = self.name.split(":")
        match kind:
            case "unit" | "signed":
                ends = "[0, 1]" if kind == "unit" else "[-1, 1]"
                return f"{ends} of [{', '.join(numbers)}] HU"
            case "standard":
                return f"(HU - {numbers[0]}) / {numbers[1]}"
        return "HU"


@dataclass(frozen=True, slots=True)
class Units:
    """What a lambda is valid for.

    Attributes:
        values: of the image loss, see `Values`.
        pixel: the image loss, as `pi.losses.loss.parse_pixel` reads it: ``squared``,
            ``absolute``, ``100*squared``, ``huber:0.01``, ``charbonnier:0.001``.
        image_reduction: over the pixels of an image.
        pixels: of an image; 0 where its loss is a mean.
        norm: of a difference of features.
        feature_reduction: over the features of an image.
        features: of an image; 0 where the loss is a mean.
        encoder: what extracts the features and what it is fed, in words; of two units the same
            words mean the same picture.
    """

    values: str = OURS
    pixel: str = "squared"
    image_reduction: Reduction = "mean"
    pixels: int = 0
    norm: Norm = "squared"
    feature_reduction: Reduction = "mean"
    features: int = 0
    encoder: str = ""

    def __post_init__(self) -> None:
        Values(self.values)
        if self.term.kind == "none":
            raise UnitsError("`pixel` must be an image loss but is none: lambda weighs against it.")
        _factor(self.image_reduction, self.pixels, "pixels")
        _factor(self.feature_reduction, self.features, "features")

    @property
    def term(self) -> PixelTerm:
        """The image loss."""
        return parse_pixel(self.pixel)

    def __str__(self) -> str:
        image = f"{self.pixel} error, {self.image_reduction} over pixels"
        features = f"{self.norm} error of features, {self.feature_reduction}"
        fed = f", of {self.encoder}" if self.encoder else ""
        return f"values in {Values(self.values)}; {image}; {features}{fed}"


def convert_weight(weight: float, of: Units, to: Units) -> float:
    """Return the lambda that in other units means what ``weight`` means in its own.

    >>> import pi
    >>> pi.convert_weight(2e-5, pi.Units(), pi.Units(values="hu"))
    335.54432
    >>> pi.convert_weight(0.1, pi.Units(), pi.Units(feature_reduction="sum", features=4096))
    2.44140625e-05

    Args:
        weight: lambda.
        of: its units.
        to: those that are wanted. Values that are also cut to their range see other pixels: then
            measure anew.

    Raises:
        InvalidWeightError: ``weight`` is negative or not finite.
        UnitsError: another kind of loss, or another picture for the encoder, for which no number
            converts.
    """
    checked_weight(weight)
    _require_convertible(of, to)
    ratio = Values(of.values).unit_hu / Values(to.values).unit_hu
    image = to.term.weight / of.term.weight * ratio ** DEGREE[of.term.kind]
    image *= _factor(to.image_reduction, to.pixels, "pixels")
    image /= _factor(of.image_reduction, of.pixels, "pixels")
    perceptual = _factor(to.feature_reduction, to.features, "features")
    perceptual /= _factor(of.feature_reduction, of.features, "features")
    return weight * image / perceptual


def units_text(weight: float, units: Units) -> str:
    """Return in one line what ``weight`` is valid for, and what it is in others' values."""
    there = []
    for name in READERS:
        if name != units.values:
            to = _in_values(units, name)
            there.append(f"{number(convert_weight(weight, units, to))} in {Values(name)}")
    return f"lambda {number(weight)} is for {units}; the same is {', '.join(there)}"


def units_of(experiment: Experiment, encoder_input: str, patch_size: int) -> Units:
    """Return the units of the lambda of an experiment, as every command here measures it.

    Args:
        experiment: the configuration.
        encoder_input: what its encoder is fed, see `EncoderBank.input_of`.
        patch_size: side of a patch, of which a sum over features depends.
    """
    encoder, distance = experiment.encoder, experiment.distance
    said = f"{encoder} fed {encoder_input}"
    if encoder.tap != "post":
        said += f", tapped {encoder.tap} activation"
    if distance.window:
        said += f", means and deviations in windows of {distance.window}"
    if distance.layers != "sum":
        said += f", layers {distance.aggregation}"
    counts = {distance.unit(encoder, layer, patch_size) for layer in range(len(encoder.layers))}
    count = counts.pop() if len(counts) == 1 else 0.0
    reduction = distance.reduction
    if reduction != "mean" and not count:  # each layer has a factor of its own: no one converts
        said += f", {reduction} over the features of each layer"
        reduction = "mean"
    features = 0 if reduction == "mean" else round(count * (2 if reduction == "sum_half" else 1))
    return Units(
        pixel=str(experiment.pixel), norm=distance.norm, feature_reduction=reduction,
        features=features, encoder=said,
    )  # fmt: skip


def _in_values(units: Units, name: str) -> Units:
    """Return the same units in other values, delta or epsilon of the image loss with them."""
    term = units.term
    scale = term.scale * Values(units.values).unit_hu / Values(name).unit_hu
    pixel = str(PixelTerm(term.kind, term.weight, scale))
    return replace(units, values=name, pixel=pixel)


def _require_convertible(of: Units, to: Units) -> None:
    one, other = of.term, to.term
    for what, a, b in (
        ("image loss", one.kind, other.kind),
        ("norm of the features", of.norm, to.norm),
        ("encoder and its input", of.encoder or "not told", to.encoder or "not told"),
    ):
        if a != b:
            raise UnitsError(
                f"a lambda converts to units with the same {what} alone but got {quoted(a)} and "
                f"{quoted(b)}: measure it anew."
            )
    wanted = one.scale * Values(of.values).unit_hu / Values(to.values).unit_hu
    if not isclose(other.scale, wanted, rel_tol=1e-4):
        raise UnitsError(
            f"the {one.kind} loss must have the same scale in HU in both units, {wanted:g} in "
            f"{Values(to.values)}, but got {other.scale:g}."
        )


def _factor(reduction: Reduction, count: int, name: str) -> float:
    """Return what a reduction makes of a mean of 1."""
    if reduction == "mean":
        return 1.0
    if reduction not in ("sum", "sum_half"):
        raise UnitsError(f"a reduction must be mean, sum or sum_half but got {quoted(reduction)}.")
    if count < 1:
        raise UnitsError(
            f"`{name}` must be 1 or more with the reduction {reduction} but got {count}."
        )
    return count / 2 if reduction == "sum_half" else float(count)


def _zero_and_unit(name: str) -> tuple[float, float]:
    number = r"([-+.\deE]+)"
    found = re.fullmatch(rf"(unit|signed|standard):{number}:{number}", name)
    try:
        first, second = map(float, found.groups()[1:]) if found else (0.0, 1.0)
    except ValueError:
        first = second = inf
    kind = found[1] if found else name
    unit = {"hu": 1.0, "unit": second - first, "signed": (second - first) / 2, "standard": second}
    if not 0 < unit.get(kind, inf) < inf:
        raise UnitsError(
            "`values` must be hu, unit:LOW:HIGH, signed:LOW:HIGH or standard:MEAN:SD, LOW below "
            f"HIGH and SD above 0, but got {quoted(name)}."
        )
    return (first + second) / 2 if kind == "signed" else first, unit[kind]
