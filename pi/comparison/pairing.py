"""Slice tables of several runs, joined on the slice key and never on the order of rows."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pi.comparison.gains import ComparisonError, Floats
from pi.comparison.slice_facts import shared_facts
from pi.errors import quoted
from pi.evaluation.metrics import METRICS, directed_metrics, higher_is_better
from pi.evaluation.table import (
    KEY,
    evaluated_image,
    joined,
    protocols_of,
    slice_keys,
)
from pi.identity import SliceKey


@dataclass(frozen=True)
class RunTable:
    """The slice table of one run, and what it is a table of.

    Attributes:
        name: what the run is called in the comparison, unique in it, such as ``E1``.
        slices: see `pi.evaluation.table`; its evaluated image is the denoised one or, where nothing
            was denoised, the low dose.
        digest: of the data set (`Manifest.digest`).
        part: whose patients: ``validation`` or ``test``.
    """

    name: str
    slices: pd.DataFrame = field(repr=False)
    digest: str
    part: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What of one run was left out, because not every other run has it.

    Attributes:
        run: its name.
        keys: of the slices, sorted; empty where everything matched.
    """

    run: str
    keys: tuple[SliceKey, ...]


@dataclass(frozen=True)
class PairedTable:
    """One metric of several runs under one protocol, on the slices that all of them have.

    Attributes:
        metric: one that has a direction.
        protocol: whose values.
        values: one row per slice, indexed by `pi.evaluation.table.KEY` and sorted; one column a
            run, in the order in which they were given; finite float64.
        digest: of the data set.
        part: whose patients.
        unmatched: one per run, in the order of the columns.
        facts: what headers tell of the same slices beside their keys, a column each.
        undefined: slices of the first run of which the metric has no value, left out.
    """

    metric: str
    protocol: str
    values: pd.DataFrame = field(repr=False)
    digest: str
    part: str
    unmatched: tuple[Unmatched, ...]
    facts: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    undefined: int = 0

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs."""
        return tuple(self.values.columns)

    @property
    def patients(self) -> tuple[str, ...]:
        """Pseudonyms of the patients, sorted."""
        return tuple(sorted(self.values.index.unique("patient")))

    @property
    def higher_is_better(self) -> bool:
        """The metric's direction."""
        return higher_is_better(self.metric)

    def gains(self, reference: str, other: str) -> Floats:
        """Return how much better ``other`` is than ``reference`` on each slice, (slices,).

        Above 0 the other run is better, whether the metric is to be high or low.
        """
        better = 1.0 if self.higher_is_better else -1.0
        return np.asarray(better * (self.values[other] - self.values[reference]))

    def patient_means(self) -> pd.DataFrame:
        """Return the mean of each patient's slices: one row per patient, one column per run."""
        return self.values.groupby(level="patient", sort=True).mean()


def pair_runs(runs: Sequence[RunTable], metric: str, protocol: str) -> PairedTable:
    """Join the slice tables of several runs on the slice key.

    Raises:
        ComparisonError: fewer than two runs, two of one name, different data sets or parts, a
            metric without a direction, a run without the protocol, no slice in common, a slice
            that is twice in a table, or a value that is not finite (such as the infinite PSNR of
            identical slices).
    """
    names = [run.name for run in runs]
    if len(set(names)) < max(2, len(names)):
        raise ComparisonError(
            f"a comparison must have two runs or more, each with its own name, but got {names}."
        )
    if metric not in directed_metrics():
        raise ComparisonError(
            f"`metrics` must be of {', '.join(directed_metrics())} but got {quoted(metric)}."
        )
    for run in runs[1:]:
        refuse_other_data(runs[0], run)
    _refuse_lacking(runs, metric)
    whole = [_values(run, metric, protocol) for run in runs]
    series = [_defined(run, one, metric) for run, one in zip(runs, whole, strict=True)]
    values = pd.concat(series, axis=1, join="inner", keys=names).sort_index()
    if values.empty:
        raise ComparisonError(
            f"runs must have a slice in common but {', '.join(names)} have none: their tables "
            f"hold {', '.join(str(len(one)) for one in series)} slices of other keys."
        )
    unmatched = tuple(
        Unmatched(name, index_keys(one.index.difference(values.index)))
        for name, one in zip(names, series, strict=True)
    )
    facts = shared_facts({run.name: run.slices for run in runs}).reindex(values.index)
    digest, part, undefined = runs[0].digest, runs[0].part, len(whole[0]) - len(series[0])
    return PairedTable(metric, protocol, values, digest, part, unmatched, facts, undefined)


def join_folds(name: str, folds: Sequence[RunTable]) -> RunTable:
    """Concatenate the out-of-fold tables of one configuration: every patient is tested once.

    Args:
        name: of the configuration.
        folds: one run per fold, each on the test patients of its own fold.

    Returns:
        One table of all slices. Where the folds' digests differ, as they do because a digest
        covers the split, its digest is made of all of them in any order: two configurations
        compare only if their folds are the same.

    Raises:
        ComparisonError: no fold, other parts, protocols or images, or a patient in two folds.
        EvaluationError: a slice that is twice in one fold.
    """
    if not folds:
        raise ComparisonError(f"{name!r} must have at least one fold but has none.")
    for fold in folds[1:]:
        _refuse_other("part", folds[0], fold, folds[0].part, fold.part)
        _refuse_other("protocols", folds[0], fold, *map(_protocols, (folds[0], fold)))
        images = (evaluated_image(one.slices) for one in (folds[0], fold))
        _refuse_other("image", folds[0], fold, *images)
    tested: dict[str, str] = {}
    for fold in folds:
        for patient in sorted(fold.slices["patient"].unique()):
            if patient in tested:
                raise ComparisonError(
                    f"every patient must be tested once but {patient} is in the folds "
                    f"{tested[patient]!r} and {fold.name!r}."
                )
            tested[patient] = fold.name
    digests = sorted({fold.digest for fold in folds})
    of_all = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    slices = joined([fold.slices for fold in folds])
    return RunTable(name, slices, digests[0] if len(digests) == 1 else of_all, folds[0].part)


def refuse_other_data(first: RunTable, second: RunTable) -> None:
    """Refuse two runs that were not measured on the same part of the same data.

    Raises:
        ComparisonError: they were not; both values are shown.
    """
    _refuse_other("data set", first, second, first.digest[:12], second.digest[:12])
    _refuse_other("part", first, second, first.part, second.part)


def index_keys(index: Iterable[Any]) -> tuple[SliceKey, ...]:
    """Return the sorted keys of rows that are indexed by `pi.evaluation.table.KEY`."""
    return tuple(sorted(slice_keys(pd.DataFrame(list(index), columns=KEY))))


def _refuse_lacking(runs: Sequence[RunTable], metric: str) -> None:
    lacking = [repr(run.name) for run in runs if metric not in run.slices]
    if lacking:
        raise ComparisonError(
            f"every run must have {METRICS[metric].heading} ({metric}) to be compared by it but "
            f"{', '.join(lacking)} lack{'s' if len(lacking) == 1 else ''} it: evaluate again what "
            "is older than the metric or measured fewer (`metrics`), or compare by others."
        )


def _refuse_other(what: str, first: RunTable, second: RunTable, one: str, other: str) -> None:
    if one != other:
        raise ComparisonError(
            f"runs must have the same {what} but {first.name!r} has {one} and {second.name!r} "
            f"has {other}."
        )


def _protocols(run: RunTable) -> str:
    return ", ".join(protocols_of(run.slices))


def _values(run: RunTable, metric: str, protocol: str) -> "pd.Series[float]":
    """Return one metric of the evaluated image, indexed by the slice key."""
    rows = run.slices[run.slices["image"] == evaluated_image(run.slices)]
    rows = rows[rows["protocol"] == protocol]
    if rows.empty:
        raise ComparisonError(
            f"every run must have the protocol {protocol!r} but {run.name!r} has only "
            f"{_protocols(run)}."
        )
    values = rows.set_index(KEY)[metric].astype(np.float64)
    if values.index.has_duplicates:
        twice = index_keys(values.index[values.index.duplicated()])[0]
        raise ComparisonError(f"a slice must be in {run.name!r} once but {twice} is not.")
    wrong = np.isinf(values) if METRICS[metric].undefined else ~np.isfinite(values)
    infinite = values[wrong]
    if len(infinite):
        of = METRICS[metric]
        why = f" ({of.title} of {of.infinite} is)" if of.infinite else ""
        raise ComparisonError(
            f"`{metric}` must be finite to be compared but of {index_keys(infinite.index)[0]} in "
            f"{run.name!r} it is {infinite.iloc[0]:g}{why}."
        )
    return values


def _defined(run: RunTable, values: "pd.Series[float]", metric: str) -> "pd.Series[float]":
    """Return the values of the slices that have one."""
    kept = values.dropna()
    if kept.empty:
        raise ComparisonError(f"{run.name!r}: {METRICS[metric].nowhere(len(values))}")
    return kept
