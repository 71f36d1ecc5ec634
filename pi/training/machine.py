"""What the machine offers a training: number formats, devices, repeatability."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter

import keras
import tensorflow as tf

from pi.choices import Distribution, PrecisionName
from pi.errors import PiError
from pi.training.gpus import gpu_kinds, most_alike, unlike_note, unused_note

CPU_FLAGS = re.compile(r"\b(avx512_bf16|amx_bf16)\b")
LIMITS_WITH_BFLOAT16 = re.compile("BF16|FP16|AMX|ALL|DEFAULT")
"""What a processor says, and to what a user may have limited oneDNN, where it is multiplied."""

WORTH_BFLOAT16 = 1.2
"""Times as fast as float32 that bfloat16 must be to be chosen, for it rounds to three digits."""

MEASURED_SIDE = 1024  # of the matrices: 2 billion operations

BFLOAT16_COMPUTE_CAPABILITY = (8, 0)


class MachineError(PiError):
    """Something that this machine cannot do."""


def choose_precision(asked: PrecisionName) -> str:
    """Return the format of the convolutions: float32, bfloat16 or float16.

    ``auto`` is bfloat16 where the hardware multiplies it (AVX512-BF16, AMX, GPUs since Ampere) and
    is faster so, else float32. float16 is float32 where there is no GPU, which alone multiplies it;
    `precision_note` says so. Weights, losses and sums are float32 or more in all of them.
    """
    if asked == "auto":
        better = _multiplies_bfloat16() and bfloat16_gain() >= WORTH_BFLOAT16
        return "bfloat16" if better else "float32"
    if asked == "float16" and not tf.config.list_physical_devices("GPU"):
        return "float32"
    return asked


def precision_note(asked: PrecisionName) -> str:
    """Return what is to be said of a format that nothing here multiplies; empty of others."""
    if asked == "float16" and choose_precision(asked) != asked:
        return (
            "warning: `precision` must be auto, float32 or bfloat16 without a GPU but got float16, "
            "which no processor multiplies: it is float32 here."
        )
    if asked == "bfloat16" and not _multiplies_bfloat16():
        return (
            "warning: `precision` bfloat16 is emulated, because nothing here multiplies it: a step "
            "takes several times as long as in float32."
        )
    return ""


def divided_precision(asked: PrecisionName, distribution: Distribution) -> PrecisionName:
    """Return what is left of ``asked`` where a batch is divided over devices: of float16, auto.

    Keras asks the first device alone whether its scaled gradients overflowed (`LossScaleOptimizer`
    of 3.15), so that an overflow of another one would reach the weights.
    """
    return "auto" if (asked, distribution) == ("float16", "mirrored") else asked


def machine_notes(
    precision: PrecisionName = "auto", distribution: Distribution = "none"
) -> list[str]:
    """Return what of this machine is to be told before work that asks for these."""
    unlike = unlike_note(gpu_kinds()) if distribution == "mirrored" else ""
    left = divided_precision(precision, distribution)
    divided = (
        ""
        if left == precision
        else (
            "warning: `precision` must be auto, float32 or bfloat16 with `distribution` "
            f"{distribution} but got {precision}, whose overflow one device does not tell another: "
            f"it is {left}."
        )
    )
    return [note for note in (unused_note(), precision_note(left), divided, unlike) if note]


def compute_in(networks: Iterable[keras.Model], precision: str) -> None:
    """Let the convolutions of ``networks`` compute in ``precision``.

    The first convolution, which sees the image itself, and all from the last one on where that
    makes an image, stay float32: bfloat16 has 8 bits, which is 8 HU in soft tissue at the
    encoder's scale of 255.
    """
    policy = keras.DTypePolicy("float32" if precision == "float32" else f"mixed_{precision}")
    for network in networks:
        convolutions = [n for n, layer in enumerate(network.layers) if _convolves(layer)]
        if not convolutions:  # a function of the user's, which computes as it likes
            continue
        makes_an_image = network.layers[-1].name == "denoised"
        end = convolutions[-1] if makes_an_image else len(network.layers)
        for layer in network.layers[convolutions[0] + 1 : end]:
            layer.dtype_policy = policy


def scaled(optimizer: keras.Optimizer, precision: str) -> keras.Optimizer:
    """Return ``optimizer``, with the loss scaled where the format's range is small."""
    if precision != "float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def strategy_for(distribution: Distribution, batch_size: int) -> tf.distribute.Strategy:
    """Return how batches are divided over devices: over none, or over every GPU.

    Of GPUs of unlike kinds ``mirrored`` takes those of one: see `pi.training.gpus.most_alike`.
    Where there is no GPU, it takes the CPUs that TensorFlow has been given: one, unless logical
    ones were configured.

    Raises:
        MachineError: the batch cannot be divided equally.
    """
    if distribution == "none":
        return tf.distribute.get_strategy()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    kinds = gpu_kinds()
    if len(devices) == len(kinds):
        devices = [devices[number] for number in most_alike(kinds)]
    if batch_size % len(devices):
        raise MachineError(
            f"`batch_size` must be divisible by the {len(devices)} devices but got {batch_size}."
        )
    return tf.distribute.MirroredStrategy(devices)


@contextmanager
def told_of_memory(batch_size: int) -> Iterator[None]:
    """Say in a sentence that a device's memory does not hold a batch.

    Args:
        batch_size: of the batch.

    Raises:
        MachineError: instead of TensorFlow's pages on it.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        where = "GPU" if tf.config.list_physical_devices("GPU") else "machine"
        instead = " or, slower, CUDA_VISIBLE_DEVICES=-1" if where == "GPU" else ""
        raise MachineError(
            f"the {where} must hold the networks and a `batch_size` of {batch_size} but its "
            f"memory is too small: take a smaller batch{instead}."
        ) from error


def make_deterministic(seed: int) -> None:
    """Seed Keras, numpy and TensorFlow, and allow only operations that repeat bit for bit.

    This is of the whole process and cannot be taken back: an entry point calls it, nothing else.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _multiplies_bfloat16() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        found = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        return all(
            details.get("compute_capability", (0, 0)) >= BFLOAT16_COMPUTE_CAPABILITY
            for details in found
        )
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "ALL"
    if not LIMITS_WITH_BFLOAT16.search(limit.upper()):  # oneDNN would crash, or emulate it
        return False
    try:
        return bool(CPU_FLAGS.search(Path("/proc/cpuinfo").read_text()))
    except OSError:  # not Linux
        return False


@cache
def bfloat16_gain() -> float:
    """Return how many times as fast as in float32 a product of matrices is in bfloat16 here.

    Measured once, in a tenth of a second: two where the hardware is made for it, but a half on
    processors that have AVX512-BF16 beside an AMX which they do not offer.
    """
    return _seconds_of_product("float32") / _seconds_of_product("bfloat16")


def _seconds_of_product(number_format: str) -> float:
    one = tf.cast(tf.fill([MEASURED_SIDE, MEASURED_SIDE], 0.5), number_format)

    def seconds() -> float:
        begun = perf_counter()
        tf.reduce_max(tf.matmul(one, one)).numpy()  # which waits for a GPU
        return perf_counter() - begun

    seconds()  # which chooses how
    return min(seconds() for _ in range(3))


def _convolves(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose)
