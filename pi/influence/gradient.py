"""Influence measured on gradients: what the two terms truly pull at.

    Psi_g = ||lambda grad P|| / (||grad M|| + ||lambda grad P||)          method, 2.6

over the denoiser's parameters, and with respect to its output, which does not depend on the
architecture. The cosine between the two gradients says whether the terms pull the same way. Equal
shares of the loss are not equal shares of the gradient (method, finding 5), so both are tracked.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from pi.influence.components import Terms
from pi.influence.gradient_pair import GradientPair


def gradient_measure(
    denoiser: keras.Model, terms: Terms
) -> Callable[[tf.Tensor, tf.Tensor], tuple[GradientPair, GradientPair]]:
    """Return the function that measures one batch: over the parameters, and over the output.

    It takes low and normal dose, (n, rows, columns, 1) float32 in the network's range, and changes
    nothing: batch normalisation takes the batch's statistics, as in a step, but its moving averages
    stay. It is a graph of its own, so that the train step pays nothing for it.
    """

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def products(low_dose: tf.Tensor, normal_dose: tf.Tensor) -> tf.Tensor:
        variables = [variable.value for variable in denoiser.trainable_variables]
        averages = [variable.value for variable in denoiser.non_trainable_variables]
        with tf.GradientTape(persistent=True) as tape:
            prediction, _ = denoiser.stateless_call(variables, averages, low_dose, training=True)
            image, perceptual = terms(prediction, normal_dose)
            m = tf.reduce_mean(image)
            p = tf.reduce_mean(tf.reduce_sum(perceptual, axis=-1))
        # Without an encoder the perceptual loss hangs on nothing: its gradient is 0.
        zero = tf.UnconnectedGradients.ZERO
        grad_m, grad_p = (
            tape.gradient(loss, [*variables, prediction], unconnected_gradients=zero)
            for loss in (m, p)
        )
        return tf.stack([_products(grad_m[:-1], grad_p[:-1]), _products(grad_m[-1:], grad_p[-1:])])

    def measure(low_dose: tf.Tensor, normal_dose: tf.Tensor) -> tuple[GradientPair, GradientPair]:
        found = products(low_dose, normal_dose).numpy().astype(np.float64)
        parameters, output = (
            GradientPair(float(np.sqrt(mm)), float(np.sqrt(pp)), float(mp)) for mm, pp, mp in found
        )
        return parameters, output

    return measure


def _products(a: Sequence[tf.Tensor], b: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return a.a, b.b and a.b over all tensors, (3,)."""
    pairs = ((a, a), (b, b), (a, b))
    return tf.stack(
        [
            tf.add_n([tf.reduce_sum(x * y) for x, y in zip(one, other, strict=True)])
            for one, other in pairs
        ]
    )
