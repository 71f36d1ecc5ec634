"""A run's denoiser or context made the champion; the registry is all that is written to."""

from dataclasses import dataclass

from pi.jobs.result import Result
from pi.parameters import PromoteParameters
from pi.tracking import registry
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class PromotionResult(Result):
    """A version that an alias points at.

    Attributes:
        name: of the registered model.
        version: of it.
        alias: that points at the version.
    """

    name: str
    version: int
    alias: str

    @property
    def headline(self) -> str:
        """Which version the alias means now."""
        return f"models:/{self.name}@{self.alias} is now version {self.version}"

    def text(self) -> str:
        """Return which version the alias means now."""
        return self.headline


def promote(parameters: PromoteParameters, tracker: Tracker = UNTRACKED) -> PromotionResult:
    """Register what a run made, and set the alias.

    Raises:
        TrackingError: no such run, or it holds nothing to be registered.
    """
    p = parameters
    name, version = registry.promote(p.run, p.name, p.alias)
    return PromotionResult(name, version, p.alias)
