"""A denoiser brought into the state in which losses are measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.denoisers import DenoiserSpec
from pi.errors import quoted
from pi.network.denoiser_file import SavedDenoiser
from pi.network.start import start_at
from pi.states import State, StateError

Denoiser = Callable[[tf.Tensor], tf.Tensor]
"""(n, rows, columns, 1) float32 in the network's range to the same."""


@dataclass(frozen=True, slots=True)
class PatchOutputs:
    """What somebody else's network makes of patches, asked for by their numbers.

    Attributes:
        of: from numbers of patches to (n, rows, columns, 1) float32 in our network's range.
    """

    of: Callable[[NDArray[np.int64]], NDArray[np.float32]]


Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


def identity(low_dose: tf.Tensor) -> tf.Tensor:
    """Return the low dose as it is: the denoiser that does nothing."""
    return low_dose


def warm_up(network: keras.Model, spec: DenoiserSpec, batches: Iterator[Batch], steps: int) -> None:
    """Train ``network`` for ``steps`` of Adam on MSE alone (Table 2: rate 1e-3, .9, .999).

    It starts as is recommended, where that is a mean, at that of the first batch: see `start_at`.
    """
    network.compile(
        optimizer=keras.optimizers.Adam(1e-3, beta_1=0.9, beta_2=0.999),
        loss="mean_squared_error",
        jit_compile=False,
    )
    for step in range(steps):
        low_dose, normal_dose = next(batches)
        if step == 0:
            start_at(network, spec.start("auto"), float(normal_dose.mean()))
        network.train_on_batch(low_dose, normal_dose)


def prepare_denoiser(
    state: State,
    spec: DenoiserSpec,
    seed: int,
    batches: Iterator[Batch],
    fetch: Callable[[str], SavedDenoiser],
) -> Denoiser:
    """Return the denoiser in ``state``: a Keras model, or `identity`.

    Args:
        state: which state.
        spec: which denoiser.
        seed: of its initial weights.
        batches: training batches of (low dose, normal dose) for a warm-up.
        fetch: from the id of a run to the denoiser that it logged.

    Raises:
        StateError: a logged denoiser is another, or it is a subject's, which is not asked here.
        DenoiserFileError: its weights are not those that were logged.
    """
    if state.kind == "identity":
        return identity
    if state.kind == "logged":
        saved = fetch(state.argument)
        if saved.spec != spec:
            raise StateError(
                f"`denoiser` must be {saved.spec}, as run {state.argument!r} has it, but got "
                f"{spec}."
            )
        return cast(Denoiser, saved.load())
    if state.kind == "subject":
        raise StateError(
            f"a state here must be one of our own denoisers but got {quoted(state.argument)}: use "
            "`calibrate`."
        )
    network = spec.build(seed)
    if state.kind == "warmup":
        warm_up(network, spec, batches, int(state.argument))
    return cast(Denoiser, network)
