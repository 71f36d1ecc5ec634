"""Whose slice it is: all that names a patient, weighed in one place over the whole folder."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePath

from pi.readers.claims import Claims, settle
from pi.readers.facts import SliceFacts
from pi.readers.names import free_folder, tokens
from pi.readers.refusal import Refusal, RefusedError

_NOBODY = frozenset(
    {
        *("", "0", "na", "none", "noname", "unknown", "patient", "deidentified"),
        *("anon", "anonymous", "anonymized", "anonymised"),
    }
)


def settle_patients(slices: Sequence[SliceFacts], claims: Sequence[Claims]) -> list[str | Refusal]:
    """Return the patient of every slice, or why it has none.

    Args:
        slices: of the whole folder: who somebody is, is a question about all of them.
        claims: of each slice.
    """
    found = [_patient(one, claimed) for one, claimed in zip(slices, claims, strict=True)]
    return _one_id_a_name(slices, found)


def _patient(facts: SliceFacts, claims: Claims) -> str | Refusal:
    if claims.tell("patient"):
        try:
            return settle("patient", claims)
        except RefusedError as refused:
            return refused.refusal
    text = facts.text
    named = _somebody(text.patient_id) or _somebody(text.patient_name)
    patient = named or free_folder(PurePath(facts.file))
    if patient:
        return patient
    return Refusal("unknown-patient", "neither the path nor the header names a patient")


def _one_id_a_name(
    slices: Sequence[SliceFacts], patients: Sequence[str | Refusal]
) -> list[str | Refusal]:
    """Refuse slices that a name gives to one patient and PatientID to several."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one, patient in zip(slices, patients, strict=True):
        registered = _somebody(one.text.patient_id)
        if registered and isinstance(patient, str):
            ids[patient].add(registered)
    settled: list[str | Refusal] = []
    for one, patient in zip(slices, patients, strict=True):
        if isinstance(patient, Refusal) or len(ids[patient]) <= 1:
            settled.append(patient)
            continue
        detail = f"one name, but {len(ids[patient])} different PatientIDs"
        values = (patient, one.text.patient_id)
        settled.append(Refusal("conflicting-patient", detail, values))
    return settled


def _somebody(name: str) -> str:
    name = name.strip()
    return "" if "".join(tokens(name)) in _NOBODY else name
