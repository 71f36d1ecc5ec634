"""Lambda in others' units: both losses computed in both, and no number where none converts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.influence.psi import psi
from pi.influence.weight_units import (
    READERS,
    Units,
    UnitsError,
    Values,
    convert_weight,
    units_of,
    units_text,
)
from pi.losses.experiments import find_experiments
from pi.losses.loss import parse_pixel

Array = np.ndarray[Any, np.dtype[np.float64]]
RNG = np.random.default_rng(5)
NORMAL = RNG.uniform(-1000, 1500, (3, 12, 12))
OUTPUT = NORMAL + RNG.normal(0, 30, NORMAL.shape)

# What a network of anyone is fed is a picture of its own, whatever values its denoiser has.
FEATURES = [np.tanh(images[:, ::2] / 500) for images in (OUTPUT, NORMAL)]


def image_loss(units: Units) -> float:
    """The image loss of the pairs in the values of ``units``, written out."""
    values = Values(units.values)
    a, b = ((hu - values.zero_hu) / values.unit_hu for hu in (OUTPUT, NORMAL))
    size = np.abs(a - b)
    term = parse_pixel(units.pixel)
    of_pixels: Array = {
        "squared": lambda: size**2,
        "absolute": lambda: size,
        "huber": lambda: np.where(
            size <= term.scale, size**2 / 2, term.scale * (size - term.scale / 2)
        ),
        "charbonnier": lambda: np.sqrt(size**2 + term.scale**2),
    }[term.kind]()
    return float(term.weight * reduced(of_pixels, units.image_reduction))


def feature_loss(units: Units) -> float:
    difference = np.abs(FEATURES[0] - FEATURES[1])
    of_features = difference**2 if units.norm == "squared" else difference
    return reduced(of_features, units.feature_reduction)


def reduced(values: Array, reduction: str) -> float:
    per_image = values.reshape(len(values), -1)
    match reduction:
        case "mean":
            return float(per_image.mean(axis=1).mean())
        case "sum":
            return float(per_image.sum(axis=1).mean())
    return float(per_image.sum(axis=1).mean() / 2)


PIXELS, COUNT = 144, 72
ALL_VALUES = ["hu", "unit:-1024:3072", "unit:-160:240", "signed:-1000:1000", "standard:-500:400"]
NUMBERS = [("mean", 0), ("sum", PIXELS), ("sum_half", PIXELS)]


@pytest.mark.parametrize("values", ALL_VALUES)
@pytest.mark.parametrize(("reduction", "pixels"), NUMBERS)
@pytest.mark.parametrize(("of_features", "features"), [("mean", 0), ("sum", COUNT)])
@pytest.mark.parametrize("pixel", ["squared", "absolute", "7*squared"])
def test_the_influence_is_the_same_in_both_units(
    values: str, reduction: Any, pixels: int, of_features: Any, features: int, pixel: str
) -> None:
    of = Units(pixel=pixel.removeprefix("7*"))
    to = Units(values, pixel, reduction, pixels, "squared", of_features, features)
    weight = convert_weight(3e-4, of, to)
    assert float(psi(image_loss(to), feature_loss(to), weight)) == pytest.approx(
        float(psi(image_loss(of), feature_loss(of), 3e-4)), rel=1e-9
    )


@pytest.mark.parametrize(("kind", "scale"), [("huber", 0.004), ("charbonnier", 0.002)])
def test_delta_and_epsilon_go_with_the_values(kind: str, scale: float) -> None:
    of = Units(pixel=f"{kind}:{scale}")
    to = Units("hu", pixel=f"{kind}:{scale * 4096}")
    weight = convert_weight(3e-4, of, to)
    assert float(psi(image_loss(to), feature_loss(to), weight)) == pytest.approx(
        float(psi(image_loss(of), feature_loss(of), 3e-4)), rel=1e-6
    )
    with pytest.raises(UnitsError, match="same scale in HU"):
        convert_weight(3e-4, of, Units("hu", pixel=f"{kind}:{scale}"))


@given(st.floats(1e-9, 1e3), st.sampled_from(ALL_VALUES), st.sampled_from(ALL_VALUES))
def test_there_and_back_is_where_it_began(weight: float, one: str, other: str) -> None:
    a, b = Units(one), Units(other)
    assert convert_weight(convert_weight(weight, a, b), b, a) == pytest.approx(weight, rel=1e-12)


def test_by_hand() -> None:
    # MSE of HU is 4096^2 that of [0, 1]; of [-160, 240] the unit is 400 HU.
    assert convert_weight(1.0, Units(), Units("hu")) == 4096**2
    assert convert_weight(1.0, Units(), Units("unit:-160:240")) == pytest.approx((4096 / 400) ** 2)
    assert convert_weight(1.0, Units(pixel="absolute"), Units("hu", "absolute")) == 4096
    # WGAN-VGG's half a sum over 8192 features (method, section 3, c): 0.1 is 409.6 of a mean.
    summed = Units(feature_reduction="sum_half", features=8192)
    assert convert_weight(0.1, summed, Units()) == pytest.approx(409.6)


@pytest.mark.parametrize(
    ("of", "to"),
    [
        (Units(), Units(pixel="absolute")),
        (Units(), Units(norm="absolute")),
        (Units(encoder="vgg16 fed raw255"), Units(encoder="vgg16 fed unit")),
        (Units(encoder="vgg16 fed raw255"), Units()),
    ],
)
def test_where_no_number_converts_none_is_given(of: Units, to: Units) -> None:
    with pytest.raises(UnitsError, match="measure it anew"):
        convert_weight(1.0, of, to)


@pytest.mark.parametrize(
    "asked",
    [
        {"values": "unit:240:-160"},
        {"values": "unit:0"},
        {"values": "standard:0:0"},
        {"values": "percent"},
        {"values": "unit:a:b"},
        {"values": "unit:--1:2"},
        {"pixel": "none"},
        {"pixel": "cubic"},
        {"feature_reduction": "sum"},
        {"image_reduction": "median"},
    ],
)
def test_misspelt_units_are_told_in_one_sentence(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be") as told:
        Units(**asked)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("pixel", ["squared", "absolute", "huber:0.01", "charbonnier"])
def test_the_line_tells_every_other_value(pixel: str) -> None:
    said = units_text(4.84e-4, Units(pixel=pixel, encoder="vgg16 fed raw255"))
    assert "\n" not in said
    assert all(str(Values(name)) in said for name in READERS)
    assert "vgg16 fed raw255" in said


@pytest.mark.parametrize(
    ("loss", "reduction", "features"),
    [
        ("vgg16:random:block3_conv2", "mean", 0),
        ("vgg16:random:block3_conv2/reduction=sum", "sum", 24 * 24 * 256),
        ("vgg16:random:block3_conv2/reduction=sum_half", "sum_half", 24 * 24 * 256),
        ("vgg16:random:block1_conv1+block3_conv2/reduction=sum", "mean", 0),
    ],
)
def test_an_experiment_has_the_units_of_its_loss(loss: str, reduction: str, features: int) -> None:
    (experiment,) = find_experiments(loss)
    units = units_of(experiment, "raw255", 96)
    assert (units.feature_reduction, units.features) == (reduction, features)
    assert "fed raw255" in units.encoder
