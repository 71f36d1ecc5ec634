"""What a job would do, in words, and how many seconds it would take."""

from dataclasses import dataclass

from pi.progress import spoken
from pi.slices.patches import PatchPopulation


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is ahead.

    Attributes:
        lines: what would be done.
        seconds: how long that takes on this machine; None where nobody can tell.
        most: whether it may well be less, as where work ends once it is precise enough.
        why: how that is known, or why not, in words.
        first: seconds in which the data are made before that; 0 where they are there.
    """

    lines: tuple[str, ...]
    seconds: float | None = None
    most: bool = False
    why: str = "it depends on what is found"
    first: float = 0.0

    def text(self, stage: str) -> str:
        """Return it for a terminal."""
        head = f"dry run of {stage}: nothing is opened and nothing is written"
        return "\n".join([head, *(f"- {line}" for line in self.lines), self._duration()])

    def _duration(self) -> str:
        data = f"at most about {_told(self.first)} here for making the data" if self.first else ""
        if self.seconds is None:
            then = f"how long {'the rest' if data else 'it'} takes here is not known: {self.why}"
            return f"{data}; {then}" if data else then
        about = "at most about" if self.most else "about"
        return "; then ".join(
            filter(None, [data, f"{about} {_told(self.seconds)} here ({self.why})"])
        )


def _told(seconds: float) -> str:
    return spoken(seconds) if seconds >= 1 else "a second"


def told_patches(patches: PatchPopulation, data: str) -> str:
    """Return in words how many patches of how many patients a job would learn from."""
    return (
        f"data {data}: {len(patches)} training patches of {patches.size} x {patches.size} pixels, "
        f"{len(patches.patients)} patients"
    )
