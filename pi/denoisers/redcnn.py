"""RED-CNN: Chen et al., Low-dose CT with a residual encoder-decoder convolutional neural network,
IEEE Transactions on Medical Imaging 36 (2017), 2524-2535.
"""

from typing import TYPE_CHECKING

from pi.denoisers import Design, Sizes, layer_seeds

if TYPE_CHECKING:  # slow to import, and needed by whoever builds alone
    import keras

HALF = 5
"""Convolutions, and as many transposed ones behind them."""

KERNEL = 5


def build(filters: int, seed: int) -> "keras.Model":
    """Return an untrained RED-CNN (96 filters: 1,848,865 parameters).

    As published (its Fig. 1): five 5x5 convolutions and five transposed ones of stride 1, all
    without padding, so that an image loses four rows and columns with each of the first and wins
    them back; ReLU behind each; shortcuts from the input and from the second and fourth
    convolution, added before the ReLU of the layer that they lead to; kernels drawn from a normal
    distribution of standard deviation 0.01, at other widths such that signals fade as they do at
    96. The last ReLU keeps the output at 0, which is air's end of the range, or above.
    """
    import keras
    from keras import layers

    seeds, deviation = layer_seeds(seed), 0.01 * (96 / filters) ** 0.5

    def convolution(
        kind: type[keras.layers.Layer], x: keras.KerasTensor, width: int = filters
    ) -> keras.KerasTensor:
        drawn = keras.initializers.RandomNormal(stddev=deviation, seed=next(seeds))
        return kind(width, KERNEL, padding="valid", kernel_initializer=drawn)(x)

    image = keras.Input((None, None, 1), name="low_dose")
    x, shortcuts = image, []
    for number in range(HALF):
        if number % 2 == 0:
            shortcuts.append(x)
        x = layers.ReLU()(convolution(layers.Conv2D, x))
    for number in range(HALF - 1):
        x = convolution(layers.Conv2DTranspose, x)
        if number % 2 == 0:
            x = layers.Add()([x, shortcuts.pop()])
        x = layers.ReLU()(x)
    residual = convolution(layers.Conv2DTranspose, x, width=1)
    output = layers.ReLU(name="denoised")(layers.Add()([residual, shortcuts.pop()]))
    return keras.Model(image, output, name="redcnn")


DESIGN = Design(
    build,
    width="filters of every layer (published: 96)",
    sizes=Sizes(1, HALF * (KERNEL - 1) + 1),
    starts=("residual",),
    range="not negative",
)
"""It takes any size of which the convolutions leave a pixel."""
