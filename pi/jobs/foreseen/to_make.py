"""What simulating, preparing, exporting, denoising, tidying, sending and listing would take."""

from pathlib import Path

from pi.derived.found_scan import ScanError
from pi.digits import number
from pi.jobs.foreseen.data_ahead import data_ahead, scan_seconds
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import best_of, measured, reading_seconds, slice_seconds
from pi.jobs.foreseen.to_judge import network_of
from pi.jobs.opening import slices_in
from pi.parameters import (
    DenoiseParameters,
    ExportParameters,
    PrepareParameters,
    PresetsParameters,
    SimulateParameters,
    SyncParameters,
    TidyParameters,
)
from pi.places import data_folder, simulated_folder, store_folder
from pi.readers.files import list_files
from pi.simulation.patient import SIZES
from pi.slices.split import PARTS
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
    data = data_ahead(p, p.fold, *(() if p.part == "all" else (p.part,)))
    line = f"pairs of the part {p.part} are written as {p.format}"
    if data.said or data.store is None:
        return data.before(Outlook((line,), why="there is no pair yet whose reading is timed"))
    store = data.store
    slices = slices_in(store, PARTS if p.part == "all" else (p.part,))
    each = best_of(lambda: store.pair(0, 0))
    return Outlook(
        (f"data {p.data}: {slices} pairs of slices", line),
        3 * each * slices,
        why=f"{number(1000 * each)} ms to read a pair, measured now, and twice that to write it",
    )


def of_denoise(p: DenoiseParameters) -> Outlook:
    """Return what `denoise` would do."""
    if not p.run:
        raise ScanError("`run` must be whose denoiser is used, such as a run's id, but is empty.")
    files = [*list_files(data_folder(), [])]
    network = network_of(p.run, p.denoiser)
    each = slice_seconds(network, SIDE) if network else 0.0
    return Outlook(
        (f"{len(files)} files are read", f"they are denoised by {p.run} into a new folder"),
        each * len(files),
        why=f"{measured(each, f'slice of {SIDE} x {SIDE} pixels')}, if each file is one",
    )


SIDE = 512
"""Pixels on a side of a slice, as most scanners have it."""


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
