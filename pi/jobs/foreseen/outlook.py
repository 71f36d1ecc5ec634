"""What a job would do, in words, and how many seconds it would take."""

from dataclasses import dataclass

from pi.jobs.opening import require_members
from pi.parameters import SimulateParameters
from pi.parameters.shared import DataParameters
from pi.progress import spoken
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.source import NotMadeError, open_data


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is ahead.

    Attributes:
        lines: what would be done.
        seconds: how long that takes on this machine; None where nobody can tell.
        most: whether it may well be less, as where work ends once it is precise enough.
        why: how that is known, or why not, in words.
    """

    lines: tuple[str, ...]
    seconds: float | None = None
    most: bool = False
    why: str = "it depends on what is found"

    def text(self, stage: str) -> str:
        """Return it for a terminal."""
        head = f"dry run of {stage}: nothing is opened and nothing is written"
        return "\n".join([head, *(f"- {line}" for line in self.lines), self._duration()])

    def _duration(self) -> str:
        if self.seconds is None:
            return f"how long it takes here is not known: {self.why}"
        about = "at most about" if self.most else "about"
        told = spoken(self.seconds) if self.seconds >= 1 else "a second"
        return f"{about} {told} here ({self.why})"


UNMADE = "the data would be made first, which tells how many patches and slices there are"


def made_store(parameters: DataParameters, fold: int, *needed: str) -> Store | None:
    """Return the store that a job would open; None where it would have to be made first.

    Raises:
        PiError: see `pi.jobs.opening.open_asked`.
    """
    p = parameters
    try:
        store = open_data(
            p.data, split=p.split, split_seed=p.seed, study_seed=SimulateParameters.seed,
            dose=p.dose, fold=fold, folds=p.folds, made_only=True,
        )  # fmt: skip
    except NotMadeError:
        return None
    require_members(store, needed)
    return store


def told_patches(patches: PatchPopulation, data: str) -> str:
    """Return in words how many patches of how many patients a job would learn from."""
    return (
        f"data {data}: {len(patches)} training patches of {patches.size} x {patches.size} pixels, "
        f"{len(patches.patients)} patients"
    )


def unmade(data: str, *lines: str) -> Outlook:
    """Return the outlook of a job whose data are not there yet."""
    return Outlook((f"data {data}: not there yet", *lines), why=UNMADE)
