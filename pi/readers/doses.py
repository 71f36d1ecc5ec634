"""At which dose every slice was taken, and at which fraction of the normal one.

Asked in this order: the user's mapping; words that mean a dose wherever they stand, in the path
and the header; words that mean it beside their opposite; the tube current of sibling series; their
noise; and last what a description, or a name over the whole folder, says alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from pi.identity import Reconstruction
from pi.readers.claims import Claims, settle
from pi.readers.collection import collection_fraction
from pi.readers.dose_words import UNTOLD, Dose, DoseSaid, dose_said, numbers_full_doses
from pi.readers.facts import SliceFacts
from pi.readers.measured_doses import Level
from pi.readers.names import FILE_NAME, is_challenge_name, path_levels, text_claims, tokens
from pi.readers.noise import NoiseOf
from pi.readers.refusal import Refusal, RefusedError
from pi.readers.roofs import common_folders, folders_of, without_roof
from pi.readers.sibling_doses import Found, tell_by_siblings
from pi.readers.siblings import sibling_groups


@dataclass(frozen=True, slots=True)
class SettledDoses:
    """The doses of a folder.

    Attributes:
        doses: of every slice, or why it has none.
        messages: a sentence for everything that was not simply read off a name, without names.
    """

    doses: tuple[Level | Refusal, ...]
    messages: tuple[str, ...]


def settle_doses(
    slices: Sequence[SliceFacts],
    claims: Sequence[Claims],
    patients: Sequence[str | Refusal],
    reconstructions: Sequence[Reconstruction | Refusal],
    noise_of: NoiseOf | None = None,
) -> SettledDoses:
    """Return the dose of every slice, or why nobody knows it.

    Args:
        slices: of the whole folder: sibling series tell each other's dose.
        claims: of each slice.
        patients: of each slice.
        reconstructions: of each slice, whatever its dose.
        noise_of: measures a slice where names and header are silent; None where that is not
            wanted.
    """
    near = without_roof(slices, claims)
    numbered = _are_numbered(slices)
    found = [_named(*one, numbered=numbered) for one in zip(slices, near, strict=True)]
    _beside_opposites(slices, patients, found)
    messages = [*_of_the_collection(slices, patients, found)]
    groups = sibling_groups(slices, patients, reconstructions)
    messages += tell_by_siblings(groups, slices, found, noise_of)
    for number, (facts, claimed) in enumerate(zip(slices, claims, strict=True)):
        if found[number] is None:
            found[number] = _alone(facts, claimed, numbered=numbered)
    messages += _of_the_collection(slices, patients, found) if not messages else ()
    return SettledDoses(tuple(one for one in found if one is not None), tuple(messages))


def _named(facts: SliceFacts, claims: Claims, *, numbered: bool) -> Level | Refusal | None:
    """Return the dose that the mapping or sure words say, None where there are none."""
    if facts.told.dose is not None:
        fraction = facts.told.fraction or _fraction(facts, numbered=numbered)
        return Level(facts.told.dose, fraction if facts.told.dose == "low" else UNTOLD)
    if not claims.tell("dose"):
        return None
    try:
        dose: Dose = "low" if settle("dose", claims) == "low" else "normal"
    except RefusedError as refused:
        return refused.refusal
    return Level(dose, _fraction(facts, numbered=numbered) if dose == "low" else UNTOLD)


def _fraction(facts: SliceFacts, *, numbered: bool) -> float:
    """Return the nearest fraction that the names around a slice give its low dose."""
    levels = [*path_levels(facts.path), (facts.text.series_description, "")]
    if is_challenge_name(facts.text.patient_name):
        levels.append((facts.text.patient_name, ""))
    said = (dose_said(name, is_file=numbered or source == FILE_NAME) for name, source in levels)
    low = (one.fraction for one in said if one and one.dose == "low")
    return next((fraction for fraction in low if fraction != UNTOLD), UNTOLD)


def _are_numbered(slices: Sequence[SliceFacts]) -> bool:
    """Tell whether numbers behind doses count patients: there is a full_12 beside a low_12."""
    names = {name for folder in folders_of(slices) for name in PurePath(folder).parts}
    return any(numbers_full_doses(name) for name in names)


def _beside_opposites(
    slices: Sequence[SliceFacts], patients: Sequence[str | Refusal], found: Found
) -> None:
    """Believe words such as ``input`` and ``standard`` where a patient has their opposite too."""
    roof = common_folders(slices)
    unsure: defaultdict[str, dict[int, DoseSaid]] = defaultdict(dict)
    doses: defaultdict[str, set[Dose]] = defaultdict(set)
    for number, (facts, patient) in enumerate(zip(slices, patients, strict=True)):
        if isinstance(patient, Refusal):
            continue
        one = found[number]
        said = one if isinstance(one, Level) else _unsure(facts, roof) if one is None else None
        if said is not None:
            doses[patient].add(said.dose)
        if isinstance(said, DoseSaid):
            unsure[patient][number] = said
    for patient, words in unsure.items():
        if len(doses[patient]) == 2:
            for number, word in words.items():
                found[number] = Level(word.dose, word.fraction)


def _unsure(facts: SliceFacts, roof: int) -> DoseSaid | None:
    """Return the nearest dose that is said, though other things have such names too."""
    kernel = set(tokens(" ".join(facts.text.kernel)))
    levels = [*path_levels(facts.path)]
    for name, source in [*levels[: len(levels) - roof], (facts.text.series_description, "")]:
        said = dose_said(name, is_file=source == levels[0][1])
        if said and not set(tokens(name)) & kernel:
            return said
    return None


def _of_the_collection(
    slices: Sequence[SliceFacts], patients: Sequence[str | Refusal], found: Found
) -> Iterator[str]:
    """Give low doses of the TCIA collection the fraction that its authors state."""
    count = 0
    for number, (facts, patient) in enumerate(zip(slices, patients, strict=True)):
        one = found[number]
        if isinstance(one, Level) and one == Level("low", UNTOLD) and isinstance(patient, str):
            fraction = collection_fraction(facts, patient)
            found[number] = replace(one, fraction=fraction)
            count += fraction != UNTOLD
    if count:
        yield (
            f"{count} low-dose slices are of the collection LDCT-and-Projection-data: taken as "
            "25 % of the dose for heads and abdomens (N, L) and as 10 % for chests (C)."
        )


def _alone(facts: SliceFacts, claims: Claims, *, numbered: bool) -> Level | Refusal:
    """Return what names over the whole folder say, or a description, or that nobody tells."""
    if not claims.tell("dose"):
        description = facts.text.series_description
        claims = Claims(text_claims(description, "SeriesDescription"), ())
    found = _named(facts, claims, numbered=numbered)
    unknown = "neither names nor header nor sibling series tell full from low dose"
    return found if found is not None else Refusal("unknown-dose", unknown)
