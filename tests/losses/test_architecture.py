"""Encoders as data, against Keras's own and the paper's."""

import re

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.losses.architecture import (
    ARCHITECTURES,
    EncoderError,
    EncoderSpec,
    kernel_shapes,
    layer_names,
)


@pytest.mark.parametrize("architecture", ["vgg16", "vgg19"])
def test_layers_are_named_ordered_and_shaped_as_in_keras(architecture: str) -> None:
    build = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}[architecture]
    network = build(weights=None, include_top=False)
    convolutions = [x for x in network.layers if isinstance(x, keras.layers.Conv2D)]
    assert layer_names(architecture) == tuple(layer.name for layer in convolutions)
    assert kernel_shapes(architecture) == tuple(tuple(x.kernel.shape) for x in convolutions)


def test_the_number_of_convolutions_is_in_the_name() -> None:
    # VGG-16 and VGG-19 count three fully connected layers.
    assert {name: len(layer_names(name)) + 3 for name in ("vgg16", "vgg19")} == {
        "vgg16": 16,
        "vgg19": 19,
    }


TORCHVISION_19 = [
    name
    for block, count in enumerate((2, 2, 4, 4, 4), start=1)
    for name in (
        *(f"{kind}{block}_{k}" for k in range(1, count + 1) for kind in ("conv", "relu")),
        f"pool{block}",
    )
]
"""torchvision.models.vgg19().features in their order, as its users and Caffe's name them."""


def test_pytorchs_names_mean_kerass_layers_and_a_side_of_the_relu() -> None:
    assert len(TORCHVISION_19) == 37
    assert (TORCHVISION_19[34], TORCHVISION_19[35]) == ("conv5_4", "relu5_4")  # ESRGAN's 34
    for number, name in enumerate(TORCHVISION_19):
        if name.startswith("pool"):
            with pytest.raises(EncoderError, match=rf"features\.{number} of vgg19 is a pooling"):
                EncoderSpec.parse(f"vgg19:random:features.{number}")
            continue
        spec = EncoderSpec.parse(f"vgg19:random:{name}")
        assert spec == EncoderSpec.parse(f"vgg19:random:features.{number}")
        block, _, k = name[4:].partition("_")
        assert spec.layers == (f"block{block}_conv{k}",)
        assert spec.tap == ("pre" if name.startswith("conv") else "post")
    assert EncoderSpec.parse("vgg16:random:features.29").layers == ("block5_conv3",)
    assert EncoderSpec.parse("resnet50:random:layer2+stage3").layers == ("stage2", "stage3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vgg19:random:conv5_5", "`layer` must be one of vgg19's"),
        ("vgg19:random:features.37", "`layer` must be one of vgg19's"),
        ("vgg16:random:relu3_4", "`layer` must be one of vgg16's"),
        ("resnet50:random:layer5", "`layer` must be one of resnet50's"),
        ("vgg19:random:conv1_2+relu2_2", "must all be read before their ReLU or all after"),
        ("vgg19:random:conv1_2+block2_conv2", "must all be read before their ReLU or all after"),
        ("own:my module:f", "must be written own:package.module:function"),
        ("own:a.b:f-g", "must be written own:package.module:function"),
        ("own:a..b:f", "must be written own:package.module:function"),
    ],
)
def test_names_that_mean_nothing_or_both_sides_are_refused(text: str, said: str) -> None:
    with pytest.raises(EncoderError, match=said):
        EncoderSpec.parse(text)


def test_a_function_of_the_users_is_an_encoder_like_others() -> None:
    spec = EncoderSpec.parse("own:package.module:early+late")
    assert (spec.context, spec.layers) == ("package.module", ("early", "late"))
    assert EncoderSpec.parse(str(spec)) == spec
    with pytest.raises(EncoderError, match="`tap` must be post with an encoder `own`"):
        EncoderSpec("own", "m", ("f",), "pre")


def test_the_autoencoder_is_that_of_the_authors_code() -> None:
    # method, 1.1, row 13: eight convolutions, block1_conv1 ... block3_conv4.
    assert layer_names("autoencoder") == (
        "block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2",
        "block3_conv1", "block3_conv2", "block3_conv3", "block3_conv4",
    )  # fmt: skip
    assert [shape[3] for shape in kernel_shapes("autoencoder")] == [64, 64, 128, 128] + 4 * [256]
    assert kernel_shapes("autoencoder")[0] == (3, 3, 1, 64)


def test_a_spec_is_read_from_text_and_written_back() -> None:
    spec = EncoderSpec.parse("vgg19:imagenet:block3_conv2+block5_conv4")
    assert spec == EncoderSpec("vgg19", "imagenet", ("block3_conv2", "block5_conv4"))
    assert str(spec) == "vgg19:imagenet:block3_conv2+block5_conv4"


@given(
    st.sampled_from(sorted(ARCHITECTURES)).flatmap(
        lambda a: st.tuples(
            st.just(a),
            st.sampled_from(["imagenet", "random", "medical", "natural-offline"]),
            st.lists(st.sampled_from(layer_names(a)), min_size=1, unique=True).map(tuple),
        )
    )
)
def test_reading_inverts_writing(parts: tuple[str, str, tuple[str, ...]]) -> None:
    spec = EncoderSpec(*parts)
    assert EncoderSpec.parse(str(spec)) == spec


def test_a_layer_named_twice_is_tapped_once() -> None:
    assert EncoderSpec.parse("vgg16:random:block1_conv1+block1_conv1").layers == ("block1_conv1",)


@pytest.mark.parametrize("text", ["vgg16", "vgg16:random", "vgg16::block1_conv1", "::", ""])
def test_a_spec_of_another_form_is_refused(text: str) -> None:
    sentence = f"architecture:context:layer+layer but got {text!r}"
    with pytest.raises(EncoderError, match=re.escape(sentence)):
        EncoderSpec.parse(text)


def test_a_layer_of_another_architecture_is_refused() -> None:
    with pytest.raises(EncoderError, match=r"vgg16's block1_conv1, .* but got 'block5_conv4'"):
        EncoderSpec.parse("vgg16:random:block5_conv4")


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(EncoderError, match=r"one of vgg16, vgg19, .*, resnet152 but got 'resnet'"):
        EncoderSpec.parse("resnet:random:block1_conv1")


def test_a_spec_without_layers_is_refused() -> None:
    with pytest.raises(EncoderError, match="at least one layer but is empty"):
        EncoderSpec("vgg16", "random", ())
