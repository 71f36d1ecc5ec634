"""What a comparison cannot say, in sentences for the reader."""

from pi.comparison.clusters import patients_needed
from pi.comparison.comparison import Comparison
from pi.comparison.gains import ALPHA
from pi.comparison.verdict import counted, heading
from pi.evaluation.metrics import METRICS
from pi.influence.expanded_percentile import TOO_NARROW_BELOW


def limits(comparison: Comparison) -> tuple[str, ...]:
    """Return the limits of a comparison, most serious first; empty where there are none."""
    return tuple(
        sentence
        for sentence in (
            _patients(comparison),
            _chosen(comparison),
            _interval(comparison),
            *_unmatched(comparison),
            *_undefined(comparison),
        )
        if sentence
    )


def _patients(comparison: Comparison) -> str:
    m, family = _size(comparison), len(comparison.contrasts)
    needed = patients_needed(family)
    if m >= needed:
        return ""
    return (
        f"{counted(m, 'patient')} cannot make any of {counted(family, 'comparison')} significant "
        f"at {ALPHA:g}: {needed} are needed. Slices of one patient are not independent, so a "
        f"small p of the slice-level test is no evidence beyond these patients."
    )


def _chosen(comparison: Comparison) -> str:
    if comparison.reference is None or comparison.reference.chosen_by != "test":
        return ""
    return (
        f"{comparison.reference.run} was chosen as the best on the very slices it is compared on, "
        f"which favours it."
    )


def _interval(comparison: Comparison) -> str:
    m = _size(comparison)
    if m >= TOO_NARROW_BELOW:
        return ""
    return (
        f"With {counted(m, 'patient')} the bootstrap intervals are too narrow: they hold the truth "
        f"less often than 93 % of the time where they claim 95 %, which takes "
        f"{TOO_NARROW_BELOW} patients."
    )


def _unmatched(comparison: Comparison) -> list[str]:
    paired = next(iter(comparison.paired.values()))
    return [
        f"{counted(len(one.keys), 'slice')} of {one.run} had no partner in every other run and "
        f"were left out, such as {one.keys[0]}."
        for one in paired.unmatched
        if one.keys
    ]


def _undefined(comparison: Comparison) -> list[str]:
    return [
        f"{counted(paired.undefined, 'slice')} had no value of {heading(metric)} and were left out "
        f"of it: each is {METRICS[metric].undefined}."
        for metric, paired in comparison.paired.items()
        if paired.undefined
    ]


def _size(comparison: Comparison) -> int:
    return len(next(iter(comparison.paired.values())).patients)
