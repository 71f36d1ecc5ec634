"""A folder of scanner files to a store: scan, group, pair, split, write."""

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pi.identity import pseudonym
from pi.readers.identification import identify
from pi.readers.noise import noise_in
from pi.readers.reading import pictures_in
from pi.readers.refusal import Refused
from pi.readers.scan import Scan, SourceError, scan
from pi.readers.unheaded import settle
from pi.readers.units import AUTO
from pi.slices.account import REFUSAL_COLUMNS, REFUSALS, refusal_rows, write_account
from pi.slices.failure import UnusableError, nothing_paired, nothing_read, nothing_transferred
from pi.slices.low_dose import with_simulated_doses
from pi.slices.manifest import Manifest, StoreError, ordered
from pi.slices.pairing import PairedVolume, pair_series
from pi.slices.remarks import remarks_on
from pi.slices.report import Report, Row
from pi.slices.series import build_series, gaps, same_pixels_in
from pi.slices.split import Chosen, choose_split
from pi.slices.store import Store
from pi.slices.transfer import Transferred, is_simulated, transfer
from pi.slices.writing import (
    number_volumes,
    replacing,
    require_replaceable,
    write_manifest,
    write_private,
)

RECIPE = 2
"""Version of what is understood of files; raised where the same ones would give another store."""

Names = Mapping[str, str]
"""Patient as the source names it -> the name under which the store knows it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A new store and what became of every file of its source."""

    store: Store
    report: Report


def prepare(
    source: Path,
    destination: Path,
    *,
    split: str,
    seed: int,
    secret: bytes,
    values: str = AUTO,
    low_doses: Sequence[float] = (),
    by_noise: bool = True,
    account: Path | None = None,
) -> Prepared:
    """Make the store ``destination`` out of all CT slices below ``source``.

    Args:
        source: any folder; see `pi.readers.names` for what its names may tell.
        destination: folder of the store; replaced only when the new store is whole.
        split: ``auto``, a named split, or the path of a JSON file; see `pi.slices.split`.
        seed: draws the split where ``auto`` must.
        secret: key of the pseudonyms; what it hides is written to ``private/`` alone.
        values: unit of the values of files without a header; see `pi.readers.units`.
        low_doses: fractions of the normal dose that are to be simulated from it, in place of any
            low dose that was scanned; none: it was scanned.
        by_noise: tell two series of untold dose apart by their noise; else they are refused.
        account: private folder in which ``refusals.csv`` says what became of every file where
            no store comes of them.

    Raises:
        SourceError: no folder, or an empty one.
        UnusableError: nothing in it can be used, with every reason.
        SplitError: ``split`` cannot be understood.
        UnitError: ``values`` cannot be understood.
        StoreError: ``destination`` cannot be written.
    """
    _require_apart(source, destination)
    require_replaceable(destination)
    try:
        return _prepare(source, destination, split, seed, secret, values, low_doses, by_noise)
    except UnusableError as error:
        if account is None:
            raise
        raise error.with_account(write_account(account, error.refused)) from None


def _prepare(
    source: Path,
    destination: Path,
    split: str,
    seed: int,
    secret: bytes,
    values: str,
    low_doses: Sequence[float],
    by_noise: bool,
) -> Prepared:
    scanned = scan(source)
    identified = identify(
        scanned.slices,
        pictures_in(source),
        noise_in(source) if by_noise and not low_doses else None,
        "normal" if low_doses else None,
    )
    settled = settle(identified.headers, values)
    refused = [*scanned.refused, *identified.refused, *settled.refused]
    if not settled.headers:
        raise nothing_read(scanned.files, refused)
    series, misfits = build_series(settled.headers, same_pixels_in(source))
    paired, unpaired = with_simulated_doses(series, low_doses) if low_doses else pair_series(series)
    refused += [*misfits, *unpaired]
    if not any(volume.pairs for volume in paired):
        raise nothing_paired(settled.headers, refused)
    _require_room(paired, destination)
    chosen = choose_split(split, {volume.patient for volume in paired if volume.pairs}, seed)
    names = _public_names(paired, secret)
    with replacing(destination) as folder:
        volumes = [
            transfer(folder, number, source, volume, names[volume.patient], part, seed)
            for number, volume in enumerate(paired)
            for part in [chosen.split.part_of(volume.patient)]
        ]
        refused += [item for volume in volumes for item in volume.refused]
        if not any(volume.pairs for volume in volumes):
            raise nothing_transferred(refused)
        manifest = _finish(folder, volumes, refused, names, chosen)
    remarks = (*settled.messages, *remarks_on(identified, volumes, names, chosen.split))
    report = _report(scanned, volumes, refused, manifest, names, chosen, remarks)
    return Prepared(Store.open(destination), report)


def _require_apart(source: Path, destination: Path) -> None:
    from_, to = source.resolve(), destination.resolve()
    if from_ == to or from_ in to.parents or to in from_.parents:
        raise SourceError("`source` must lie apart from the store but one holds the other.")


def _require_room(paired: Iterable[PairedVolume], destination: Path) -> None:
    needed = sum(
        4
        * len(volume.pairs)
        * volume.pairs[0].normal.frame.rows
        * volume.pairs[0].normal.frame.columns
        for volume in paired
        if volume.pairs
    )
    existing = next(folder for folder in destination.resolve().parents if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise StoreError(
            f"the cache must have {needed / 1e9:.2f} GB free for the store "
            f"but has {free / 1e9:.2f}."
        )


def _public_names(paired: Iterable[PairedVolume], secret: bytes) -> Names:
    """Real patients go by pseudonyms; simulated ones, in all their volumes, by their ids."""
    simulated: dict[str, bool] = {}
    for volume in paired:
        simulated[volume.patient] = simulated.get(volume.patient, True) and is_simulated(volume)
    return {
        patient: patient if plain else pseudonym(patient, secret)
        for patient, plain in simulated.items()
    }


def _finish(
    folder: Path,
    volumes: Sequence[Transferred],
    refused: Sequence[Refused],
    names: Names,
    chosen: Chosen,
) -> Manifest:
    kept = [(index, one) for index, one in enumerate(volumes) if one.volume is not None]
    described = [one.volume for _, one in kept if one.volume is not None]
    order = ordered(described)
    number_volumes(folder, [kept[index][0] for index in order])
    counts = Counter(str(item.refusal.reason) for item in refused)
    manifest = Manifest(tuple(described[index] for index in order), counts, chosen.split.name)
    _write_private(folder, [kept[index][1] for index in order], refused, names)
    write_manifest(folder, manifest)
    return manifest


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


def _report(
    scanned: Scan,
    volumes: Sequence[Transferred],
    refused: Sequence[Refused],
    manifest: Manifest,
    names: Names,
    chosen: Chosen,
    remarks: Sequence[str],
) -> Report:
    rows = []
    for one in volumes:
        source, dropped = one.source, len(one.source.pairs) - len(one.pairs)
        rows.append(
            Row(
                patient=names[source.patient],
                reconstruction=source.reconstruction,
                split=chosen.split.part_of(source.patient),
                pairs=len(one.pairs),
                low_left=source.low_left + dropped,
                normal_left=source.normal_left + dropped,
                gaps=gaps([pair.normal.position for pair in one.pairs]),
            )
        )
    return Report(
        files=scanned.files,
        rows=tuple(sorted(rows, key=lambda row: (row.patient, row.reconstruction))),
        refusals=manifest.refusals,
        details=Counter((str(item.refusal.reason), item.refusal.detail) for item in refused),
        split=chosen.split.name,
        messages=(*chosen.messages, *remarks),
        padded=sum(volume.padded for volume in manifest.volumes),
        clipped=sum(volume.clipped for volume in manifest.volumes),
        digest=manifest.digest,
    )
