"""Which names of a path number a person, and which may name one because they claim nothing else."""

import re
from pathlib import PurePath

from pi.readers.dose_words import dose_said
from pi.readers.names import is_patient_token, text_claims

_PERSON = re.compile(
    r"(patient|pat|pt|case|subject|subj|sub|person|proband|volunteer)[ _.-]*\d+", re.IGNORECASE
)
_NO_PERSON = re.compile(
    r"(session|ses|visit|scan|series|study|exam|day|week|month|baseline|follow[ _-]?up|phase|ct|"
    r"acquisition|acq|recon|stack|volume|images?|dicom|data|src|source|raw|"
    r"train(ing)?|val(idation)?|test(ing)?)[ _.-]*[a-z]?\d{0,3}"
    r"|(19|20)\d\d[-_.]?\d\d[-_.]?\d\d.*|\d\d-\d\d-(19|20)\d\d.*"
    r"|\d+(\.\d+){3,}|[0-9a-f]{4,}(-[0-9a-f]{4,})+|[0-9a-f]{16,}",
    re.IGNORECASE,
)


def person_folders(relative: PurePath) -> tuple[str, ...]:
    """Return the folders that number a person, such as ``patient_1`` or ``sub-01``, from above."""
    return tuple(name for name in relative.parts[:-1] if _PERSON.fullmatch(name))


def above_person(relative: PurePath) -> tuple[str, ...]:
    """Return the folders that claim nothing above the one that numbers a person: ``clinic_a``."""
    return free_folders(next(at for at in relative.parents if not person_folders(at)))


def free_folders(relative: PurePath) -> tuple[str, ...]:
    """Return the folders from above that claim nothing: the last resort for a patient's name.

    Sessions, visits, dates and UIDs are no persons.
    """
    return tuple(
        name
        for name in relative.parts[:-1]
        if not text_claims(name, "") and dose_said(name) is None and not _NO_PERSON.fullmatch(name)
    )


def stack_name(relative: PurePath) -> str:
    """Return what is left of a file's name without what it claims: ``case0_full.nii.gz``, case0.

    Of a file that holds a whole series, whose name may thus be the patient's.
    """
    stem = relative.name.partition(".")[0]
    words = [word for word in re.split(r"[\W_]+", stem) if word]
    return "_".join(word for word in words if not text_claims(word, "") and dose_said(word) is None)


def file_token(relative: PurePath) -> tuple[str, str] | None:
    """Return the patient that begins a file name, and the rest of the name, if there may be one.

    Such as ``L067_000_input.npy`` and ``pat1_003_low.npy``. Whether it is one is a question about
    all files of the folder.
    """
    first, mark, rest = relative.name.partition("_")
    if mark and is_patient_token(first):
        return first.upper(), rest
    person = _PERSON.match(relative.name)
    if person and re.match(r"[ _-]", relative.name[person.end() :]):
        return person[0], relative.name[person.end() :]
    return None
