"""Of which data the runs are: by digest, in numbers, and of no patient in particular."""

from collections.abc import Sequence

from pi.comparison.verdict import counted
from pi.digits import NOTHING
from pi.report.blocks import TextTable, Words
from pi.report.document import Section
from pi.report.limits import simulated_dose_sentence
from pi.report.stages.found import DataSet, EvaluatedRun, Found
from pi.report.text import listed


def data_section(found: Found) -> Section | None:
    """Return the section; None where no run has data."""
    if not found.data:
        return None
    return Section("data", "Data", (Words(_said(found)), _table(found)))


def _said(found: Found) -> tuple[str, ...]:
    if len(found.data) == 1:
        (only,) = found.data
        whose = "a simulated study" if only.simulated else "patients, under pseudonyms"
        places = (
            f" Reconstructions: {listed(only.reconstructions)}." if only.reconstructions else ""
        )
        said = f"All runs are on one data set, {only.short}, of {whose}.{places}"
    else:
        said = (
            f"The runs are on {len(found.data)} data sets (folds count as one each). Runs on "
            "different ones are never put into one table of results."
        )
    doses = sorted({dose for one in found.data for dose in one.simulated_doses})
    added = (simulated_dose_sentence(doses),) if doses else ()
    simulated = "Simulated data allow relative comparisons of configurations and no clinical claim."
    return (said, *added, simulated) if any(one.simulated for one in found.data) else (said, *added)


def _table(found: Found) -> TextTable:
    rows = tuple(_row(one, found) for one in found.data)
    caption = "A data set is known by the digest of its manifest, which is the same on any machine."
    columns = ("Data set", "Of", "Trained on", "EvaluatedRun on", "Reconstructions", "Runs")
    return TextTable("data", "Data sets", caption, columns, rows)


def _row(one: DataSet, found: Found) -> tuple[str, ...]:
    trained = NOTHING
    if one.patients:
        trained = f"{counted(one.patients, 'patient')}, {one.patches:,} patches"
    evaluated = [run for run in found.evaluated if run.run.digest == one.digest]
    return (
        one.short,
        ("simulated" if one.simulated else "patients")
        + (", low dose simulated" if one.simulated_doses else ""),
        trained,
        "; ".join(_parts(evaluated)) or NOTHING,
        str(len(one.reconstructions)) if one.reconstructions else NOTHING,
        str(sum(run.digest == one.digest for run in found.runs)),
    )


def _parts(evaluated: Sequence[EvaluatedRun]) -> list[str]:
    parts = {run.part: run for run in evaluated if run.part and run.slices}
    return [
        f"{part}: {counted(run.patients, 'patient')}, {counted(run.slices, 'slice')}"
        for part, run in parts.items()
    ]
