"""Patients to train, validation and test. Whole patients, never slices."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pi.choices import Part
from pi.errors import PiError, quoted
from pi.places import OWN, split_file
from pi.readers.aliases import ALIASES
from pi.slices.parts import PARTS, Membership, advice, counted, empty_parts, listed

__all__ = ["PARTS", "Membership", "Part", "Split", "SplitError", "choose_split"]

DRAWN = "seeded-"
"""Beginning of the name of a split that was drawn; its seed follows."""

SPLITS = Path(__file__).parent / "splits"
_KEYS = {"name", "about", *PARTS, "aliases", "expected"}


class SplitError(PiError):
    """A split that cannot be read, or that puts a patient into two parts."""


@dataclass(frozen=True, slots=True)
class Split:
    """Which patient is in which part.

    Attributes:
        name: what is logged; never a path.
        members: patient -> part.
        aliases: another name of a patient -> the patient.
        expected: patient -> thickness in mm as text -> slices of a complete copy.
    """

    name: str
    members: Mapping[str, Part] = field(repr=False)
    aliases: Mapping[str, str] = field(default_factory=dict, repr=False)
    expected: Mapping[str, Mapping[str, int]] = field(default_factory=dict, repr=False)

    def part_of(self, patient: str) -> Membership:
        """Return the part of a patient, ``unassigned`` if the split does not know it."""
        return self.members.get(self.known_as(patient), "unassigned")

    def known_as(self, patient: str) -> str:
        """Return the name under which the split knows a patient, aliases resolved."""
        return patient if patient in self.members else self.aliases.get(patient, patient)

    def knows(self, patients: Collection[str]) -> bool:
        """Tell whether every patient is in some part."""
        return all(self.part_of(patient) != "unassigned" for patient in patients)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The split in force and the sentences that say how it came about."""

    split: Split
    messages: tuple[str, ...]


def choose_split(split: str, patients: Collection[str], seed: int) -> Chosen:
    """Return the split that the parameter ``split`` asks for.

    Args:
        split: ``auto``, the name of a split in `SPLITS`, or ``own``, a JSON file like those that
            PI_SPLIT names.
        patients: those found, as the source names them.
        seed: draws the parts where ``auto`` finds no named split that knows all patients and gives
            some to every part.

    Raises:
        SplitError: neither of the three; the file is malformed; a patient is in two parts.
        PlaceError: PI_SPLIT names no file.
    """
    chosen = _automatic(patients, seed) if split == "auto" else _asked_for(split)
    found = chosen.split
    members = {patient: found.part_of(patient) for patient in patients}
    more = advice(members, found.name, drawn=found.name.startswith(DRAWN))
    return Chosen(found, (*chosen.messages, *_warnings(found, patients), *more))


def require_split(split: str) -> None:
    """Refuse what `choose_split` would refuse whoever the patients are.

    Raises:
        SplitError, PlaceError: see there.
    """
    if split != "auto":
        _asked_for(split)


def named_splits() -> tuple[str, ...]:
    """Return the names of the splits that come with the platform."""
    return tuple(sorted(path.stem for path in SPLITS.glob("*.json")))


def read_split(path: Path) -> Split:
    """Read a split from JSON: lists of patients under ``train``, ``validation`` and ``test``."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SplitError("PI_SPLIT must name a readable JSON file but it is not one.") from None
    if not isinstance(content, dict) or not content.keys() <= _KEYS:
        raise SplitError(
            f"`split` must be a JSON object with some of {', '.join(sorted(_KEYS))} but is not."
        )
    parts: dict[Part, list[str]] = {part: _patients(content, part) for part in PARTS}
    aliases = content.get("aliases", {})
    if not isinstance(aliases, dict) or not all(isinstance(v, str) for v in aliases.values()):
        raise SplitError("`split` must map names to names under `aliases` but does not.")
    if not parts["train"]:
        raise SplitError("`split` must list a patient under `train` but lists none.")
    counts = Counter(patient for listed in parts.values() for patient in listed)
    repeated = sum(count > 1 for count in counts.values())
    if repeated:
        raise SplitError(f"`split` must list a patient once but lists {repeated} more often.")
    members = {patient: part for part, listed in parts.items() for patient in listed}
    # A list that knows a patient by the other name means the one that identification finds.
    members = {ALIASES[one]: part for one, part in members.items() if one in ALIASES} | members
    aliases = {**ALIASES, **aliases}
    packaged = path.parent == SPLITS
    name = path.stem if packaged else "custom"
    return Split(name, members, aliases, content.get("expected", {}) if packaged else {})


def seeded_split(patients: Collection[str], seed: int) -> Split:
    """Return 70 % train, 10 % validation and 20 % test, drawn by ``seed``.

    Two patients give train and test, three or more give every part at least one.
    """
    ordered = sorted(patients)
    order = np.random.default_rng(seed).permutation(len(ordered))
    tests = max(round(0.2 * len(ordered)), 1) if len(ordered) > 1 else 0
    validations = max(round(0.1 * len(ordered)), 1) if len(ordered) > 2 else 0
    sizes: dict[Part, int] = {"test": tests, "validation": validations}
    sizes["train"] = len(ordered) - tests - validations
    parts = [part for part, size in sizes.items() for _ in range(size)]
    members: dict[str, Part] = {
        ordered[i]: part for i, part in zip(order.tolist(), parts, strict=True)
    }
    return Split(f"{DRAWN}{seed}", members)


def _automatic(patients: Collection[str], seed: int) -> Chosen:
    reason = "no named split knows all patients"
    for name in named_splits():
        split = read_split(SPLITS / f"{name}.json")
        if not split.knows(patients):
            continue
        empty = empty_parts({patient: split.part_of(patient) for patient in patients})
        if not empty:
            message = f"split {name}: it knows all {counted(len(patients))}."
            return Chosen(split, (message,))
        reason = f"no patient found is in the {listed(empty)} part of {name}"
    split = seeded_split(patients, seed)
    counts = Counter(split.members.values())
    sizes = ", ".join(f"{part} {counts[part]}" for part in PARTS)
    return Chosen(split, (f"split {split.name}: {reason}, so {sizes} were drawn.",))


def _asked_for(split: str) -> Chosen:
    if split in named_splits():
        return Chosen(read_split(SPLITS / f"{split}.json"), (f"split {split}, as asked for.",))
    if split == OWN:
        return Chosen(read_split(split_file()), ("split from your own file.",))
    names = ("auto", *named_splits())
    raise SplitError(
        f"`split` must be one of {', '.join(names)}, or {OWN}, the JSON file that PI_SPLIT names, "
        f"but got {quoted(split, [*names, OWN])}."
    )


def _warnings(split: Split, patients: Collection[str]) -> list[str]:
    messages = []
    unknown = sum(split.part_of(patient) == "unassigned" for patient in patients)
    if unknown:
        messages.append(
            f"warning: split {split.name} does not know {counted(unknown)}, who stay unassigned."
        )
    aliases = sum(split.known_as(patient) != patient for patient in patients)
    if aliases:
        messages.append(
            f"warning: split {split.name} resolves an alias of {counted(aliases)} "
            "(the paper's text calls one test patient by a wrong number)."
        )
    return messages


def _patients(content: dict[str, Any], part: Part) -> list[str]:
    listed = content.get(part, [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise SplitError(f"`split` must hold a list of patients under `{part}` but does not.")
    return listed
