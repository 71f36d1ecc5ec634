"""Patient cross-validation: every patient is tested once, by a network that never saw them.

Two test patients cannot support a test at the level of patients, ten can: with m patients the
smallest p of an exact sign-flip test is 2 / 2^m.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pi.errors import PiError
from pi.slices.split import Part


class FoldError(PiError):
    """A fold that there is not, or folds that the patients do not allow."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold of a cross-validation.

    Attributes:
        number: from 1.
        of: how many folds there are; as many as patients is leave-one-out.

    Raises:
        FoldError: fewer than two folds, or a number that is none of them.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if self.of < 2:
            raise FoldError(f"`folds` must be 2 or greater, or 0 for none, but got {self.of}.")
        if not 1 <= self.number <= self.of:
            raise FoldError(
                f"`fold` must be one of the {self.of} folds, from 1, but got {self.number}."
            )

    def __str__(self) -> str:
        return f"fold {self.number} of {self.of}"


def find_fold(fold: int, folds: int) -> Fold | None:
    """Return the fold that the parameters of these names ask for; None where both are 0.

    Raises:
        FoldError: a fold without folds, folds without a fold, or see `Fold`.
    """
    if folds == 0 and fold != 0:
        raise FoldError(f"`fold` must be 0 where `folds` is 0 but got {fold}.")
    return Fold(fold, folds) if folds else None


def parts_in(fold: Fold, patients: Sequence[str]) -> dict[str, Part]:
    """Return who is tested, who validates and who trains in a fold.

    Patients are dealt out to the folds in turn, so that the sizes of two folds differ by one at
    most. A fold tests its own patients, the first of the next fold validates, all others train.

    Args:
        fold: which one.
        patients: in an order on which all machines agree.

    Raises:
        FoldError: more folds than patients, or so few patients that nobody would train.
    """
    if fold.of > len(patients):
        raise FoldError(
            f"`folds` must be at most the {len(patients)} patients of the data but got {fold.of}."
        )
    if len(patients) - len(patients[:: fold.of]) < 2:  # the first fold is the largest
        raise FoldError(
            f"`folds` must leave a patient to validate and another to train but {fold.of} folds "
            f"of {len(patients)} patients do not."
        )
    parts: dict[str, Part] = dict.fromkeys(patients, "train")
    parts |= dict.fromkeys(patients[fold.number - 1 :: fold.of], "test")
    return parts | {patients[fold.number % fold.of]: "validation"}
