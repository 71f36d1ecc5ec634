"""An encoder that is a function of the user's: ``own:package.module:function``.

It runs the user's code, which is imported by its name from where Python finds modules (the folder
that a command is started in, or PYTHONPATH). It is called as ``function(images)``:

- ``images``: a TensorFlow tensor (n, rows, columns, 3) float32, what the input convention makes of
  the grey image: with ``unit`` three equal channels in [0, 1], with ``torch_imagenet`` those
  normalised. Rows and columns are those of the patches.
- it returns features (n, ...) of a floating-point type, made by TensorFlow from the images, so
  that gradients go through: a Keras model is such a function, a network of PyTorch's is not.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pi.errors import quoted
from pi.losses.architecture import OWN, EncoderError, EncoderSpec
from pi.losses.input_convention import InputConvention
from pi.network.weight_file import WeightsError

Function = Callable[[tf.Tensor], tf.Tensor]

PROBED = 2
"""Images that a function is tried on."""


class OwnEncoder(keras.Model):  # type: ignore[misc]
    """Functions of the user's as an encoder: (n, rows, columns, 1) to a list of feature maps."""

    def __init__(self, functions: Sequence[Function], convention: InputConvention) -> None:
        super().__init__(name=OWN, trainable=False)
        self._functions = tuple(functions)
        self._convention = convention

    def __call__(self, image: tf.Tensor) -> list[tf.Tensor]:
        """Return the features of each function, (n, rows, columns, channels) float32.

        Keras is left out of it: it would cast, and write a page behind an error of the user's.
        """
        fed = three_channels(image, self._convention)
        return [four_axes(function(fed)) for function in self._functions]


def three_channels(image: tf.Tensor, convention: InputConvention) -> tf.Tensor:
    """Return what a function is fed, (n, rows, columns, 3) float32."""
    if convention.window is not None:
        low, high = convention.window
        image = tf.clip_by_value((image - low) / (high - low), 0.0, 1.0)
    return image * tf.constant(convention.scale) + tf.constant(convention.shift)


def four_axes(features: tf.Tensor) -> tf.Tensor:
    """Return features (n, ...) with four axes; a mean over them does not depend on which."""
    features = tf.cast(features, tf.float32)
    missing = 4 - len(features.shape)
    if missing < 0:
        return tf.reshape(features, (tf.shape(features)[0], -1, 1, 1))
    for _ in range(missing):
        features = features[:, tf.newaxis]
    return features


def find_function(module: str, name: str) -> Function:
    """Import a function of the user's.

    Raises:
        EncoderError: there is no such module or function, or the module cannot be imported.
    """
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the user's code raises while it is imported
        raise EncoderError(
            f"`{OWN}:{module}:{name}` must be a function that Python can import but raises "
            f"{type(error).__name__}."
        ) from error
    if not callable(found):
        raise EncoderError(f"`{OWN}:{module}:{name}` must be a function but is none.")
    return found  # type: ignore[no-any-return]


def module_digest(module: str) -> str:
    """Return the sha256 of a module's source; of what that imports or loads nothing is known.

    Raises:
        WeightsError: there is no such module.
    """
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):  # of the package that it is in
        spec = None
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise WeightsError(
            f"an encoder `{OWN}` must be in a module that Python finds, in the folder that the "
            f"command is started in or on PYTHONPATH, but {quoted(module)} is not."
        )
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()


def own_encoder(module: str, names: Sequence[str], convention: InputConvention) -> OwnEncoder:
    """Return functions of one module as an encoder.

    Raises:
        EncoderError: see `find_function`.
    """
    return OwnEncoder([find_function(module, name) for name in names], convention)


def require_function(encoder: EncoderSpec, convention: InputConvention, patch_size: int) -> None:
    """Try a function of the user's on noise, and refuse what cannot be an encoder.

    Args:
        encoder: which functions.
        convention: what they are fed.
        patch_size: side of the images.

    Raises:
        EncoderError: a function raises, or returns no differentiable features.
    """
    noise = np.random.default_rng(0).uniform(0, 1, (PROBED, patch_size, patch_size, 1))
    fed = three_channels(tf.constant(noise.astype(np.float32)), convention)
    for name in encoder.layers:
        _require(find_function(encoder.context, name), fed, f"{OWN}:{encoder.context}:{name}")


def _require(function: Function, fed: tf.Tensor, name: str) -> None:
    with tf.GradientTape() as tape:
        tape.watch(fed)
        try:
            features: Any = function(fed)
        except Exception as error:  # whatever the user's code raises
            raise EncoderError(
                f"`{name}` must take images {tuple(fed.shape)} float32 but raises "
                f"{type(error).__name__}."
            ) from error
        if not tf.is_tensor(features) or not features.dtype.is_floating:
            raise EncoderError(
                f"`{name}` must return a floating-point tensor of TensorFlow but returns "
                f"{type(features).__name__}."
            )
        total = tf.reduce_sum(tf.cast(features, tf.float32))
    if len(features.shape) < 2 or features.shape[0] != PROBED:
        raise EncoderError(
            f"`{name}` must return features ({PROBED}, ...) for {PROBED} images but returns "
            f"{tuple(features.shape)}."
        )
    if not np.isfinite(total.numpy()):
        raise EncoderError(f"`{name}` must return finite features but returns NaN or infinity.")
    if tape.gradient(total, fed) is None:
        raise EncoderError(
            f"`{name}` must be made of TensorFlow's operations, through which gradients go, but "
            "its features do not depend on the images."
        )
