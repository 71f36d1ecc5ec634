"""The parts of a data set, and what can be done where one of them is nobody's."""

from collections.abc import Collection, Mapping
from typing import Literal

from pi.choices import Part
from pi.errors import PiError

Membership = Literal["train", "validation", "test", "unassigned"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")

FEW = 9
"""Most patients of whom it is said that folds would test every one of them."""

OF_ONE = "the interval of lambda is that of one patient's patches: another's may lie outside it"
"""What a calibration on one patient is worth."""

Members = Mapping[str, Membership]
"""Patient -> part."""


class PartError(PiError):
    """A part that is needed has no patient."""


def counted(patients: int) -> str:
    """Return a number of patients in words."""
    return "1 patient" if patients == 1 else f"{patients} patients"


def listed(parts: Collection[str]) -> str:
    """Return parts in words."""
    return " and the ".join("training" if part == "train" else part for part in parts)


def empty_parts(members: Members) -> list[Part]:
    """Return the parts that nobody is in."""
    return [part for part in PARTS if part not in members.values()]


def assigned(members: Members) -> int:
    """Return how many patients are in some part."""
    return sum(part != "unassigned" for part in members.values())


def few_patients(patients: int) -> str:
    """Return what can be done with one or two patients, and what cannot: a clause."""
    return (
        f"with {counted(patients)} `calibrate` finds lambda, but its interval is of their patches "
        "and says nothing of other patients; train, search, main and pretrain need more to "
        "validate and to test, and from 3 patients on `folds` 3 leaves one out"
    )


def advice(members: Members, split: str, *, drawn: bool) -> list[str]:
    """Return what a user should hear of the sizes of the parts, a sentence each.

    Args:
        members: those found.
        split: name of the split.
        drawn: whether it was drawn for these patients.
    """
    patients, empty = assigned(members), empty_parts(members)
    found = []
    if empty and not drawn:
        found.append(
            f"warning: no patient found is in the {listed(empty)} part of {split}: split=auto "
            f"draws the parts{folds_instead(patients)}."
        )
    if 0 < patients < 3:
        found.append(f"warning: {few_patients(patients)}.")
    elif drawn and patients <= FEW:
        found.append(f"with `folds` {patients} each patient is tested once, left out in turn.")
    return found


def folds_instead(patients: int) -> str:
    """Return how folds help where a part is empty: a clause, empty where they do not."""
    return f", and `folds` {patients} tests each patient once" if patients > 2 else ""


def require_parts(members: Members, split: str, needed: Collection[str]) -> None:
    """Refuse data that leave a part empty which is needed.

    Args:
        members: those of the data.
        split: name of the split.
        needed: the parts.

    Raises:
        PartError: it says what can be done instead.
    """
    missing = [part for part in needed if part not in members.values()]
    if not missing:
        return
    patients = assigned(members)
    if 0 < patients < 3:
        problem, way_out = f"has {counted(patients)} in all", few_patients(patients)
    else:
        problem = f"split {split} puts none of {counted(len(members))} there"
        way_out = f"split=auto draws the parts when data are prepared{folds_instead(patients)}"
    raise PartError(
        f"`data` must have patients in the {listed(missing)} part but {problem}: {way_out}."
    )
