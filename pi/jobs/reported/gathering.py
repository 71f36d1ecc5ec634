"""All that a report is made of, read from the tracking store: what cannot be read is told instead.

Every reader works on its own: one that fails leaves a sentence, and the others go on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import TypeVar

from pi.errors import PiError
from pi.jobs.compared.comparing import compare_again
from pi.jobs.reported.scope import Scope
from pi.jobs.reported.stages import (
    calibrated_of,
    evaluated_of,
    searched_of,
    texture_of,
    trained_of,
)
from pi.report.comparison_page import Report
from pi.report.configuration import Making
from pi.report.stages.evaluated import evaluated_groups
from pi.report.stages.found import (
    Calibrated,
    DataSet,
    EvaluatedRun,
    Found,
    RunFacts,
    Searched,
    Texture,
    Trained,
)
from pi.report.stages.searched import MOST as STUDIES
from pi.report.stages.trained import CURVES
from pi.search.record import TrialRecord
from pi.search.storage import storage_url
from pi.search.watching import watch_trials
from pi.tracking.address import tracking_uri
from pi.tracking.listing import ListedRun
from pi.tracking.logged_data import SIMULATED_DOSES
from pi.tracking.records import Record, read_scores

_Read = TypeVar("_Read")
STAGE = "pi.stage"


@dataclass(frozen=True)
class _Reader:
    """The runs of a scope by stage, and what could not be read of them."""

    runs: list[tuple[RunFacts, Record]]
    lost: list[str] = field(default_factory=list)

    def of(self, stage: str) -> Iterator[tuple[RunFacts, Record]]:
        """Yield the runs of a stage, the newest first."""
        return (one for one in self.runs if one[0].stage == stage)

    def tried(self, read: Callable[[], _Read]) -> _Read | None:
        """Return what is read; None, and a sentence among the lost, where it cannot be."""
        try:
            return read()
        except PiError as error:
            said = str(error)
            self.lost.append(said[:1].upper() + said[1:])
            return None


def read_found(scope: Scope, making: Making) -> Found:
    """Return what the runs of a scope hold.

    Args:
        scope: the runs.
        making: how the report is made.
    """
    reader = _Reader([(_facts(run), run.record) for run in scope.runs])
    data = _data_sets(scope.runs)
    evaluated = _evaluated(reader)
    comparison, compared = _compared(reader, making)
    return Found(
        title=scope.title,
        runs=tuple(run for run, _ in reader.runs),
        data=data,
        calibrated=_calibrated(reader),
        trained=_trained(reader),
        evaluated=evaluated,
        texture=_texture(reader, evaluated, data),
        comparison=comparison,
        compared=compared,
        searched=_searched(reader),
        lost=(*scope.lost, *reader.lost),
    )


def _facts(run: ListedRun) -> RunFacts:
    tags = run.record.tags
    return RunFacts(
        run.run_id, run.name, tags.get(STAGE, ""), run.status, run.begun, bool(run.parent),
        tags.get("pi.data_digest", ""), tags.get("mlflow.source.git.commit", ""),
        tags.get("pi.git.dirty") == "True",
    )  # fmt: skip


def _data_sets(runs: Sequence[ListedRun]) -> tuple[DataSet, ...]:
    """Return the data sets of runs; MLflow keeps each once, as it was logged first."""
    found: dict[str, DataSet] = {}
    for facts in (facts for run in runs for facts in run.data):
        try:
            one = DataSet(
                str(facts["digest"]),
                bool(facts["simulated"]),
                int(facts.get("training_patients", 0)),
                int(facts.get("training_patches", 0)),
                tuple(map(str, facts.get("reconstructions", ()))),
                tuple(map(str, facts.get(SIMULATED_DOSES, ()))),
            )
        except (ValueError, KeyError, TypeError):  # of another program
            continue
        if one.digest not in found or not found[one.digest].patients:
            found[one.digest] = one
    return tuple(found.values())


def _calibrated(reader: _Reader) -> tuple[Calibrated, ...]:
    found = (
        reader.tried(lambda run=run, record=record: calibrated_of(run, record))  # type: ignore[misc]
        for run, record in reader.of("calibration")
    )
    return tuple(one for one in found if one is not None)


def _trained(reader: _Reader) -> tuple[Trained, ...]:
    found: list[Trained] = []
    drawn = 0
    for run, record in reader.of("train"):
        told = "train/image_loss" in record.metrics and drawn < CURVES
        one = reader.tried(lambda: trained_of(run, record, with_series=told))  # noqa: B023
        if one is not None:
            drawn += told
            found.append(one)
    return tuple(found)


def _evaluated(reader: _Reader) -> tuple[EvaluatedRun, ...]:
    records = {run.run_id: record for run, record in reader.runs}
    found = []
    for run, record in reader.of("evaluate"):
        trained = records.get(record.tags.get("pi.evaluated_run", ""))
        scores = reader.tried(lambda: read_scores(run.run_id)) or {}  # noqa: B023
        found.append(evaluated_of(run, record, trained, scores))
    return tuple(found)


def _texture(
    reader: _Reader, evaluated: Sequence[EvaluatedRun], data: Sequence[DataSet]
) -> Texture | None:
    """Return that of the best denoiser in the first table."""
    first = next(iter(evaluated_groups(evaluated).values()), [])
    denoised = [one for one in first if one.denoised and not isnan(one.values["ssim"][0])]
    if not denoised:
        return None
    best = max(denoised, key=lambda one: one.values["ssim"][0])
    simulated = any(one.simulated for one in data if one.digest == best.run.digest)
    return reader.tried(lambda: texture_of(best, simulated=simulated))


def _compared(reader: _Reader, making: Making) -> tuple[Report | None, RunFacts | None]:
    """Return the newest finished comparison that can be made again, and its run."""
    for run, _ in reader.of("compare"):
        if run.status == "FINISHED":
            return reader.tried(lambda: compare_again(run.run_id, making)), run  # noqa: B023
    return None, None


def _searched(reader: _Reader) -> tuple[Searched, ...]:
    found = []
    for number, (run, record) in enumerate(reader.of("search")):
        trials = reader.tried(lambda: _trials(record)) if number < STUDIES else None  # noqa: B023
        found.append(searched_of(run, record, trials or ()))
    return tuple(found)


def _trials(record: Record) -> tuple[TrialRecord, ...]:
    name = record.tags.get("optuna.study", "")
    return watch_trials(storage_url(tracking_uri()), tracking_uri(), name) if name else ()
