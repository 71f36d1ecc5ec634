"""A run's denoiser or context made the champion; the registry is all that is written to."""

from dataclasses import dataclass

from pi.evaluation.doing_nothing import of_training
from pi.jobs.result import Result, joined
from pi.parameters import PromoteParameters
from pi.tracking import registry
from pi.tracking.records import Record, read_run
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class PromotionResult(Result):
    """A version that an alias points at.

    Attributes:
        name: of the registered model.
        version: of it.
        alias: that points at the version.
        remark: what is to be known of it; empty where nothing is.
    """

    name: str
    version: int
    alias: str
    remark: str

    @property
    def headline(self) -> str:
        """Which version the alias means now."""
        return f"models:/{self.name}@{self.alias} is now version {self.version}"

    def text(self) -> str:
        """Return which version the alias means now, and the remark."""
        return joined(self.headline, self.remark)


def promote(parameters: PromoteParameters, tracker: Tracker = UNTRACKED) -> PromotionResult:
    """Register what a run made, and set the alias.

    Raises:
        TrackingError: no such run, or it holds nothing to be registered, or a denoiser that is
            worse than doing nothing, unless that is asked for.
    """
    p = parameters
    name, version = registry.promote(p.run, p.name, p.alias, even_if_worse=p.even_if_worse)
    return PromotionResult(name, version, p.alias, _remark(read_run(p.run)))


def _remark(record: Record) -> str:
    """Return what is to be known of a promoted denoiser; of a context nothing."""
    beside = of_training(record.metrics)
    if registry.FILE_DIGEST in record.tags or (beside.known and not beside.worse):
        return ""
    advice = "" if beside.known else "; `evaluate` measures it"
    return f"note: {beside.text()}{advice}."
