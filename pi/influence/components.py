"""The two terms of the paper's Eq. (4), per patch, from one pass of each network."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def mean_squared_error(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Return the mean squared difference of each of n images or feature maps, (n,).

    The norms of Eqs. (2) and (3) are sums; as in the authors' code they are means here, so that
    lambda does not depend on the number of pixels and features.
    """
    return tf.reduce_mean(tf.math.squared_difference(a, b), axis=(1, 2, 3))


def loss_components(
    predictions: Sequence[tf.Tensor], target: tf.Tensor, encoders: Sequence[keras.Model]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return image and perceptual losses of several predictions of one target.

    The target's features are computed once, and every encoder runs once over target and
    predictions together.

    Args:
        predictions: k tensors (n, rows, columns, 1) float32 in the network's range.
        target: the normal dose, (n, rows, columns, 1).
        encoders: each returns one feature map per tapped layer.

    Returns:
        The image loss (k, n) and the perceptual loss (k, n, taps); taps follow the order of
        ``encoders`` and of each one's outputs.
    """
    images = tf.stack([mean_squared_error(prediction, target) for prediction in predictions])
    together = tf.concat([target, *predictions], axis=0)
    perceptual = []
    for encoder in encoders:
        # Keras hands over a lone tap without its list.
        for features in keras.tree.flatten(encoder(together)):
            reference, *others = tf.split(features, 1 + len(predictions))
            perceptual.append(tf.stack([mean_squared_error(other, reference) for other in others]))
    return images, tf.stack(perceptual, axis=-1)
