"""A comparison in words: what the patients support, and beside it what the slices seem to say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pi.comparison.clusters import patients_needed
from pi.comparison.contrast import Contrast
from pi.comparison.family import Adjusted
from pi.comparison.gains import ALPHA
from pi.digits import bounded, effect, number
from pi.evaluation.metrics import METRICS
from pi.influence.expanded_percentile import TOO_NARROW_BELOW

Outcome = Literal["better", "worse", "not shown", "not attainable", "identical"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be claimed.

    Attributes:
        outcome: of the other run: ``better`` or ``worse`` than the reference by the patients'
            test after Holm, ``not shown`` where that does not reject, ``not attainable`` where so
            few patients could not make it reject, ``identical`` where no slice differs.
        sentence: the same in words, with direction, size in units, patients that agree, and the
            slice-level test, labelled as the paper's.
    """

    outcome: Outcome
    sentence: str


def verdict_of(contrast: Contrast) -> Verdict:
    """Return what may be claimed of a contrast."""
    outcome = _outcome(contrast)
    slices, metric = contrast.slices.test.n, heading(contrast.metric)
    if outcome == "identical":
        said = f"{contrast.other} and {contrast.reference} are equal in {metric} on all "
        return Verdict(outcome, f"{said}{counted(slices, 'slice')}.")
    return Verdict(outcome, f"{_SENTENCES[outcome](contrast)} {_of_slices(contrast)}")


def heading(metric: str) -> str:
    """Return what a metric is called where people read, such as ``PSNR (dB)``."""
    return METRICS[metric].heading


def p_text(log10_p: float) -> str:
    """Return a p-value for reading: ``p = 0.031``, ``p = 2.4e-05``, ``p = 10^-617.5``."""
    return f"p = {10**log10_p:.2g}" if log10_p > -300 else f"p = 10^{log10_p:.1f}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 patient``, ``3,780 slices``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _outcome(contrast: Contrast) -> Outcome:
    patients, test = contrast.patients, contrast.slices.test
    if test.zeros == test.n:
        return "identical"
    if patients.flip.smallest * patients.flip_holm.family > ALPHA:
        return "not attainable"
    if patients.flip_holm.p > ALPHA:
        return "not shown"
    return "better" if patients.intervals.mean_gain.value > 0 else "worse"


def _shown(contrast: Contrast) -> str:
    """Return the sentence of a difference that the patients' test takes for more than chance."""
    return f"{_difference(contrast)}: {_by_patients(contrast)}."


def _not_shown(contrast: Contrast) -> str:
    return (
        f"No difference in {heading(contrast.metric)} between {contrast.other} and "
        f"{contrast.reference} is shown: {_by_patients(contrast)}. {_difference(contrast)}."
    )


def _not_attainable(contrast: Contrast) -> str:
    flip, family = contrast.patients.flip, contrast.patients.flip_holm.family
    among = f" one of {family} comparisons" if family > 1 else ""
    return (
        f"Not attainable with {counted(flip.patients, 'patient')}: the smallest p that they can "
        f"give is {flip.smallest:.2g}, and {patients_needed(family)} patients are needed to "
        f"reject{among} at {ALPHA:g}. {_difference(contrast)}."
    )


_SENTENCES: Mapping[Outcome, Callable[[Contrast], str]] = {
    "better": _shown,
    "worse": _shown,
    "not shown": _not_shown,
    "not attainable": _not_attainable,
}


def _difference(contrast: Contrast) -> str:
    """Return which run is better, by how much, and how sure that is."""
    patients, gain = contrast.patients, contrast.patients.intervals.mean_gain
    if gain.value == 0:
        return f"{contrast.other} equals {contrast.reference} on average over patients"
    value, low, high = bounded(gain.value, gain.low, gain.high, "")
    interval = f"95 % interval of the gain {low} to {high}"
    if len(patients.gains) < TOO_NARROW_BELOW:
        value = number(gain.value)
        interval = f"no interval: {TOO_NARROW_BELOW} patients are needed for one"
    return (
        f"{contrast.other} is {'better' if gain.value > 0 else 'worse'} than "
        f"{contrast.reference} by {value.removeprefix('-')} in {heading(contrast.metric)} on "
        f"average over patients ({interval}; rank-biserial of slices "
        f"{effect(contrast.slices.effects.rank_biserial.value)}; {patients.agreeing} of "
        f"{counted(len(patients.gains), 'patient')} agree)"
    )


def _by_patients(contrast: Contrast) -> str:
    patients = contrast.patients
    return (
        f"{p_text(patients.flip.log10_p)} by the sign flip of {patients.flip.patients} patients' "
        f"means{_corrected(patients.flip_holm)}"
    )


def _corrected(adjusted: Adjusted) -> str:
    if adjusted.family == 1:
        return ""
    return f", {p_text(adjusted.log10_p)} after Holm over {adjusted.family} comparisons"


def _of_slices(contrast: Contrast) -> str:
    slices = contrast.slices
    return (
        f"The paper's slice-level test, which takes the {counted(slices.test.n, 'slice')} for "
        f"independent, gives {p_text(slices.test.log10_p)}{_corrected(slices.holm)}."
    )
