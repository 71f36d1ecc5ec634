"""DnCNN: Zhang et al., Beyond a Gaussian denoiser: residual learning of deep CNN for image
denoising, IEEE Transactions on Image Processing 26 (2017), 3142-3155.
"""

from typing import TYPE_CHECKING

from pi.denoisers import Design, Sizes, layer_seeds

if TYPE_CHECKING:  # slow to import, and needed by whoever builds alone
    import keras

DEPTH = 17
"""Convolutions: those of DnCNN-S, for one level of noise."""

MOMENTUM = 0.9
"""Of the moving averages. Keras's 0.99 forgets the values they begin with in hundreds of steps."""

EPSILON = 1e-4
"""As in the authors' code for Keras."""


def build(filters: int, seed: int) -> "keras.Model":
    """Return an untrained DnCNN-S (64 filters: 556,032 parameters that are learned).

    As published (its Fig. 1 and section III): 17 3x3 convolutions with zero padding, ReLU behind
    all but the last, batch normalisation between the others and their ReLU; the network predicts
    the noise, which is subtracted from its input; weights drawn as He et al. (2015) do. No
    convolution has a bias: the normalisation behind it has one. The statistics of a batch are
    those of all devices together, so that their number changes nothing.
    """
    import keras
    from keras import layers

    seeds = layer_seeds(seed)

    def convolve(x: keras.KerasTensor, width: int, name: str | None = None) -> keras.KerasTensor:
        return layers.Conv2D(
            width, 3, padding="same", use_bias=False, name=name,
            kernel_initializer=keras.initializers.HeNormal(seed=next(seeds)),
        )(x)  # fmt: skip

    image = keras.Input((None, None, 1), name="low_dose")
    x = layers.ReLU()(convolve(image, filters))
    for _ in range(DEPTH - 2):
        normalised = layers.BatchNormalization(
            momentum=MOMENTUM, epsilon=EPSILON, synchronized=True
        )(convolve(x, filters))
        x = layers.ReLU()(normalised)
    noise = convolve(x, 1, name="noise")
    output = layers.Subtract(name="denoised")([image, noise])
    return keras.Model(image, output, name="dncnn")


DESIGN = Design(
    build,
    width="filters of every layer (published: 64)",
    sizes=Sizes(),
    starts=("residual",),
    range="unbounded",
)
