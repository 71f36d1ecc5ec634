"""Keras `fit` whose perceptual loss stays 95 % of the total: `python examples/keras_fit.py`.

The model tracks its two losses by their names; the callback reads them, moves lambda, and logs.
"""

from typing import Any

import keras
import numpy as np

from pi.keras import InfluenceCallback, ScheduledWeight

TARGET = 0.95


class Denoiser(keras.Model):
    """A small network with the loss M + lambda P."""

    def __init__(self, weight: ScheduledWeight) -> None:
        super().__init__()
        self.weight = weight
        self.body = keras.Sequential(
            [keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
             keras.layers.Conv2D(1, 3, padding="same")]
        )  # fmt: skip
        self.encoder = keras.layers.Conv2D(16, 3, activation="relu", trainable=False)
        self.tracked = {
            name: keras.metrics.Mean(name=name) for name in ("image_loss", "perceptual_loss")
        }

    def build(self, input_shape: Any) -> None:
        """Make the weights of both networks."""
        self.body.build(input_shape)
        self.encoder.build(input_shape)

    def call(self, images: Any) -> Any:
        """Return the images denoised."""
        return self.body(images)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> Any:
        """Return M + lambda P, and track both."""
        image = keras.ops.mean(keras.ops.square(y_pred - y))
        features = keras.ops.square(self.encoder(y_pred) - self.encoder(y))
        perceptual = keras.ops.mean(features)
        self.tracked["image_loss"].update_state(image)
        self.tracked["perceptual_loss"].update_state(perceptual)
        return image + self.weight.variable * perceptual


def main(epochs: int = 3, log_to: object = None) -> float:
    """Train, and return Psi of the last epoch."""
    keras.utils.set_random_seed(5)
    rng = np.random.default_rng(5)
    normal = rng.uniform(size=(64, 24, 24, 1)).astype(np.float32)
    low = normal + rng.normal(0, 0.1, normal.shape).astype(np.float32)
    # A start that is far off costs the first epoch: `pi.calibrate(low=..., ...)` finds one.
    weight = ScheduledWeight("recalibrate_each_epoch", 1.0, target=TARGET)
    model = Denoiser(weight)
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    callback = InfluenceCallback(weight, target=TARGET, log_to=log_to, run_name="keras_fit")
    model.fit(low, normal, batch_size=4, epochs=epochs, callbacks=[callback], verbose=0)
    return callback.psi


if __name__ == "__main__":
    print(f"Psi of the last epoch: {100 * main(12):.2f} %")
