"""What of the newest runs is suspicious: said with its number, and judged by nobody but a rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pi.digits import effect
from pi.evaluation.doing_nothing import WORSE, of_training, ssims_apart
from pi.figures.training_panels import CONFLICTS, MEASURED
from pi.overview.results import called, ssims, stage_of
from pi.tracking.listing import ListedRun
from pi.tracking.run import REASON

DRIFT = 2.0
"""Percentage points from the target from which on a training is told of.

At 95 % they are a change of the odds by a third: as much as another lambda would make.
"""

OFTEN = 0.5
"""Share of an epoch's measurements from which on gradients in conflict are told of."""


@dataclass(frozen=True)
class Suspicion:
    """What is suspicious of a run.

    Attributes:
        run: of which.
        said: what, as a clause.
    """

    run: ListedRun
    said: str

    def text(self) -> str:
        """Return the run and what is suspicious of it, in a line."""
        return f"{called(self.run)} ({stage_of(self.run)}, {self.run.run_id[:6]}): {self.said}"


def suspicions(runs: Sequence[ListedRun], most: int = 8) -> list[Suspicion]:
    """Return what is suspicious of the newest runs, the newest first.

    Args:
        runs: the newest first.
        most: that are told.
    """
    found = [Suspicion(run, said) for run in runs for said in _of(run)]
    return found[:most]


def _of(run: ListedRun) -> Iterator[str]:
    if run.status in ("FAILED", "KILLED"):
        why = run.record.tags.get(REASON, "")
        ended = "failed" if run.status == "FAILED" else "was killed"
        yield f"it {ended}" + (f": {why}" if why else "")
    elif stage_of(run) == "train":
        yield from _of_training(run)
    elif stage_of(run) == "evaluate":
        pair = ssims(run.record.metrics)
        if pair is not None and pair[0] < pair[1]:
            yield "{}: SSIM {}, of the low dose {}".format(WORSE, *ssims_apart(*pair))


def _of_training(run: ListedRun) -> Iterator[str]:
    metrics = run.record.metrics
    beside = of_training(metrics)
    if beside.known and beside.worse:
        values = ssims_apart(beside.output, beside.low_dose)
        yield "{}: validation SSIM {}, of the low dose {}".format(WORSE, *values)
    drift = metrics.get("psi_drift", 0.0)
    if abs(drift) >= DRIFT:
        yield f"Ψ drifted {effect(drift)} percentage points from its target"
    conflicts, measured = metrics.get(CONFLICTS, 0.0), metrics.get(MEASURED, 0.0)
    if measured and conflicts / measured >= OFTEN:
        yield (
            f"the gradients were in conflict in {conflicts:g} of {measured:g} measurements of the "
            "last epoch"
        )
