"""A table of metrics that somebody computed: a row a slice, and no pixels at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd

from pi.choices import EvaluatedPart, MetricSet, Part
from pi.errors import quoted
from pi.evaluation.denoising import Denoising, SliceDenoiser, Witness
from pi.evaluation.measure import NOISE, TISSUE, VOLUME, Evaluation
from pi.evaluation.metrics import measured_metrics
from pi.evaluation.protocol import Protocol
from pi.evaluation.table import checked
from pi.places import file_digest, table_file
from pi.slices.store import Store
from pi.subjects.subject import Requested, Subject, SubjectError, SubjectKind, after
from pi.subjects.table_columns import read_foreign, require_metrics
from pi.subjects.table_rows import is_an_image, place_rows, slice_rows_of

WRITTEN = "table:NAME, table:NAME:CONFIGURATION or table:NAME:CONFIGURATION:SEED"


@dataclass(frozen=True, kw_only=True)
class MetricTable(Subject):
    """Metrics alone.

    Attributes:
        file: that they are in.
        table: with our names: the rows of one configuration and seed.
    """

    file: Path = field(repr=False)
    table: pd.DataFrame = field(repr=False, compare=False)
    pictured: ClassVar[bool] = False

    @cached_property
    def model(self) -> str | None:
        """Sha256 of the file."""
        return file_digest(self.file)

    def _open(self) -> SliceDenoiser | None:
        raise SubjectError(
            f"{quoted(self.name)} must be compared by its metrics: it has no slices."
        )

    def denoising(self, store: Store) -> Denoising | None:
        """Refuse.

        Raises:
            SubjectError: there are no slices, see `pictured`.
        """
        self._open()
        return None

    def check(
        self, store: Store, part: Part, batch_size: int, protocols: Sequence[Protocol] = ()
    ) -> None:
        """Refuse a table that is not of the part's slices, or does not say by which protocol."""
        self._slices(store, part, protocols)

    def evaluation(
        self,
        store: Store,
        part: EvaluatedPart,
        protocols: Sequence[Protocol],
        batch_size: int,
        advance: Callable[[int], object],
        metrics: MetricSet = "basic",
        witnesses: Sequence[Witness] = (),
    ) -> Evaluation:
        """Return what the table says, as a slice table; of noise and tissues it says nothing.

        It has the metrics that it has, whatever ``metrics`` asks for, and no slices to be seen.

        Raises:
            SubjectError: it is not of the part's slices, or says nothing by the protocols.
            EvaluationError: a slice is there twice, or a metric is not finite.
        """
        slices = self._slices(store, part, protocols)
        advance(len(slices))
        return Evaluation(
            slices,
            pd.DataFrame(columns=[*VOLUME, "frequency", "power"]),
            pd.DataFrame(columns=[*VOLUME, *NOISE]),
            pd.DataFrame(columns=[*VOLUME, *TISSUE]),
        )

    def _slices(self, store: Store, part: Part, protocols: Sequence[Protocol]) -> pd.DataFrame:
        table = self._of_protocols([protocol.name for protocol in protocols])
        placed = place_rows(store, table)
        inside = {n for n, volume in enumerate(store.volumes) if volume.split == part}
        every = sum(len(store.volumes[n].positions) for n in inside)
        there = [a for a in placed.addresses if a is not None and a[0] in inside]
        missing = every - len(set(there))
        name = quoted(self.name)
        if missing and placed.ambiguous:
            raise SubjectError(
                f"rows of {name} must say of which reconstruction they are, in thickness, kernel "
                f"and dose, but {placed.ambiguous} of {len(table)} could be of several."
            )
        if missing:
            strange = sum(a is None for a in placed.addresses)
            raise SubjectError(
                f"{name} must have a row for each of the {every} slices that are evaluated but "
                f"{missing} have none, and {strange} of its {len(table)} rows are of no slice of "
                "the data."
            )
        kept = [a is not None and a[0] in inside for a in placed.addresses]
        metrics = require_metrics(table, self.name)
        return checked(slice_rows_of(store, table[kept], there, metrics))

    def _of_protocols(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the rows by the protocols that are asked for."""
        table, name = self.table, quoted(self.name)
        if "protocol" not in table:
            if len(names) != 1:
                raise SubjectError(
                    f"`protocols` must be the one by which the metrics of {name} were made, for it "
                    f"does not say, but are {len(names)}."
                )
            return table.assign(protocol=names[0])
        rows = table[table["protocol"].isin(names)]
        if rows.empty:
            raise SubjectError(
                f"{name} must have rows by the protocols that are asked for but its are "
                f"{', '.join(sorted(map(str, table['protocol'].unique())))}."
            )
        return rows


def _fetch(asked: Requested) -> Subject:
    """Read the table, and of it the rows of one configuration and seed.

    Raises:
        PlaceError: PI_TABLES names none.
        SubjectError: it is no table, lacks patient or slice, or is of several configurations.
        EvaluationError: it has no metric that is known here.
    """
    word, *chosen = asked.after.split(":")
    if len(chosen) > 2:
        raise SubjectError(f"`run` must be {WRITTEN} but got {quoted(asked.name)}.")
    file = table_file(word)
    table = read_foreign(file, asked.name)
    lacking = [" or ".join(names) for names in (("patient",), ("slice", "position"))
               if not set(names) & set(table)]  # fmt: skip
    if lacking:
        raise SubjectError(
            f"{quoted(asked.name)} must have columns that name patient and slice but has none for "
            f"{' and '.join(lacking)}."
        )
    metrics = require_metrics(table, asked.name)
    configuration, seed = [*chosen, "", ""][:2]
    params = {"experiment": f"table:{word}"}
    for column, value in (("configuration", configuration), ("seed", seed)):
        table, one = _chosen(table, column, value, asked.name)
        if one:
            params["experiment" if column == "configuration" else "table_seed"] = one
    _require_images(table, asked.name)
    lacks = [metric for metric in measured_metrics("basic") if metric not in metrics]
    return MetricTable(
        asked.name,
        params,
        file=file,
        table=table,
        remark=f"note: {asked.name} has no {', '.join(lacks)}, which no result of it tells."
        if lacks
        else "",
    )


def _chosen(table: pd.DataFrame, column: str, value: str, name: str) -> tuple[pd.DataFrame, str]:
    """Return the rows of one configuration, or one seed, and which it is; "" where nobody tells.

    Raises:
        SubjectError: there are several and none was named, or there is none of that name.
    """
    if column not in table:
        if value:
            raise SubjectError(
                f"{quoted(name)} must name no {column}, of which there is no column."
            )
        return table, ""
    spelt = table[column].astype(str)
    known = sorted(spelt.unique())
    if not value and len(known) == 1:
        return table, known[0]
    if value not in known:
        raise SubjectError(
            f"`run` must name one {column} of the table, {', '.join(known[:12])}, as {WRITTEN} "
            f"does, but got {quoted(name)}."
        )
    return table[spelt == value], value


def _require_images(table: pd.DataFrame, name: str) -> None:
    if "image" in table and not table["image"].map(is_an_image).all():
        raise SubjectError(
            f"the column `image` of {quoted(name)} must say low_dose or denoised but says others."
        )


KIND = SubjectKind(WRITTEN, after("table"), _fetch)
