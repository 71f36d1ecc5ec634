"""A comparison in words: what the patients support, and beside it what the slices seem to say."""

from dataclasses import dataclass
from typing import Literal

from pi.comparison.contrast import Contrast

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


def judge(contrast: Contrast) -> Verdict:
    """Return what may be claimed of a contrast."""
    raise NotImplementedError


def p_text(log10_p: float) -> str:
    """Return a p-value for reading: ``p = 0.031``, ``p = 2.4e-05``, ``p = 10^-617.5``."""
    raise NotImplementedError
