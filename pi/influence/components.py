"""The two terms of the paper's Eq. (4), per patch, from one pass of each network."""

from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from pi.influence.window_statistics import window_statistics
from pi.losses.loss import Match, PixelKind, PixelTerm, Statistics
from pi.network.bank import FrozenLoss

Terms = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""From prediction and normal dose to the image loss (n,) and the perceptual loss (n, layers)."""


TermsGiven = Callable[[tf.Tensor, tf.Tensor, Sequence[tf.Tensor]], tuple[tf.Tensor, tf.Tensor]]
"""The same, told each layer's features of the normal dose."""


def feature_loss(a: tf.Tensor, b: tf.Tensor, norm: Match) -> tf.Tensor:
    """Return the mean difference of each of n feature maps (n, rows, columns, channels), (n,).

    The norm of Eq. (3) is a sum; as in the authors' code it is a mean here, so that lambda does
    not depend on the number of features. Other reductions are factors of it: see `pi.losses.loss`.
    Statistics are compared window by window: the losses of means and of deviations are added.
    """
    if isinstance(norm, Statistics):
        pairs = zip(*(window_statistics(x, norm.window) for x in (a, b)), strict=True)
        return tf.add_n([feature_loss(one, other, norm.norm) for one, other in pairs])
    difference = tf.math.squared_difference(a, b) if norm == "squared" else tf.abs(a - b)
    return tf.reduce_mean(difference, axis=(1, 2, 3))


def pixel_loss(a: tf.Tensor, b: tf.Tensor, term: PixelTerm) -> tf.Tensor:
    """Return the mean loss of each of n images (n, rows, columns, 1) in the network's range, (n,).

    Huber's is d^2 / 2 up to delta and delta (|d| - delta / 2) beyond; Charbonnier's is
    sqrt(d^2 + epsilon^2), which is epsilon and not 0 for a perfect prediction.
    """
    of_pixels = _OF_PIXELS[term.kind](a - b, term.scale)
    return term.weight * tf.reduce_mean(of_pixels, axis=(1, 2, 3))


def _huber(difference: tf.Tensor, delta: float) -> tf.Tensor:
    size = tf.abs(difference)
    within = tf.minimum(size, delta)
    return within * (size - within / 2)


_OF_PIXELS: Mapping[PixelKind, Callable[[tf.Tensor, float], tf.Tensor]] = {
    "squared": lambda difference, _: tf.square(difference),
    "absolute": lambda difference, _: tf.abs(difference),
    "huber": _huber,
    "charbonnier": lambda difference, epsilon: tf.sqrt(tf.square(difference) + epsilon**2),
}


def loss_components(
    predictions: Sequence[tf.Tensor],
    target: tf.Tensor,
    encoders: Sequence[keras.Model],
    norms: Sequence[Match],
    pixels: Sequence[PixelTerm],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return all losses of several predictions of one target.

    The target's features are computed once, and every encoder runs once over target and
    predictions together.

    Args:
        predictions: k tensors (n, rows, columns, 1) float32 in the network's range.
        target: the normal dose, (n, rows, columns, 1).
        encoders: each returns one feature map per column.
        norms: of every column, in the order of ``encoders`` and of each one's outputs.
        pixels: the image losses.

    Returns:
        The image losses (k, n, pixels) and the means of feature differences (k, n, columns).
    """
    images = [
        tf.stack([pixel_loss(prediction, target, term) for term in pixels], axis=-1)
        for prediction in predictions
    ]
    together = tf.concat([target, *predictions], axis=0)
    # Keras hands over a lone tap without its list.
    maps = keras.tree.flatten([encoder(together) for encoder in encoders])
    columns = []
    for features, norm in zip(maps, norms, strict=True):
        reference, *others = tf.split(features, 1 + len(predictions))
        columns.append(tf.stack([feature_loss(other, reference, norm) for other in others]))
    return tf.stack(images), tf.stack(columns, axis=-1)


def loss_terms(frozen_loss: FrozenLoss) -> Terms:
    """Return the two terms of Eq. (4) of one experiment, per patch.

    Unlike `loss_components`, target and prediction go through the encoder one after the other: a
    gradient is only wanted through the second, and together they would pay for both.
    """

    given = terms_given(frozen_loss)

    def terms(prediction: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return given(prediction, target, features_of(target, frozen_loss))

    return terms


def features_of(images: tf.Tensor, frozen_loss: FrozenLoss) -> list[tf.Tensor]:
    """Return each layer's features of images, in the format that the encoder computes in."""
    found: list[tf.Tensor] = keras.tree.flatten([e(images) for e in frozen_loss.encoders])
    return found


def terms_given(frozen_loss: FrozenLoss) -> TermsGiven:
    """Return the two terms of Eq. (4) for a target whose features (`features_of`) are given."""

    def terms(
        prediction: tf.Tensor, target: tf.Tensor, references: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        image = pixel_loss(prediction, target, frozen_loss.pixel)
        if not frozen_loss.encoders:
            return image, tf.zeros((tf.shape(image)[0], 0), image.dtype)
        features = features_of(prediction, frozen_loss)
        layers = [
            # Squares of bfloat16 numbers would be sums of bfloat16 numbers.
            factor * feature_loss(tf.cast(found, tf.float32), tf.cast(wanted, tf.float32), norm)
            for found, wanted, norm, factor in zip(
                features, references, frozen_loss.norms, frozen_loss.factors, strict=True
            )
        ]
        return image, tf.stack(layers, axis=-1)

    return terms
