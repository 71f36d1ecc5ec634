"""Slice tables of several runs, joined on the slice key and never on the order of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pi.comparison.gains import Floats
from pi.identity import SliceKey


@dataclass(frozen=True)
class RunTable:
    """The slice table of one run, and what it is a table of.

    Attributes:
        name: what the run is called in the comparison, unique in it, such as ``E1``.
        slices: see `pi.evaluation.table`; its judged image is the denoised one or, where nothing
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
        metric: one of `pi.evaluation.table.HIGHER_IS_BETTER`.
        protocol: whose values.
        values: one row a slice, indexed by `pi.evaluation.table.KEY` and sorted; one column a
            run, in the order in which they were given; finite float64.
        digest: of the data set.
        part: whose patients.
        unmatched: one a run, in the order of the columns.
    """

    metric: str
    protocol: str
    values: pd.DataFrame = field(repr=False)
    digest: str
    part: str
    unmatched: tuple[Unmatched, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs."""
        return tuple(self.values.columns)

    @property
    def patients(self) -> tuple[str, ...]:
        """Pseudonyms of the patients, sorted."""
        return tuple(sorted(self.values.index.unique("patient")))

    def gains(self, reference: str, other: str) -> Floats:
        """Return how much better ``other`` is than ``reference`` on each slice, (slices,).

        Above 0 the other run is better, whether the metric is to be high or low.
        """
        raise NotImplementedError

    def patient_means(self) -> pd.DataFrame:
        """Return the mean of each patient's slices: one row a patient, one column a run."""
        raise NotImplementedError


def pair_runs(runs: Sequence[RunTable], metric: str, protocol: str) -> PairedTable:
    """Join the slice tables of several runs on the slice key.

    Raises:
        ComparisonError: fewer than two runs, two of one name, different data sets or parts, a
            metric without a direction, a run without the protocol, no slice in common, a slice
            that is twice in a table, or a value that is not finite (such as the infinite PSNR of
            identical slices).
    """
    raise NotImplementedError


def join_folds(name: str, folds: Sequence[RunTable]) -> RunTable:
    """Concatenate the out-of-fold tables of one configuration: every patient is tested once.

    Args:
        name: of the configuration.
        folds: one run a fold, each on the test patients of its own fold.

    Returns:
        One table of all slices. Where the folds' digests differ, as they do because a digest
        covers the split, its digest is made of all of them in any order: two configurations
        compare only if their folds are the same.

    Raises:
        ComparisonError: no fold, other parts or protocols, or a patient that is in two folds.
    """
    raise NotImplementedError
