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
    _, rows, columns, _ = tf.unstack(tf.shape(maps))
    beyond = [[0, 0], [0, -rows % window], [0, -columns % window], [0, 0]]
    inside = _blocks(tf.pad(tf.ones([1, rows, columns, 1], maps.dtype), beyond), window)
    blocks = _blocks(tf.pad(maps, beyond), window)
    counts = _summed(inside, window)
    means = _summed(blocks, window) / counts
    # Less their means before they are squared: features are of hundreds, float32 has seven digits.
    squares = _summed(inside * tf.square(blocks - means), window) / counts
    return tf.squeeze(means, (2, 4)), tf.squeeze(tf.sqrt(squares + EPSILON), (2, 4))


def _blocks(maps: tf.Tensor, window: int) -> tf.Tensor:
    """Return maps of whole windows as (n, down, window, across, window, channels)."""
    n, rows, columns, channels = tf.unstack(tf.shape(maps))
    return tf.reshape(maps, [n, rows // window, window, columns // window, window, channels])


def _summed(blocks: tf.Tensor, window: int) -> tf.Tensor:
    """Return the sum of each window, (n, down, 1, across, 1, channels).

    Rows first, then columns, each over a middle axis: a third of the time of both at once.
    """
    n, down, _, across, _, channels = tf.unstack(tf.shape(blocks))
    rows = tf.reduce_sum(tf.reshape(blocks, [n * down, window, -1]), axis=1)
    whole = tf.reduce_sum(tf.reshape(rows, [-1, window, channels]), axis=1)
    return tf.reshape(whole, [n, down, 1, across, 1, channels])
