"""What carries a patient's identity, and the slices that carry the same, taken together."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePath

from pi.readers.claims import Claims
from pi.readers.facts import SliceFacts
from pi.readers.names import is_patient_token
from pi.readers.person_names import file_token, person_folders
from pi.readers.placeholders import birth_told, comparable, is_placeholder, sex_told

SURE_SOURCES = ("path", "PatientID", "PatientName", "folder of a person")
"""Who may name a patient, the one whose word is shown first."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One name for a patient.

    Attributes:
        source: who says it; may be shown.
        name: as it is written.
        token: it is a name of the challenge, or one written in the challenge's grammar.
        key: what is compared.
    """

    source: str
    name: str = field(repr=False)
    token: bool
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Slices of one folder that say the same of themselves.

    Attributes:
        slices: their indices, ascending.
        first: what the first of them says.
        told: their patient by the user's own mapping, or empty.
        voices: every name that they carry.
        ties: what no two patients share: ``("SeriesInstanceUID", uid)`` and the like.
        born: PatientBirthDate, or empty.
        sex: ``M``, ``F`` or empty.
        stack: one file holds them all.
    """

    slices: tuple[int, ...]
    first: SliceFacts = field(repr=False)
    told: str = field(repr=False)
    voices: tuple[Voice, ...] = field(repr=False)
    ties: tuple[tuple[str, str], ...] = field(repr=False)
    born: str = field(repr=False)
    sex: str
    stack: bool = False


def bundles_of(
    slices: Sequence[SliceFacts], claims: Sequence[Claims], told: Sequence[str]
) -> tuple[Bundle, ...]:
    """Return the slices in bundles, in the order of their first slices.

    Args:
        slices: of the whole folder.
        claims: of each slice.
        told: the mapping's patient of each slice, empty where none.
    """
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    tokens = _file_tokens(slices, claims)
    stacks = {one.file for one in slices if one.index}
    folder = lru_cache(maxsize=1024)(lambda file: str(PurePath(file).parent))
    for index, (one, claimed) in enumerate(zip(slices, claims, strict=True)):
        uids = (one.series, one.study, one.frame_of_reference, one.frame)
        place = one.file if one.file in stacks else folder(one.file)
        key = (place, one.text, uids, claimed, told[index], tokens.get(index, ""))
        groups[key].append(index)
    bundles = [
        replace(
            _bundle(
                tuple(members), slices[members[0]], claims[members[0]], str(key[4]), str(key[5])
            ),
            stack=key[0] in stacks,
        )
        for key, members in groups.items()
    ]
    return tuple(_without_roots(bundles))


def _without_roots(bundles: Sequence[Bundle]) -> Sequence[Bundle]:
    """Return the bundles without a folder above everything, where folders below name patients."""
    named = [{one for one in bundle.voices if one.source == "path"} for bundle in bundles]
    above = set.intersection(*named) if named else set()
    if not above or all(voices == above for voices in named):
        return bundles
    return [
        replace(one, voices=tuple(voice for voice in one.voices if voice not in above))
        for one in bundles
    ]


def _bundle(
    members: tuple[int, ...], first: SliceFacts, claims: Claims, told: str, token: str
) -> Bundle:
    ties = (
        ("SeriesInstanceUID", first.series),
        ("StudyInstanceUID", first.study),
        ("FrameOfReferenceUID", first.frame_of_reference),
    )
    return Bundle(
        slices=members,
        first=first,
        told=told,
        voices=tuple(dict.fromkeys(_voices(first, claims, token))),
        ties=tuple((kind, uid) for kind, uid in ties if uid),
        born=birth_told(first.text.birth_date),
        sex=sex_told(first.text.sex),
    )


def _voices(first: SliceFacts, claims: Claims, token: str) -> list[Voice]:
    text = first.text
    challenge = [claim for claim in claims.path if claim.fact == "patient"]
    found = [_voice("path", claim.value, token=True) for claim in challenge]
    if token:
        found.append(_voice("path", token, token=is_patient_token(token)))
    if not is_placeholder(text.patient_id):
        is_token = is_patient_token(text.patient_id)
        name = text.patient_id.upper() if is_token else text.patient_id
        found.append(_voice("PatientID", name, token=is_token))
    named = [one for one in claims.header if (one.fact, one.source) == ("patient", "PatientName")]
    found += [_voice("PatientName", claim.value, token=True) for claim in named]
    if not named and not is_placeholder(text.patient_name):
        found.append(_voice("PatientName", text.patient_name, token=False))
    for level, name in enumerate(person_folders(PurePath(first.file)), start=1):
        source = "folder of a person" if level == 1 else f"folder of a person, level {level}"
        found.append(_voice(source, name, token=False))
    return [voice for voice in found if voice.key and not is_placeholder(voice.name)]


def _voice(source: str, name: str, *, token: bool) -> Voice:
    return Voice(source, name, token, comparable(name))


def _file_tokens(slices: Sequence[SliceFacts], claims: Sequence[Claims]) -> Mapping[int, str]:
    """Return the patient that begins a file's name, where it numbers no slices.

    ``L067_000_input.npy`` has it and ``c001_ct.dcm`` has not: in one folder, at one dose, every
    such name must stand for two slices or more, told apart by other numbers: ``L001_input.npy``
    and ``L001_target.npy`` may be one slice twice.
    """
    begun = {
        index: token
        for index, one in enumerate(slices)
        if (token := file_token(PurePath(one.file)))
        and not any(claim.fact == "patient" for claim in claims[index].path)
    }
    numbers: defaultdict[tuple[object, ...], defaultdict[str, set[object]]] = defaultdict(
        lambda: defaultdict(set)
    )
    groups = {
        index: (str(PurePath(slices[index].file).parent), slices[index].series, claims[index])
        for index in begun
    }
    for index, (name, rest) in begun.items():
        stem = rest.partition(".")[0]
        told = (*re.findall(r"\d+", stem), slices[index].index)
        numbers[groups[index]][name].add(told)
    return {
        index: name
        for index, (name, _) in begun.items()
        if min(map(len, numbers[groups[index]].values())) > 1
    }
