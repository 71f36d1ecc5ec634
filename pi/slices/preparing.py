"""A folder of scanner files to a store: scan, group, pair, split, write."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pi.identity import fingerprint
from pi.readers.identification import Identified, identify
from pi.readers.noise import noise_in
from pi.readers.reading import pictures_in
from pi.readers.refusal import Refused
from pi.readers.scan import SourceError, scan
from pi.readers.unheaded import settle
from pi.readers.units import AUTO
from pi.simulation.lesion import read_lesions
from pi.slices.account import write_account
from pi.slices.failure import UnusableError, nothing_paired, nothing_read, nothing_transferred
from pi.slices.finishing import Preparation, finish, public_names, report_on
from pi.slices.low_dose import with_simulated_doses
from pi.slices.manifest import StoreError
from pi.slices.pairing import PairedVolume, pair_series
from pi.slices.prepare_report import PrepareReport
from pi.slices.remarks import remarks_on
from pi.slices.series import build_series, same_pixels_in
from pi.slices.split import choose_split, require_split
from pi.slices.store import Store
from pi.slices.transfer import transfer
from pi.slices.writing import replacing, require_replaceable

RECIPE = 2
"""Version of what is understood of files; raised where the same ones would give another store."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A new store and what became of every file of its source."""

    store: Store
    report: PrepareReport


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
    request = _Request(source, destination, split, seed, secret, values, tuple(low_doses), by_noise)
    require_split(split)
    _require_apart(source, destination)
    require_replaceable(destination)
    try:
        return _prepare(request)
    except UnusableError as error:
        if account is None:
            raise
        raise error.with_account(write_account(account, error.refused)) from None


@dataclass(frozen=True, slots=True)
class _Request:
    """What `prepare` is asked for; see there."""

    source: Path
    destination: Path
    split: str
    seed: int
    secret: bytes = field(repr=False)
    values: str
    low_doses: tuple[float, ...]
    by_noise: bool


@dataclass(frozen=True, slots=True)
class _Paired:
    """What a folder holds, in pairs whose pixels were not read yet."""

    files: int
    identified: Identified
    volumes: tuple[PairedVolume, ...]
    refused: tuple[Refused, ...]
    messages: tuple[str, ...]


def _prepare(request: _Request) -> Prepared:
    paired = _pair(request)
    _require_room(paired.volumes, request.destination)
    patients = {volume.patient for volume in paired.volumes if volume.pairs}
    chosen = choose_split(request.split, patients, request.seed)
    names = public_names(paired.volumes, request.secret)
    with replacing(request.destination) as folder:
        volumes = tuple(
            transfer(
                folder, number, request.source, volume, names[volume.patient],
                chosen.split.part_of(volume.patient), request.seed, request.secret,
            )
            for number, volume in enumerate(paired.volumes)
        )  # fmt: skip
        refused = (*paired.refused, *(item for volume in volumes for item in volume.refused))
        if not any(volume.pairs for volume in volumes):
            raise nothing_transferred(refused)
        remarks = remarks_on(paired.identified, volumes, names, chosen.split)
        notes = (*chosen.messages, *paired.messages, *remarks)
        key = fingerprint(request.secret)
        lesions = read_lesions(request.source)
        outcome = Preparation(
            paired.files, volumes, refused, names, chosen.split, notes, key, lesions
        )
        manifest = finish(folder, outcome)
    return Prepared(Store.open(request.destination), report_on(outcome, manifest))


def _pair(request: _Request) -> _Paired:
    """Scan, identify and pair, without reading more pixels than that needs."""
    source, low_doses = request.source, request.low_doses
    scanned = scan(source)
    identified = identify(
        scanned.slices,
        pictures_in(source),
        noise_in(source) if request.by_noise and not low_doses else None,
        "normal" if low_doses else None,
    )
    settled = settle(identified.headers, request.values)
    refused = [*scanned.refused, *identified.refused, *settled.refused]
    if not settled.headers:
        raise nothing_read(scanned.files, refused)
    series, misfits = build_series(settled.headers, same_pixels_in(source))
    paired, unpaired = with_simulated_doses(series, low_doses) if low_doses else pair_series(series)
    refused += [*misfits, *unpaired]
    if not any(volume.pairs for volume in paired):
        raise nothing_paired(settled.headers, refused)
    return _Paired(scanned.files, identified, paired, tuple(refused), settled.messages)


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
