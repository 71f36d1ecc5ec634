"""What simulating, preparing, exporting, denoising, tidying and listing presets would take."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pi.derived.found_scan import ScanError
from pi.jobs.foreseen.outlook import Outlook, made_store, unmade
from pi.jobs.foreseen.pace import best_of, slice_seconds
from pi.jobs.foreseen.to_judge import network_of
from pi.jobs.opening import slices_in
from pi.parameters import (
    DenoiseParameters,
    ExportParameters,
    PrepareParameters,
    PresetsParameters,
    SimulateParameters,
    TidyParameters,
)
from pi.places import data_folder, simulated_folder, store_folder
from pi.readers.files import list_files
from pi.simulation.patient import SIZES, scan_patient
from pi.slices.split import PARTS

SAMPLE = 16
"""Files that are read to tell how fast they are."""


def of_simulate(p: SimulateParameters) -> Outlook:
    """Return what `simulate` would do."""
    size = SIZES[p.size]
    if simulated_folder(p.size, p.seed).exists():
        return Outlook((f"nothing: the study {p.size}, seed {p.seed}, is there",), 0.0, why="found")
    line = f"the study {p.size}, seed {p.seed}: {size.patients} patients, {size.files} files"
    one = best_of(lambda: scan_patient(size, 0, p.seed, range(1)))
    return Outlook(
        (line,), one * size.patients * size.slices, most=True,
        why=f"{one:.3g} s a scanned slice in one process, measured now",
    )  # fmt: skip


def of_prepare(p: PrepareParameters) -> Outlook:
    """Return what `prepare` would do."""
    source = Path(p.source).expanduser() if p.source else data_folder()
    files = [source / file for file in list_files(source, [])]
    what = "a mapping to be completed" if p.mapping_template else f"the store {p.name}"
    there = " (which is there already, and stays)" if store_folder(p.name).exists() else ""
    each = _reading(files)
    return Outlook(
        (f"{len(files)} files are read", f"{what} is written{there}"),
        2 * each * len(files),
        why=f"{1000 * each:.3g} ms to read a file, measured now, and as much for its pixels",
    )


def _reading(files: Sequence[Path]) -> float:
    step = max(len(files) // SAMPLE, 1)
    some = files[::step][:SAMPLE]
    return _mean_seconds([file.read_bytes for file in some])


def _mean_seconds(works: Sequence[Callable[[], object]]) -> float:
    begun = time.perf_counter()
    for work in works:
        work()
    return (time.perf_counter() - begun) / max(len(works), 1)


def of_export(p: ExportParameters) -> Outlook:
    """Return what `export` would do."""
    store = made_store(p, p.fold, *(() if p.part == "all" else (p.part,)))
    line = f"pairs of the part {p.part} are written as {p.format}"
    if store is None:
        return unmade(p.data, line)
    slices = slices_in(store, PARTS if p.part == "all" else (p.part,))
    each = best_of(lambda: store.pair(0, 0))
    return Outlook(
        (f"data {p.data}: {slices} pairs of slices", line),
        3 * each * slices,
        why=f"{1000 * each:.3g} ms to read a pair, measured now, and twice that to write it",
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
        why=f"{each:.3g} s a slice of {SIDE} x {SIDE} pixels, measured now, if each file is one",
    )


SIDE = 512
"""Pixels on a side of a slice, as most scanners have it."""


def of_tidy(p: TidyParameters) -> Outlook:
    """Return what `tidy` would do."""
    does = "is closed, removed or put back" if p.remove else "is listed, and stays"
    return Outlook((f"what processes left that are gone {does}",), 5.0, why="no pixel is read")


def of_presets(p: PresetsParameters) -> Outlook:
    """Return what `presets` would do."""
    return Outlook(("the losses of the literature are listed",), 1.0, why="nothing is computed")
