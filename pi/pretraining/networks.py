"""What learns: the encoder itself with a small head for each task, or with a decoder behind it."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from pi.architecture import find_architecture
from pi.network.encoder import InputConvention
from pi.network.weight_file import Convolution
from pi.pretraining.tasks import Task


def build_trunk(
    architecture: str, convolutions: Sequence[Convolution], convention: InputConvention
) -> keras.Model:
    """Return the encoder as it learns, (n, rows, columns, 1) to the features of its last layer.

    `pi.network.encoder.build_encoder` gives the same features. It takes one grey channel and holds
    the input's scale in its first kernels, whose steps would then be 255 times too small; here all
    channels are fed, so that the kernels are those of a weight file before and after.
    """
    stack = find_architecture(architecture)
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
    names = find_architecture(trunk.name).layers
    return [
        (kernel, bias) for kernel, bias in (trunk.get_layer(name).get_weights() for name in names)
    ]


def with_heads(trunk: keras.Model, tasks: Sequence[Task]) -> keras.Model:
    """Return ``trunk`` with a linear head for each task, which gives the logits of its classes.

    Features are averaged over the image and standardised, because encoders differ in size by
    orders of magnitude. The heads start at zero: the first loss is that of guessing.
    """
    x = layers.GlobalAveragePooling2D(dtype="float32")(trunk.output)
    x = layers.LayerNormalization(dtype="float32")(x)
    heads = [
        layers.Dense(len(task.classes), kernel_initializer="zeros", dtype="float32", name=task.name)
        for task in tasks
    ]
    return keras.Model(trunk.input, [head(x) for head in heads])


def with_decoder(trunk: keras.Model, seed: int) -> keras.Model:
    """Return ``trunk`` with a decoder of its mirrored widths, which gives the image again.

    As in SACNN (Li et al. 2020) nothing leads around the narrowest place. The output has no
    activation.
    """
    blocks = find_architecture(trunk.name).blocks
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
