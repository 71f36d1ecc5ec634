"""A store of paired slices, made from a folder of CT files; nothing of it is tracked."""

from dataclasses import dataclass
from pathlib import Path

from pi.jobs.result import Result
from pi.mapping_template import write_template
from pi.parameters import PrepareParameters
from pi.places import account_folder, data_folder, store_folder, template_file
from pi.secret import secret
from pi.slices.low_dose import find_simulated_doses
from pi.slices.prepare_report import PrepareReport, require_nothing_refused
from pi.slices.preparing import prepare as make_store
from pi.tracking.tracker import UNTRACKED, Tracker


@dataclass(frozen=True, repr=False)
class PreparationResult(Result):
    """A store, and what became of every file.

    Attributes:
        name: of the store, for the parameter `data`.
        report: what became of the files.
        strict: whether a refusal is an error.
    """

    name: str
    report: PrepareReport
    strict: bool

    @property
    def headline(self) -> str:
        """How the store is used."""
        return f"store `{self.name}` is ready: use it with data={self.name}"

    def text(self) -> str:
        """Return what became of every file, and how the store is used."""
        return f"{self.report.text()}\n{self.headline}"

    def require(self) -> None:
        """Complain of what was refused, if that was asked for.

        Raises:
            RefusedError: see `pi.slices.prepare_report.require_nothing_refused`.
        """
        if self.strict:
            require_nothing_refused(self.report)


@dataclass(frozen=True, repr=False)
class TemplateResult(Result):
    """What was written instead of a store: a mapping to be completed.

    Attributes:
        said: where it is and how to go on.
    """

    said: str

    @property
    def headline(self) -> str:
        """Where it is."""
        return self.said.partition("\n")[0]

    def text(self) -> str:
        """Return where it is and how to go on."""
        return self.said

    def require(self) -> None:
        """Nothing was refused."""


def prepare(
    parameters: PrepareParameters, tracker: Tracker = UNTRACKED
) -> PreparationResult | TemplateResult:
    """Make the store, or write the template of a mapping if that was asked for.

    Raises:
        PiError: see `pi.slices.preparing.prepare`.
    """
    p = parameters
    source = Path(p.source).expanduser() if p.source else data_folder()
    if p.mapping_template:
        return TemplateResult(write_template(source, template_file(), by_noise=not p.strict))
    made = make_store(
        source,
        store_folder(p.name),
        split=p.split,
        seed=p.seed,
        secret=secret(),
        values=p.values,
        low_doses=find_simulated_doses(p.low_dose),
        by_noise=not p.strict,
        account=account_folder(p.name),
    )
    return PreparationResult(p.name, made.report, p.strict)
