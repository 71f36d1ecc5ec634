"""The words for a dose: which dose a name says, at which fraction of the normal one, how surely.

People write ``full_3mm``, ``LowDose``, ``LDCT``, ``quarterDose``, ``25pct``, ``dose_10`` or
``input``. Some of these words mean a dose wherever they stand. The others mean it only beside
their opposite: ``STANDARD`` is also a kernel, ``input`` also the folder that everything is in.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Dose = Literal["low", "normal"]

UNTOLD = 0.0
"""The fraction of a low dose that no word tells."""


@dataclass(frozen=True, slots=True)
class DoseSaid:
    """What a name says of a dose.

    Attributes:
        dose: ``low`` or ``normal``.
        fraction: of the normal dose, in (0, 1), or `UNTOLD`.
        sure: the words mean a dose wherever they stand; else only beside their opposite.
    """

    dose: Dose
    fraction: float
    sure: bool


_LOW: dict[str, float] = {
    **dict.fromkeys(("low", "reduced", "ultralow", "ulow", "verylow"), UNTOLD),
    **dict.fromkeys(("quarter", "qtr"), 0.25),
    "half": 0.5,
    "tenth": 0.1,
}
_NORMAL = ("full", "normal", "routine", "standard", "std", "regular", "high")
_LOW_LETTERS: dict[str, float] = {
    **dict.fromkeys(("ld", "uld", "vld"), UNTOLD),
    "qd": 0.25,
}
_FRACTIONS = {**_LOW, **_LOW_LETTERS}
_NORMAL_LETTERS = ("fd", "nd", "hd", "sd", "rd")
_LOW_ROLES = ("input", "inputs", "noisy")
_NORMAL_ROLES = (
    *("target", "targets", "clean", "gt", "groundtruth", "label", "labels", "ref", "reference"),
)
_SURE_ALONE = frozenset(
    {"low", "quarter", "full", "ultralow", "ulow", "ld", "uld", "qd", "fd", "nd"}
)
_TAIL = r"(?P<tail>ct|images?|imgs?|scans?|slices?|series|data|recons?)*"
_WORD = re.compile(
    rf"(?P<word>{'|'.join(sorted((*_LOW, *_NORMAL), key=len, reverse=True))})"
    rf"(?P<dose>dose|dosage|ct)?{_TAIL}(?P<number>\d{{2,3}})?"
)
# fd25 may be four digits of a hexadecimal number.
_LETTERS = re.compile(
    rf"(?P<word>{'|'.join((*_LOW_LETTERS, *_NORMAL_LETTERS))})(?P<dose>ct)?{_TAIL}"
    r"(?P<number>(?<!fd)\d{2,3})?"
)
_PERCENT = re.compile(
    r"(?<![0-9a-z.,])(dose|low|ld|ldct)?(\d{1,3}(?:[.,p]\d+)?)[ _-]?(?:%|pct|percent|perc|prozent)",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"(?:^|[ _-])(?:low)?doses?[ _-]?0[.,p](\d{1,3})(?![0-9])", re.IGNORECASE)
_BARE_FRACTION = re.compile(r"0[.,](\d{1,3})")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COLLECTION = re.compile(r"ldct[ _-]and[ _-]projection[ _-]data", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OF_SOMETHING_ELSE = frozenset(
    {
        *("res", "resolution", "contrast", "kv", "kvp", "pitch", "energy", "body", "fov", "field"),
        *("size", "back", "pass", "freq", "frequency", "risk", "grade", "volume", "width"),
    }
)
"""``low contrast`` and ``full body`` are no doses."""
_USUAL_PERCENT = frozenset({"10", "15", "20", "25", "30", "40", "50", "60", "70", "75", "80"})
_DOSE_NOUNS = frozenset({"dose", "dosage", "ct", "ldct"})


@lru_cache(maxsize=1 << 14)
def dose_said(name: str, *, is_file: bool = False) -> DoseSaid | None:
    """Return the dose that ``name`` says, or None where it says none or both.

    Args:
        name: a folder, a file or a text of a header; in any casing.
        is_file: numbers that follow a word, as in ``low_25.dcm``, count slices there.
    """
    # LDCT in the name of the collection is no dose: both are in it.
    name = _COLLECTION.sub(" ", _UUID.sub(" ", name))
    if is_file and name.lower().endswith((".dcm", ".ima")):
        name = name[:-4]
    found = list(_found(name, is_file=is_file))
    sure = [one for one in found if one.sure] or found
    if len({one.dose for one in sure}) != 1:
        return None
    fractions = {one.fraction for one in sure if one.fraction != UNTOLD}
    fraction = fractions.pop() if len(fractions) == 1 and sure[0].dose == "low" else UNTOLD
    return DoseSaid(sure[0].dose, fraction, sure[0].sure)


def numbers_full_doses(name: str) -> bool:
    """Tell whether a name numbers a full dose, as ``full_10`` does; then ``low_10`` is no 10 %."""
    words = [*_words(name), ""]
    for word, after in itertools.pairwise(words):
        found = _known(word)
        if found and found["word"] not in _FRACTIONS:
            return re.fullmatch(r"\d{1,2}", found["number"] or after) is not None
    return False


def of_percent(text: str) -> DoseSaid | None:
    """Return the dose that a percentage of the normal one is: ``25``, ``12.5``, ``100``."""
    percent = Decimal(text.replace(",", ".").replace("p", "."))
    if percent == 100:
        return DoseSaid("normal", UNTOLD, sure=True)
    return DoseSaid("low", float(percent / 100), sure=True) if 0 < percent < 100 else None


def _found(name: str, *, is_file: bool) -> Iterator[DoseSaid]:
    for percent in _PERCENT.finditer(name):
        if said := of_percent(percent[2]):
            yield said
    rest = _PERCENT.sub(r"\1 ", name)
    if not is_file:
        for decimals in _DECIMAL.findall(rest):
            yield DoseSaid("low", float(f"0.{decimals}"), sure=True)
        if bare := _BARE_FRACTION.fullmatch(name.strip()):
            yield DoseSaid("low", float(f"0.{bare[1]}"), sure=False)
    # Numbers count slices in the name of a file.
    words = [word for word in _words(rest) if not (is_file and word.isdecimal())]
    for index, word in enumerate(words):
        before, after = words[index - 1] if index else "", [*words[index + 1 :], "", ""]
        if word in _LOW_ROLES or word in _NORMAL_ROLES or (word, after[0]) == ("ground", "truth"):
            yield DoseSaid("low" if word in _LOW_ROLES else "normal", UNTOLD, sure=False)
        elif word == "dose" and not _known(before):
            yield from _of_dose(before, after[0])
        elif found := _known(word):
            yield from _of_word(found, after)


def _of_word(found: re.Match[str], after: list[str]) -> Iterator[DoseSaid]:
    word = found["word"]
    if found["dose"] is None and after[0] in _OF_SOMETHING_ELSE:
        return
    sure = word in _SURE_ALONE or found["dose"] is not None or after[0] in _DOSE_NOUNS
    if word not in _FRACTIONS:
        yield DoseSaid("normal", UNTOLD, sure)
        return
    number = found["number"] or (after[1] if after[0] == "dose" else after[0])
    # 3 and 5 behind a low dose are millimetres, 17 is a patient.
    counted = int(number) / 100 if number in _USUAL_PERCENT else UNTOLD
    yield DoseSaid("low", _FRACTIONS[word] or counted, sure)


def _of_dose(before: str, after: str) -> Iterator[DoseSaid]:
    """``dose_25`` and ``25_dose``; dose_1 and dose_2 are numbered, not measured."""
    number = after if after.isdecimal() else before
    said = of_percent(number) if re.fullmatch(r"[5-9]|[1-9]\d|100", number) else None
    if said:
        yield said


def _words(name: str) -> list[str]:
    """Return the words of ``name`` in lower case, ``LowDose`` and ``dose25`` taken apart."""
    words: list[str] = []
    for token in re.split(r"[^A-Za-z0-9]+", name):
        if _known(token.lower()):
            words.append(token.lower())
        else:
            parts = [part.lower() for part in _CAMEL.split(token)]
            pieces = [piece for part in parts for piece in _numbered(part)]
            spoken = any(piece == "dose" or _known(piece) for piece in pieces)
            words += pieces if spoken else [token.lower()]
    return [word for word in words if word]


def _known(word: str) -> re.Match[str] | None:
    return _WORD.fullmatch(word) or _LETTERS.fullmatch(word)


def _numbered(part: str) -> tuple[str, ...]:
    found = re.fullmatch(r"(dose)(\d{1,3})|(\d{1,3})(dose)", part)
    return tuple(piece for piece in found.groups() if piece) if found else (part,)
