"""Whether a step of training is compiled by XLA: asked for, or measured on this machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

import tensorflow as tf

from pi.choices import JitName
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
        say: told what was measured.
    """

    asked: JitName = "off"
    settled: Settled | None = None
    say: Callable[[str], object] = field(default=lambda sentence: None, repr=False)


NO_JIT = JitPlan()
"""Steps are not compiled."""


def settle_jit(
    plan: JitPlan,
    networks: Networks,
    step: Callable[[bool], Callable[[], object]],
    gpu: bool,
) -> Settled:
    """Return whether steps are compiled.

    ``auto`` takes `TIMED` real steps with XLA and without, and puts the networks back. Without a
    GPU it is off and nothing is measured: XLA for processors has none of oneDNN's convolutions.

    Args:
        plan: what is asked for.
        networks: that a step moves.
        step: makes a step with XLA, or without, that can be run again and again.
        gpu: whether there is one.
    """
    if plan.settled:
        return plan.settled
    if plan.asked != "auto":
        return plan.asked
    if not gpu:
        return "off"
    first = networks.arrays()
    try:
        plain = median_seconds(step(False))
        compiled = median_seconds(step(True))
    except tf.errors.OpError as error:
        plan.say(f"warning: steps are not compiled, because XLA ends with {type(error).__name__}.")
        return "off"
    finally:
        networks.set_arrays(*first)
    found: Settled = "on" if plain > GAIN * compiled else "off"
    plan.say(
        f"a step takes {1e3 * compiled:.3g} ms compiled by XLA and {1e3 * plain:.3g} ms without: "
        f"`jit` is {found}."
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
