"""What learns: the encoder itself with a small head for each task, or with a decoder behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from pi.losses.architecture import EncoderError, LayerStack, find_architecture
from pi.losses.input_convention import InputConvention
from pi.network.weight_file import Convolution
from pi.pretraining.tasks import Task

NEW = "new_"
"""Beginning of the names of the layers of a head."""

HIDDEN = 64
"""Features between trunk and task in a head."""


def stack_of(architecture: str) -> LayerStack:
    """Return an architecture that can be pre-trained.

    Raises:
        EncoderError: another one.
    """
    found = find_architecture(architecture)
    if not isinstance(found, LayerStack):
        raise EncoderError(
            f"`architecture` must be a stack of convolutions, such as vgg16, to be pre-trained but "
            f"got {architecture}."
        )
    return found


def build_trunk(
    architecture: str, convolutions: Sequence[Convolution], convention: InputConvention
) -> keras.Model:
    """Return the encoder as it learns, (n, rows, columns, 1) to the features of its last layer.

    `pi.network.encoder.build_encoder` gives the same features. It takes one grey channel and holds
    the input's scale in its first kernels, whose steps would then be 255 times too small; here all
    channels are fed, so that the kernels are those of a weight file before and after.
    """
    stack = stack_of(architecture)
    image = keras.Input((None, None, 1), name="image")
    x = image
    if convention.window is not None:
        low, high = convention.window
        x = layers.Rescaling(1 / (high - low), -low / (high - low))(x)
        x = layers.ReLU(max_value=1.0)(x)
    x = layers.Concatenate()([x] * stack.channels) if stack.channels > 1 else x
    scale, shift = (list(part[: stack.channels]) for part in (convention.scale, convention.shift))
    x = layers.Rescaling(scale, shift)(x)
    given = iter(zip(stack.layers, convolutions, strict=True))
    for block, widths in enumerate(stack.blocks):
        if block:
            x = layers.MaxPooling2D(2, strides=2)(x)
        for width in widths:
            name, arrays = next(given)
            convolution = layers.Conv2D(width, 3, padding="same", activation="relu", name=name)
            x = convolution(x)
            convolution.set_weights(arrays)
    return keras.Model(image, x, name=architecture)


def learned(trunk: keras.Model) -> list[Convolution]:
    """Return the convolutions of ``trunk`` as they are now, in the network's order."""
    names = stack_of(trunk.name).layers
    return [
        (kernel, bias) for kernel, bias in (trunk.get_layer(name).get_weights() for name in names)
    ]


def with_heads(trunk: keras.Model, tasks: Sequence[Task], seed: int) -> keras.Model:
    """Return ``trunk`` with a head of two layers for each task, which gives logits of its classes.

    A head sees the last layer of every block, so that all of them learn what headers tell: each
    feature averaged over the image and standardised over the batch, because encoders differ in
    size by orders of magnitude. The hidden layer is there because noise power tells thickness only
    together with dose. The heads end in zeros: the first loss is that of guessing.
    """
    blocks = stack_of(trunk.name).blocks
    ends = [f"block{number}_conv{len(widths)}" for number, widths in enumerate(blocks, start=1)]
    pooled = [
        layers.GlobalAveragePooling2D(dtype="float32")(trunk.get_layer(end).output) for end in ends
    ]
    x = layers.Concatenate(dtype="float32")(pooled)
    x = layers.BatchNormalization(momentum=0.9, center=False, scale=False, dtype="float32")(x)
    logits = []
    for number, task in enumerate(tasks):
        initialiser = keras.initializers.GlorotUniform(seed=seed * 1000 + number)
        hidden = layers.Dense(
            HIDDEN, "relu", kernel_initializer=initialiser, dtype="float32",
            name=f"{NEW}{task.name}_hidden",
        )(x)  # fmt: skip
        last = layers.Dense(
            len(task.classes), kernel_initializer="zeros", dtype="float32", name=NEW + task.name
        )
        logits.append(last(hidden))
    return keras.Model(trunk.input, logits)


@dataclass(frozen=True)
class Probe:
    """A network with heads in two: nothing is copied, both are views of its layers.

    Attributes:
        trunk: images to what the heads see, (n, features), before it is standardised.
        standardise: by mean and variance.
        heads: from there to the logits of every task; standardises first.
    """

    trunk: keras.Model
    standardise: layers.BatchNormalization
    heads: keras.Model


def probe_of(network: keras.Model, tasks: Sequence[Task]) -> Probe:
    """Return the two parts of what `with_heads` made for ``tasks``."""
    standardise = next(x for x in network.layers if isinstance(x, layers.BatchNormalization))
    trunk = keras.Model(network.input, standardise.input)
    seen = keras.Input(standardise.input.shape[1:])
    x = standardise(seen)
    names = [NEW + task.name for task in tasks]
    logits = [network.get_layer(n)(network.get_layer(f"{n}_hidden")(x)) for n in names]
    return Probe(trunk, standardise, keras.Model(seen, logits))


def with_decoder(trunk: keras.Model, seed: int) -> keras.Model:
    """Return ``trunk`` with a decoder of its mirrored widths, which gives the image again.

    As in SACNN (Li et al. 2020) nothing leads around the narrowest place. The output has no
    activation.
    """
    blocks = stack_of(trunk.name).blocks
    seeds = iter(np.random.default_rng([seed, 1]).integers(2**31, size=2 * len(blocks)))
    x = trunk.output
    for block in reversed(range(len(blocks) - 1)):
        initialiser = keras.initializers.GlorotUniform(seed=int(next(seeds)))
        x = layers.Conv2DTranspose(
            blocks[block][-1], 2, strides=2, activation="relu", kernel_initializer=initialiser
        )(x)
        initialiser = keras.initializers.GlorotUniform(seed=int(next(seeds)))
        x = layers.Conv2D(
            blocks[block][0], 3, padding="same", activation="relu", kernel_initializer=initialiser
        )(x)
    initialiser = keras.initializers.GlorotUniform(seed=int(next(seeds)))
    image = layers.Conv2D(
        1, 3, padding="same", dtype="float32", kernel_initializer=initialiser, name="reconstructed"
    )(x)
    return keras.Model(trunk.input, [image])
