"""In which state of the denoiser the losses are measured."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.errors import PiError, quoted
from pi.network.unet import build_unet, start_at

Kind = Literal["identity", "untrained", "warmup", "logged"]
Denoiser = Callable[[tf.Tensor], tf.Tensor]
"""(n, rows, columns, 1) float32 in the network's range to the same."""

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


class StateError(PiError):
    """A state of the denoiser that is misspelt or cannot be had."""


@dataclass(frozen=True, slots=True)
class State:
    """One state.

    Attributes:
        kind: ``identity`` (the output is the low-dose input: the residual is the noise),
            ``untrained`` (the paper's text), ``warmup`` or ``logged``.
        argument: number of MSE steps of a warm-up; run id of a logged network.
    """

    kind: Kind
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind


def find_states(text: str) -> tuple[State, ...]:
    """Return the states that a comma-separated list means.

    Raises:
        StateError: an unknown state, or an empty list.
    """
    words = dict.fromkeys(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise StateError(f"`states` must name at least one state but got {quoted(text)}.")
    return tuple(_state(word) for word in words)


def _state(word: str) -> State:
    kind, _, argument = word.partition(":")
    match kind:
        case "identity" | "untrained" if not argument:
            return State(kind)
        case "warmup" if argument.isdecimal() and int(argument) > 0:
            return State("warmup", argument)
        case "logged" if argument:
            return State("logged", argument)
    raise StateError(
        "`states` must be made of identity, untrained, warmup:STEPS (1 or more) and logged:RUN "
        f"but got {quoted(word)}."
    )


def identity(low_dose: tf.Tensor) -> tf.Tensor:
    """Return the low dose as it is: the denoiser that does nothing."""
    return low_dose


def warm_up(unet: keras.Model, batches: Iterator[Batch], steps: int) -> None:
    """Train ``unet`` for ``steps`` of Adam on MSE alone (Table 2: rate 1e-3, .9, .999).

    It starts at the mean of the first batch: see `start_at`.
    """
    unet.compile(
        optimizer=keras.optimizers.Adam(1e-3, beta_1=0.9, beta_2=0.999),
        loss="mean_squared_error",
        jit_compile=False,
    )
    for step in range(steps):
        low_dose, normal_dose = next(batches)
        if step == 0:
            start_at(unet, float(normal_dose.mean()))
        unet.train_on_batch(low_dose, normal_dose)


def restore_weights(unet: keras.Model, weights: Path) -> None:
    """Load the weights of a ``.weights.h5`` file into ``unet``; only arrays are read.

    Raises:
        StateError: the file holds no weights of a U-Net of this width.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras's remarks on the way to the error below
            unet.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        width = unet.layers[1].filters
        raise StateError(
            f"the logged denoiser must be a U-Net of {width} channels but its weights do not fit."
        ) from error


def prepare_denoiser(
    state: State,
    channels: int,
    seed: int,
    batches: Iterator[Batch],
    fetch: Callable[[str], Path],
) -> Denoiser:
    """Return the denoiser in ``state``: a Keras model, or `identity`.

    Args:
        state: which state.
        channels: of the U-Net's first level.
        seed: of its initial weights.
        batches: training batches of (low dose, normal dose) for a warm-up.
        fetch: from the id of a run to the weight file that it logged.

    Raises:
        StateError: a logged network that does not fit.
    """
    if state.kind == "identity":
        return identity
    unet = build_unet(channels, seed)
    if state.kind == "logged":
        restore_weights(unet, fetch(state.argument))
    if state.kind == "warmup":
        warm_up(unet, batches, int(state.argument))
    return cast(Denoiser, unet)
