"""How far lambda moves when a fine-tuned context is made again: a caveat of its own."""

SIMULATED = "medical-simulated"
"""The context that everyone makes on first use; see `pi.pretraining.simulated`."""

SIMULATED_SPREAD = 1.25
"""Largest ratio of two lambdas of demo3 or demo4 when it is made in float32 or bfloat16, on one or
two threads, with other seeds, as `benchmarks.context_spread` holds it."""

MEDICAL = "medical"


def spread_caveat(context: str) -> str:
    """Return what is to be known of a lambda found with ``context``; empty: nothing.

    Weights that were published are the same everywhere. Those that a machine fine-tuned are not:
    their lambda is that of one training, whose interval tells of patches alone.
    """
    if context == SIMULATED:
        return (
            f"context {SIMULATED} is fine-tuned: made again with another seed, number format or "
            f"processor it gives a lambda up to {SIMULATED_SPREAD:g} times as large or small, "
            "beyond the interval"
        )
    if context == MEDICAL or context.startswith(f"{MEDICAL}:"):
        return (
            "this medical context is fine-tuned: how far lambda moves when it is made again is "
            "beyond the interval and not known; `pretrain` with other seeds tells"
        )
    return ""
