"""Losses as they are written: read, written back, and the numbers that follow from them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.errors import is_path
from pi.losses.architecture import EncoderSpec
from pi.losses.input_convention import InputConventionError
from pi.losses.loss import (
    OPTIONS,
    FeatureDistance,
    LossError,
    PixelTerm,
    parse_loss,
    parse_pixel,
    written,
)

VGG = "vgg19:imagenet:block5_conv4"


def test_without_options_a_loss_is_that_of_the_authors_code() -> None:
    encoder, distance, pixel = parse_loss(VGG)
    assert encoder == EncoderSpec("vgg19", "imagenet", ("block5_conv4",), "post", "")
    assert (distance, pixel) == (FeatureDistance("squared", "mean", "sum"), PixelTerm("squared"))
    assert distance.factors(encoder, 96) == (1.0,)


def test_every_option_is_read() -> None:
    encoder, distance, pixel = parse_loss(
        "resnet50:own:mine:stage1+stage2/tap=pre/norm=absolute/reduction=sum_half"
        "/layers=weights:2+3/pixel=100*charbonnier:0.01/input=window:-160:240"
    )
    layers = ("stage1", "stage2")
    assert encoder == EncoderSpec("resnet50", "own:mine", layers, "pre",
                                  "window:-160:240")  # fmt: skip
    assert distance == FeatureDistance("absolute", "sum_half", "weights", (2.0, 3.0))
    assert pixel == PixelTerm("charbonnier", 100.0, 0.01)


@given(
    st.tuples(
        st.sampled_from(["post", "pre"]),
        st.sampled_from(["", "unit", "raw255", "window:-10:20.5"]),
        st.sampled_from(["squared", "absolute"]),
        st.sampled_from(["pointwise", "statistics:4"]),
        st.sampled_from(["mean", "sum", "sum_half"]),
        st.sampled_from(["sum", "mean", "weights:0.5+2", "shares:0.25+0.75"]),
        st.sampled_from(["squared", "0.2*squared", "huber", "huber:0.01", "3*charbonnier"]),
    )
)
def test_reading_inverts_writing(options: tuple[str, ...]) -> None:
    base = "vgg16:random:block1_conv1+block2_conv1"
    names = ("tap", "input", "norm", "match", "reduction", "layers", "pixel")
    given_options = "".join(
        f"/{name}={value}" for name, value in zip(names, options, strict=True) if value
    )
    parts = parse_loss(base + given_options)
    assert parse_loss(written(*parts)) == parts


def test_wgan_vggs_lambda_is_about_410_in_means_at_64_pixels() -> None:
    # method, section 3 (c): half a sum over 4 x 4 x 512 features.
    encoder, distance, _ = parse_loss(f"{VGG}/reduction=sum_half")
    assert 0.1 * distance.mean_units(encoder, 64) == pytest.approx(409.6)
    assert 0.1 * distance.mean_units(encoder, 96) == pytest.approx(921.6)


def test_a_mean_over_features_differs_from_norms_by_the_papers_ratios() -> None:
    # method, 1.1, row 6: n_feat / n_pix is 16 for block3_conv2 and 2 for block5_conv4 at 96 x 96.
    for layer, ratio in (("block3_conv2", 16), ("block5_conv4", 2)):
        encoder, distance, _ = parse_loss(f"vgg19:imagenet:{layer}/reduction=sum")
        assert distance.mean_units(encoder, 96) / 96**2 == ratio


def test_unlike_layers_have_no_one_factor_to_means() -> None:
    encoder, distance, _ = parse_loss("vgg16:random:block1_conv1+block2_conv1/reduction=sum")
    assert distance.mean_units(encoder, 32) != distance.mean_units(encoder, 32)  # NaN
    assert distance.factors(encoder, 32) == (32 * 32 * 64, 16 * 16 * 128)


def test_layers_are_gathered_by_factors() -> None:
    base = "vgg16:random:block1_conv1+block2_conv1"
    for text, factors in (("sum", (1, 1)), ("mean", (0.5, 0.5)), ("weights:2+3", (2, 3))):
        encoder, distance, _ = parse_loss(f"{base}/layers={text}")
        assert distance.factors(encoder, 32) == factors


def test_shares_are_of_the_whole() -> None:
    _, distance, _ = parse_loss("vgg16:random:block1_conv1+block2_conv1/layers=shares:1+3")
    assert distance.values == (0.25, 0.75)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("tap=before", "`tap` must be one of post, pre but got 'before'"),
        ("norm=l2", "`norm` must be one of squared, absolute but got 'l2'"),
        ("match=statistics", "`match` must be pointwise or statistics:SIDE"),
        ("match=statistics:1", "2 or more pixels of the feature map, but got 'statistics:1'"),
        ("match=gram", "but got 'gram'"),
        ("reduction=", "`reduction` must be one of mean, sum, sum_half but got ''"),
        ("layers=weights:1+2", "for each of 1 layers joined by +, but got 'weights:1+2'"),
        ("layers=weights", "`layers` must be sum, mean, weights: or shares:"),
        ("layers=sum:1", "`layers` must be sum, mean, weights: or shares:"),
        ("layers=shares:0", "greater than 0"),
        ("layers=shares:1/pixel=none", "must not be shares where `pixel` is none"),
        ("pixel=l1", "`pixel` must be one of squared, absolute, huber, charbonnier, none"),
        ("pixel=0*squared", "numbers greater than 0, but got '0*squared'"),
        ("pixel=x*squared", "numbers greater than 0, but got 'x*squared'"),
        ("pixel=squared:2", "huber:DELTA"),
        ("pixel=huber:nan", "huber:DELTA"),
    ],
)
def test_a_misspelt_option_is_refused(option: str, sentence: str) -> None:
    with pytest.raises(LossError, match=re.escape(sentence)):
        parse_loss(f"{VGG}/{option}")


def test_pytorchs_names_decide_the_tap_and_are_written_as_keras_has_them() -> None:
    encoder, distance, pixel = parse_loss("vgg19:random:conv5_4/norm=absolute")
    assert written(encoder, distance, pixel) == ("vgg19:random:block5_conv4/tap=pre/norm=absolute")
    assert parse_loss("vgg19:random:relu5_4") == parse_loss("vgg19:random:block5_conv4")
    assert parse_loss("vgg19:random:conv5_4/tap=pre")[0].tap == "pre"
    with pytest.raises(LossError, match="`tap` must be pre, as PyTorch's names"):
        parse_loss("vgg19:random:features.34/tap=post")
    with pytest.raises(LossError, match="`reduction` must be mean with an encoder `own`"):
        parse_loss("own:package.module:f/reduction=sum")


def test_an_unknown_input_is_refused_before_anything_runs() -> None:
    with pytest.raises(InputConventionError, match="but got 'rgb'"):
        parse_loss(f"{VGG}/input=rgb")


def test_a_pixel_term_is_written_as_short_as_it_can_be() -> None:
    for text in ("squared", "0.2*squared", "huber", "100*huber:0.01", "none"):
        assert str(parse_pixel(text)) == text
    assert str(parse_pixel("huber:1")) == "huber"


@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_is_taken_for_a_path(option: str) -> None:
    assert not is_path(f"{VGG}/{option}=value,{VGG}")
