"""What simulating, preparing, exporting, denoising, tidying, sending and listing would take."""

from pathlib import Path

from pi.digits import number
from pi.jobs.denoise import asked_scan
from pi.jobs.export import VARIABLE
from pi.jobs.exported.pairs import needed_parts, parts_of
from pi.jobs.foreseen.data_ahead import data_ahead, scan_seconds
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import (
    measured,
    pair_seconds,
    reading_seconds,
    slice_seconds,
    start_tensorflow,
)
from pi.jobs.foreseen.to_judge import network_of
from pi.jobs.foreseen.to_learn import side_of
from pi.jobs.opening import slices_in
from pi.new_folder import require_new
from pi.parameters import (
    DenoiseParameters,
    ExportParameters,
    PrepareParameters,
    PresetsParameters,
    SimulateParameters,
    SyncParameters,
    TidyParameters,
)
from pi.places import data_folder, export_folder, simulated_folder, store_folder
from pi.readers.files import list_files
from pi.readers.scan import require_folder
from pi.simulation.patient import SIZES
from pi.slices.low_dose import find_simulated_doses
from pi.slices.split import require_split
from pi.tracking.address import tracking_uri
from pi.tracking.delivery import waiting_for


def of_simulate(p: SimulateParameters) -> Outlook:
    """Return what `simulate` would do."""
    size = SIZES[p.size]
    if simulated_folder(p.size, p.seed).exists():
        return Outlook((f"nothing: the study {p.size}, seed {p.seed}, is there",), 0.0, why="found")
    line = f"the study {p.size}, seed {p.seed}: {size.patients} patients, {size.files} files"
    one = scan_seconds(p.size, p.seed)
    return Outlook(
        (line,), one * size.patients * size.slices, most=True,
        why=measured(one, "slice scanned in one process"),
    )  # fmt: skip


def of_prepare(p: PrepareParameters) -> Outlook:
    """Return what `prepare` would do."""
    source = Path(p.source).expanduser() if p.source else data_folder()
    require_folder(source)
    require_split(p.split)
    find_simulated_doses(p.low_dose)
    files = [source / file for file in list_files(source, [])]
    what = "a mapping to be completed" if p.mapping_template else f"the store {p.name}"
    there = " (which is there already, and stays)" if store_folder(p.name).exists() else ""
    each = reading_seconds(files)
    return Outlook(
        (f"{len(files)} files are read", f"{what} is written{there}"),
        2 * each * len(files),
        why=f"{number(1000 * each)} ms to read a file, measured now, and as much for its pixels",
    )


def of_export(p: ExportParameters) -> Outlook:
    """Return what `export` would do."""
    require_new(export_folder(), VARIABLE)
    data = data_ahead(p, p.fold, *needed_parts(p.part))
    line = f"pairs of the part {p.part} are written as {p.format} into a new folder"
    if data.store is None:
        return data.unread(line)
    parts = parts_of(data.store, p.part)
    slices = slices_in(data.store, parts)
    each = pair_seconds(side_of(data.store))
    return data.before(Outlook(
        (f"data {p.data}: {slices} pairs of slices ({', '.join(parts)})", line),
        each * slices,
        why=f"{number(1000 * each)} ms to check a pair and lay it out, measured now; the disk's "
        "own time is not counted",
    ))  # fmt: skip


def of_denoise(p: DenoiseParameters) -> Outlook:
    """Return what `denoise` would do."""
    slices = asked_scan(p).slices
    start_tensorflow()
    from pi.subjects import fetch_subject

    fetch_subject(p.run, p.denoiser, p.interface)
    network = network_of(p.run, p.denoiser)
    count, side = len(slices), max(max(one.frame.rows, one.frame.columns) for one in slices)
    each = slice_seconds(network, side) if network else 0.0
    return Outlook(
        (f"{count} slices of up to {side} x {side} pixels are read",
         f"they are denoised by {p.run} into a new folder"),
        each * count,
        why=measured(each, "slice"),
    )  # fmt: skip


def of_tidy(p: TidyParameters) -> Outlook:
    """Return what `tidy` would do."""
    does = "is closed, removed or put back" if p.remove else "is listed, and stays"
    return Outlook((f"what processes left that are gone {does}",), 5.0, why="no pixel is read")


def of_sync(p: SyncParameters) -> Outlook:
    """Return what `sync` would do."""
    waiting = waiting_for(tracking_uri())
    lines = [f"{waiting} entries that runs logged here are sent to the tracking store"]
    if p.forget_refused:
        lines.append("what the store refuses for good is removed")
    return Outlook(tuple(lines), why="it depends on the store, which is not asked now")


def of_presets(p: PresetsParameters) -> Outlook:
    """Return what `presets` would do."""
    return Outlook(("the losses of the literature are listed",), 1.0, why="nothing is computed")
