"""The denoiser f_theta: the paper's U-Net."""

import keras
import numpy as np
from keras import layers

LEVELS = 5


def build_unet(channels: int, seed: int) -> keras.Model:
    """Return an untrained U-Net, (n, rows, columns, 1) float32 in [0, 1] to the same.

    Rows and columns must be divisible by 16. As in the authors' code: 'same' padding, ReLU, no
    batch normalisation, 2x2 transposed convolutions without activation, ``channels`` doubling
    over five levels (32 to 512: 7,759,521 parameters) and a sigmoid that predicts the image
    itself, not a residual. Unlike there, every layer draws from a seed of its own: one shared
    seeded initialiser would start layers of equal shape with identical weights.
    """
    seeds = iter(range(seed * 1000, seed * 1000 + 1000))

    def initialiser() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next(seeds))

    def convolve(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
        for _ in range(2):
            x = layers.Conv2D(
                width, 3, padding="same", activation="relu", kernel_initializer=initialiser()
            )(x)
        return x

    image = keras.Input((None, None, 1), name="low_dose")
    x, skips = image, []
    for level in range(LEVELS - 1):
        skips.append(convolve(x, channels * 2**level))
        x = layers.MaxPooling2D()(skips[-1])
    x = convolve(x, channels * 2 ** (LEVELS - 1))
    for level in reversed(range(LEVELS - 1)):
        up = layers.Conv2DTranspose(
            channels * 2**level, 2, strides=2, kernel_initializer=initialiser()
        )(x)
        x = convolve(layers.Concatenate()([skips[level], up]), channels * 2**level)
    output = layers.Conv2D(
        1, 1, activation="sigmoid", kernel_initializer=initialiser(), name="denoised"
    )(x)
    return keras.Model(image, output, name="unet")


def start_at(unet: keras.Model, level: float) -> None:
    """Set the last bias so that an untrained ``unet`` gives about ``level``, in (0, 1), everywhere.

    The published network starts at 0.5, far above any CT slice's mean of about 0.12. At Table 2's
    rate of 1e-3 Adam then overshoots on the way down: within some twenty steps the sigmoid gives 0
    (air) for every pixel, and from there no gradient leads back.
    """
    last = unet.get_layer("denoised")
    kernel, bias = last.get_weights()
    last.set_weights([kernel, np.full_like(bias, np.log(level) - np.log1p(-level))])
