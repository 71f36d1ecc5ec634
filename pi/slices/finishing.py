"""The end of a `prepare`: names, tables and manifest of a store, and the report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pi.identity import pseudonym
from pi.readers.refusal import Refused
from pi.simulation.lesion import Lesion
from pi.slices.account import REFUSAL_COLUMNS, REFUSALS, refusal_rows
from pi.slices.manifest import Manifest, ordered
from pi.slices.pairing import PairedVolume
from pi.slices.prepare_report import PrepareReport, Row
from pi.slices.series import gaps
from pi.slices.split import Split
from pi.slices.transfer import Transferred, is_simulated
from pi.slices.writing import number_volumes, write_manifest, write_private

Names = Mapping[str, str]
"""Patient as the source names it -> the name under which the store knows it."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What became of everything in a folder.

    Attributes:
        files: how many were looked at.
        volumes: in the order in which they were written.
        refused: every file and slice that was left out.
        names: of the patients; private.
        split: of the patients.
        notes: what the user should hear; names nobody.
        pseudonyms: fingerprint of the secret that made them.
        lesions: that the folder's own record tells, of simulated patients alone.
    """

    files: int
    volumes: tuple[Transferred, ...] = field(repr=False)
    refused: tuple[Refused, ...] = field(repr=False)
    names: Names = field(repr=False)
    split: Split
    notes: tuple[str, ...]
    pseudonyms: str = ""
    lesions: tuple[Lesion, ...] = ()


def public_names(paired: Iterable[PairedVolume], secret: bytes) -> Names:
    """Real patients go by pseudonyms; simulated ones, in all their volumes, by their ids."""
    simulated: dict[str, bool] = {}
    for volume in paired:
        simulated[volume.patient] = simulated.get(volume.patient, True) and is_simulated(volume)
    return {
        patient: patient if plain else pseudonym(patient, secret)
        for patient, plain in simulated.items()
    }


def finish(folder: Path, outcome: Preparation) -> Manifest:
    """Write everything but the pixels into an unfinished store; number its volumes."""
    kept = [(index, one) for index, one in enumerate(outcome.volumes) if one.volume is not None]
    described = [one.volume for _, one in kept if one.volume is not None]
    order = ordered(described)
    number_volumes(folder, [kept[index][0] for index in order])
    counts = Counter(str(item.refusal.reason) for item in outcome.refused)
    volumes = tuple(described[index] for index in order)
    hidden = any(patient != name for patient, name in outcome.names.items())
    manifest = Manifest(
        volumes, counts, outcome.split.name, outcome.notes,
        pseudonyms=outcome.pseudonyms if hidden else "",
        lesions=() if hidden else _of_known(outcome),
    )  # fmt: skip
    written = [kept[index][1] for index in order]
    _write_private(folder, written, outcome.refused, outcome.names)
    write_manifest(folder, manifest)
    return manifest


def _of_known(outcome: Preparation) -> tuple[Lesion, ...]:
    """Return the lesions of the patients that are here; a record can say anything."""
    known = set(outcome.names.values())
    return tuple(one for one in outcome.lesions if one.patient in known)


def _write_private(
    folder: Path, volumes: Sequence[Transferred], refused: Sequence[Refused], names: Names
) -> None:
    patients = sorted((name, patient) for patient, name in names.items())
    slices = (
        (number, index, pair.low.file, pair.normal.file)
        for number, volume in enumerate(volumes)
        for index, pair in enumerate(volume.pairs)
    )
    write_private(
        folder,
        {
            "patients.csv": (("pseudonym", "patient"), patients),
            REFUSALS: (REFUSAL_COLUMNS, refusal_rows(refused)),
            "slices.csv": (("volume", "index", "low", "normal"), slices),
        },
    )


def report_on(outcome: Preparation, manifest: Manifest) -> PrepareReport:
    """Return what became of every file."""
    rows = []
    for one in outcome.volumes:
        source, dropped = one.source, len(one.source.pairs) - len(one.pairs)
        rows.append(
            Row(
                patient=outcome.names[source.patient],
                reconstruction=source.reconstruction,
                split=outcome.split.part_of(source.patient),
                pairs=len(one.pairs),
                low_left=source.low_left + dropped,
                normal_left=source.normal_left + dropped,
                gaps=gaps([pair.normal.position for pair in one.pairs]),
            )
        )
    refusals = ((str(item.refusal.reason), item.refusal.detail) for item in outcome.refused)
    return PrepareReport(
        files=outcome.files,
        rows=tuple(sorted(rows, key=lambda row: (row.patient, row.reconstruction))),
        refusals=manifest.refusals,
        details=Counter(refusals),
        split=outcome.split.name,
        messages=outcome.notes,
        padded=sum(volume.padded for volume in manifest.volumes),
        clipped=sum(volume.clipped for volume in manifest.volumes),
        digest=manifest.digest,
    )
