"""Whether a step of training is compiled by XLA: asked for, or measured on this machine."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

import keras
import tensorflow as tf

from pi.choices import JitName
from pi.digits import number
from pi.training.checkpoint import Networks

WARM, TIMED = 2, 5
"""Steps that are not timed, for the first one compiles, and steps that are."""

GAIN = 1.02
"""How many times as fast a step must be with XLA to be compiled: compiling itself takes a while."""

Settled = Literal["on", "off"]


@dataclass(frozen=True)
class JitPlan:
    """What is asked of XLA.

    Attributes:
        asked: on, off, or auto: on where a step is measured to be faster with it.
        settled: what an earlier part of the same training settled, which stays; None of a new one.
        repeatable: whether operations must repeat bit for bit.
        say: told what was measured.
    """

    asked: JitName = "off"
    settled: Settled | None = None
    repeatable: bool = False
    say: Callable[[str], object] = field(default=lambda sentence: None, repr=False)


NO_JIT = JitPlan()
"""Steps are not compiled."""


def bearable(plan: JitPlan, networks: Iterable[keras.Model], devices: int) -> JitPlan:
    """Return the plan, or `NO_JIT` where XLA cannot be; say so where it was asked for.

    Args:
        plan: what is asked for.
        networks: that a step goes through.
        devices: over which a batch is divided.
    """
    layers = (layer for network in networks for layer in getattr(network, "layers", ()))
    pooled = any(isinstance(layer, keras.layers.MaxPooling2D) for layer in layers)
    if devices > 1:
        why = "where a batch is divided over devices"
    elif plan.repeatable and pooled:
        why = "with `deterministic`, for XLA's gradient of a network that pools does not repeat"
    else:
        return plan
    if plan.asked == "on":
        plan.say(f"warning: `jit` must be off {why}: it is off.")
    return NO_JIT


def settle_jit(
    plan: JitPlan,
    networks: Networks,
    step: Callable[[bool], Callable[[], object]],
    gpu: bool,
) -> Settled:
    """Return whether steps are compiled.

    ``auto`` takes `TIMED` real steps with XLA and without, ``on`` one with it, and both put the
    networks back. Where XLA fails steps are not compiled. Without a GPU ``auto`` is off and nothing
    is measured: XLA for processors has none of oneDNN's convolutions.

    Args:
        plan: what is asked for.
        networks: that a step moves.
        step: makes a step with XLA, or without, that can be run again and again.
        gpu: whether there is one.
    """
    if plan.settled:
        return plan.settled
    if plan.asked == "off" or (plan.asked == "auto" and not gpu):
        return "off"
    first = networks.arrays()
    try:
        if plan.asked == "on":
            step(True)()
            return "on"
        plain = median_seconds(step(False))
        compiled = median_seconds(step(True))
    except tf.errors.OpError as error:
        plan.say(f"warning: steps are not compiled, because XLA ends with {type(error).__name__}.")
        return "off"
    finally:
        networks.set_arrays(*first)
    found: Settled = "on" if plain > GAIN * compiled else "off"
    plan.say(
        f"a step takes {number(1e3 * compiled)} ms compiled by XLA and {number(1e3 * plain)} ms "
        f"without: `jit` is {found}."
    )
    return found


def median_seconds(step: Callable[[], object]) -> float:
    """Return the median seconds of some steps, after some that do not count."""
    for _ in range(WARM):
        step()
    return median(_seconds(step) for _ in range(TIMED))


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
