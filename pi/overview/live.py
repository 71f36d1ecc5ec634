"""What runs now, and how far it is."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pi.alive import PROGRESS, is_gone
from pi.evaluation.metrics import mean_text
from pi.figures.training_panels import SSIM
from pi.progress import spoken
from pi.tracking.listing import ListedRun, list_running

_PERCENT = re.compile(r"(\d+) %")


@dataclass(frozen=True)
class LiveRun:
    """A run that says that it is at work.

    Attributes:
        run: that it is.
        gone: whether its process is gone: it says so still because nobody closed it.
    """

    run: ListedRun
    gone: bool

    @property
    def share(self) -> float | None:
        """How much of what it is at is done, from 0 to 1; None where that is not known."""
        found = _PERCENT.search(self.run.record.tags.get(PROGRESS, ""))
        return min(int(found[1]) / 100, 1.0) if found else None

    @property
    def said(self) -> str:
        """How far it is: what its terminal tells, of a training its newest epoch, or its age."""
        parts = [self.run.record.tags.get(PROGRESS, ""), self._quality]
        age = (datetime.now(UTC) - self.run.begun).total_seconds()
        return " · ".join(filter(None, parts)) or f"began {spoken(max(age, 0))} ago"

    @property
    def _quality(self) -> str:
        ssim = self.run.record.metrics.get(SSIM)
        return "" if ssim is None else f"validation SSIM {mean_text(ssim, 'ssim')}"


def live_runs(stage: str = "") -> list[LiveRun]:
    """Return what is at work, the newest first.

    Args:
        stage: of which; empty: of any.

    Raises:
        TrackingError: the store does not answer.
    """
    found = [LiveRun(run, is_gone(run.record.tags)) for run in list_running()]
    return [one for one in found if stage in ("", one.run.record.tags.get("pi.stage", ""))]


def changes(live: Sequence[LiveRun]) -> Hashable:
    """Return what is another value once a page that shows these runs has something new to show."""
    return tuple((one.run.run_id, one.gone, tuple(sorted(_numbers(one)))) for one in live)


def _numbers(one: LiveRun) -> list[tuple[str, float]]:
    metrics = one.run.record.metrics
    return [(name, metrics[name]) for name in metrics if not name.startswith("system/")]
