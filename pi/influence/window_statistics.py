"""Means and deviations of feature maps in windows: what texture is, wherever its grains lie.

Two noise patterns of one kind differ in every pixel, so that a pointwise distance punishes a
denoiser for each grain of noise that is not the target's and rewards it for a blur between both. In
a window their means and deviations agree.
"""

import tensorflow as tf

EPSILON = 1e-8
"""Added to a variance before its root, whose slope at 0 has no end."""


def window_statistics(maps: tf.Tensor, window: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the mean and the deviation of each window of each channel.

    Args:
        maps: (n, rows, columns, channels) float32.
        window: side of the windows, which do not overlap; those at the lower and right edge hold
            what is left, and one that is larger than the map is the whole map.

    Returns:
        Two tensors (n, windows down, windows across, channels); deviations are of the population.
    """
    n, rows, columns, channels = tf.unstack(tf.shape(maps))
    down, across = -(-rows // window), -(-columns // window)
    beyond = [[0, 0], [0, down * window - rows], [0, across * window - columns], [0, 0]]
    inside = tf.pad(tf.ones([1, rows, columns, 1], maps.dtype), beyond)

    def summed(padded: tf.Tensor) -> tf.Tensor:
        shape = [tf.shape(padded)[0], down, window, across, window, tf.shape(padded)[-1]]
        return tf.reduce_sum(tf.reshape(padded, shape), axis=(2, 4), keepdims=True)

    counts = summed(inside)
    padded = tf.pad(maps, beyond)
    means = summed(padded) / counts
    # Less their means before they are squared: features are of hundreds, float32 has seven digits.
    blocks = tf.reshape(padded, [n, down, window, across, window, channels]) - means
    held = tf.reshape(inside, [1, down, window, across, window, 1])
    squares = tf.reduce_sum(held * tf.square(blocks), axis=(2, 4), keepdims=True) / counts
    deviations = tf.sqrt(squares + EPSILON)
    return tf.squeeze(means, (2, 4)), tf.squeeze(deviations, (2, 4))
