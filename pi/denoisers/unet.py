"""The paper's denoiser: a U-Net that predicts the image itself."""

from typing import TYPE_CHECKING

from pi.denoisers import Design, Sizes, layer_seeds

if TYPE_CHECKING:  # slow to import, and needed by whoever builds alone
    import keras

LEVELS = 5


def build(channels: int, seed: int) -> "keras.Model":
    """Return an untrained U-Net.

    As in the authors' code: 'same' padding, ReLU, no batch normalisation, 2x2 transposed
    convolutions without activation, ``channels`` doubling over five levels (32 to 512: 7,759,521
    parameters) and a sigmoid that predicts the image itself, not a residual. Unlike there, every
    layer draws from a seed of its own: one shared seeded initialiser would start layers of equal
    shape with identical weights.
    """
    import keras
    from keras import layers

    seeds = layer_seeds(seed)

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


DIVISOR = 2 ** (LEVELS - 1)

DESIGN = Design(
    build,
    width="channels of its first level (Table 2: 32)",
    sizes=Sizes(DIVISOR, DIVISOR),
    starts=("mean", "half"),
    range="unit",
)
"""It halves an image four times."""
