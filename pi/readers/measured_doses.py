"""Doses of sibling series by what is measured of them: tube current, and noise."""

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pi.readers.claims import way_out
from pi.readers.dose_words import UNTOLD, Dose, of_percent
from pi.readers.facts import SliceFacts
from pi.readers.noise import NoiseOf
from pi.readers.refusal import Refusal
from pi.readers.siblings import Sibling, exposures, noise_levels

APART_IN_EXPOSURE = 1.3
"""Modulated tube currents of one dose differ by less than this factor over a series."""

APART_IN_NOISE = 1.1
"""Noise of one dose, measured twice, differs by less than this factor."""

_USUAL = (0.01, 0.02, 0.05, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75)
_USUAL_WITHIN = 0.1
_NUMBER = re.compile(r"\d{1,3}(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Level:
    """The dose of a slice.

    Attributes:
        dose: ``low`` or ``normal``.
        fraction: of a low dose, in (0, 1), or `UNTOLD`; of a normal one `UNTOLD`.
    """

    dose: Dose
    fraction: float


Known = Sequence[Level | None]


def by_exposure(
    group: Sequence[Sibling], slices: Sequence[SliceFacts], known: Known
) -> list[Level] | None:
    """Return the levels of siblings whose tube currents lie apart, None where they do not tell.

    The highest current is the normal dose, and the others are fractions of it. In the data of the
    challenge the low dose was simulated, both doses state the same current, and nothing is told.

    Args:
        group: siblings.
        slices: of the whole folder.
        known: the level of each sibling where names tell it; currents that contradict it tell
            nothing.
    """
    stated = exposures(group, slices)
    if stated is None:
        return None
    currents = stated.values
    order = sorted(range(len(group)), key=lambda index: -currents[index])
    steps: list[list[int]] = [[order[0]]]
    for before, index in itertools.pairwise(order):
        if currents[before] / currents[index] > APART_IN_EXPOSURE:
            steps.append([])
        steps[-1].append(index)
    together = (pair for step in steps for pair in itertools.combinations(step, 2))
    if len(steps) < 2 or any(group[one].overlaps(group[other]) for one, other in together):
        return None
    medians = [statistics.median(currents[index] for index in step) for step in steps]
    told: dict[int, Level] = dict.fromkeys(steps[0], Level("normal", UNTOLD))
    for step, current in zip(steps[1:], medians[1:], strict=True):
        told |= dict.fromkeys(step, Level("low", usual_fraction(current / medians[0])))
    return _agreed([told[index] for index in range(len(group))], known)


def swapped(group: Sequence[Sibling], slices: Sequence[SliceFacts], known: Known) -> Refusal | None:
    """Return the refusal of siblings whose names and currents have the doses opposite ways round.

    None where they agree, or where a dose or a current is not told.
    """
    stated = exposures(group, slices)
    if stated is None:
        return None
    of: dict[Dose, list[float]] = {"low": [], "normal": []}
    for level, value in zip(known, stated.values, strict=True):
        if level is not None:
            of[level.dose].append(value)
    if not (of["low"] and of["normal"]):
        return None
    low, normal = min(of["low"]), max(of["normal"])
    if low <= APART_IN_EXPOSURE * normal:
        return None
    detail = (
        f"{stated.tag} is {normal:g} of what names call the full dose and {low:g} of what they "
        f"call the low dose, as if the folders were swapped; {way_out('dose')}"
    )
    return Refusal("conflicting-dose", detail)


def by_noise(
    group: Sequence[Sibling], slices: Sequence[SliceFacts], known: Known, noise_of: NoiseOf
) -> list[Level] | None:
    """Return the levels of two siblings, of which the noisier is the low dose, or None."""
    noise = noise_levels(group, slices, noise_of) if len(group) == 2 else None
    if noise is None or max(noise) <= APART_IN_NOISE * min(noise):
        return None
    first: Dose = "low" if noise[0] > noise[1] else "normal"
    second: Dose = "normal" if first == "low" else "low"
    return _agreed([Level(first, UNTOLD), Level(second, UNTOLD)], known)


def by_percentage(
    group: Sequence[Sibling], slices: Sequence[SliceFacts], known: Known, noise_of: NoiseOf
) -> list[Level] | None:
    """Return the levels of siblings in folders called 100, 50, 25..., or None.

    Believed only where 100 is among the numbers and noise rises as they fall.
    """
    numbers = _numbers(group)
    noise = noise_levels(group, slices, noise_of) if numbers else None
    if numbers is None or noise is None:
        return None
    rising = [level for _, level in sorted(zip(numbers, noise, strict=True), reverse=True)]
    if any(after <= before for before, after in itertools.pairwise(rising)):
        return None
    said = [of_percent(f"{number:g}") for number in numbers]
    return _agreed([Level(one.dose, one.fraction) for one in said if one], known)


def usual_fraction(ratio: float) -> float:
    """Return a ratio of currents as the fraction that was meant: the same for every patient.

    Modulation makes 25 % into 24.6 % in one patient and 25.3 % in the next, which are one dose. A
    usual fraction within 10 % of the ratio is taken, else the ratio to two digits.
    """
    nearest = min(_USUAL, key=lambda usual: abs(usual / ratio - 1))
    near = abs(nearest / ratio - 1) <= _USUAL_WITHIN
    return nearest if near else float(f"{ratio:.2g}")


def _agreed(told: list[Level], known: Known) -> list[Level] | None:
    """Return what was measured, with fractions that are known; None where names contradict it."""
    for number, (level, name) in enumerate(zip(told, known, strict=True)):
        if name is not None and name.dose != level.dose:
            return None
        if name is not None and (name.fraction != UNTOLD or level.dose == "normal"):
            told[number] = name
    return told


def _numbers(group: Sequence[Sibling]) -> list[float] | None:
    """Return the percentages that the nearest numbered folders are, one of them 100."""
    found = []
    for one in group:
        names = (name for name in reversed(one.folder.parts) if _NUMBER.fullmatch(name))
        found.append(float(next(names, "0")))
    percentages = 100 in found and all(0 < one <= 100 for one in found)
    return found if percentages and len(set(found)) == len(found) else None
