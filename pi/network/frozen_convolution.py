"""The encoder's 3 x 3 convolutions, whose kernels never change, with fewer multiplications."""

from functools import cache

import numpy as np
import tensorflow as tf
from keras import layers

from pi.network.minimal_filtering import POINTS, Filtering, filtering, turned_filtering

FEWEST_CHANNELS = 128
"""Of input and of output: with fewer, what is saved in products goes into cutting tiles."""

FEWEST_TILES = 9
"""Of an image: with fewer, reading kernels of four times their size takes what is saved."""

CUTS = "minimal filtering 1"
"""Changes where the last bits of features do; see `pi.training.cached_step`."""


class FrozenConvolution(layers.Conv2D):  # type: ignore[misc]
    """A convolution whose weights are set once, before it is first called.

    By `pi.network.minimal_filtering` where there are channels and pixels enough, it computes in
    float32 on a processor, and tiles fill the rows and columns, which are known; by its definition
    elsewhere. What an image gives does not depend on those beside it.
    """

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Return features (n, rows, columns, filters) of images (n, rows, columns, channels)."""
        outputs = self._outputs_of_tile(images.shape)
        if not outputs:
            return super().call(images)
        return self.activation(_convolved(images, self._kernels(outputs), outputs) + self.bias)

    def _outputs_of_tile(self, shape: tf.TensorShape) -> int:
        """Return which of `POINTS` serves images of a shape; 0: none does."""
        plain = self.kernel_size == (3, 3) and self.strides == (1, 1) and self.padding == "same"
        few = min(shape[-1], self.filters) < FEWEST_CHANNELS
        if not plain or few or self.compute_dtype != "float32" or None in shape[1:3] or _on_gpu():
            return 0
        rows, columns = shape[1:3]
        filled = (m for m in POINTS if not rows % m and not columns % m)
        return next((m for m in filled if rows * columns >= FEWEST_TILES * m**2), 0)

    def _kernels(self, outputs: int) -> tf.Tensor:
        """Return what `minimal_filtering` makes of the kernel, (points, channels, filters)."""
        known: dict[int, tf.Tensor] = self.__dict__.setdefault("_made", {})
        if outputs not in known:
            with tf.init_scope():  # not in one graph: the next one needs it, too
                kernel = np.asarray(self.kernel, np.float64)
                made = filtering(outputs).kernels @ kernel.reshape(9, -1)
                known[outputs] = tf.constant(made.reshape(-1, *kernel.shape[2:]), tf.float32)
        return known[outputs]


def _on_gpu() -> bool:
    """Return whether there is a GPU, whose library chooses among such ways itself."""
    return bool(tf.config.list_physical_devices("GPU"))


def _convolved(images: tf.Tensor, kernels: tf.Tensor, outputs: int) -> tf.Tensor:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolved(x: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return _in_tiles(upstream, kernels, turned_filtering(outputs), turned=True)

        return _in_tiles(x, kernels, filtering(outputs), turned=False), gradient

    return convolved(images)


def _in_tiles(images: tf.Tensor, kernels: tf.Tensor, way: Filtering, *, turned: bool) -> tf.Tensor:
    """Return the convolution of images (n, rows, columns, channels) with zeros beyond the border.

    Args:
        images: rows and columns are multiples of a tile's outputs.
        kernels: (points, channels, filters); ``turned``, channels are filters and filters channels.
        way: how tiles are computed.
        turned: whether the kernels are those of the gradient.
    """
    _, rows, columns, channels = images.shape
    filters = kernels.shape[1 if turned else 2]
    count, m, points = tf.shape(images)[0], way.outputs, way.reach**2
    padded = tf.reshape(tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]]), [-1, channels])
    firsts = (rows + 2) * (columns + 2) * tf.range(count)
    places = _places(rows, columns, m)[:, np.newaxis] + firsts[:, tf.newaxis]
    tiles = tf.gather(padded, places)  # (points, n, tiles, channels)
    seen = tf.matmul(tf.constant(way.inputs, tf.float32), tf.reshape(tiles, [points, -1]))
    seen = tf.reshape(seen, [points, -1, channels])
    sums = tf.reshape(tf.matmul(seen, kernels, transpose_b=turned), [points, -1])
    found = tf.matmul(tf.constant(way.back, tf.float32), sums)
    found = tf.reshape(found, [m, m, count, rows // m, columns // m, filters])
    found = tf.transpose(found, [2, 3, 0, 4, 1, 5])
    return tf.reshape(found, [count, rows, columns, filters])


@cache
def _places(rows: int, columns: int, outputs: int) -> np.ndarray:
    """Return of each input of a tile, (points, tiles), its pixel in an image with a border of 1."""
    within = np.arange(outputs + 2)
    down, right = (within[:, None] + np.arange(0, n, outputs) for n in (rows, columns))
    found = down[:, None, :, None] * (columns + 2) + right[None, :, None, :]
    return found.reshape(len(within) ** 2, -1).astype(np.int32)
