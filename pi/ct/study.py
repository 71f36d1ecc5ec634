"""A simulated study: ten patients, two doses, two kernels, two thicknesses, on disk once.

A patient is scanned in base slices of 1 mm. A 3 mm slice is the mean of three base slices,
every 2 mm, as on the scanner: the same measurement, so its noise agrees with the thin slices'.
For exercising the pipeline and for relative comparisons, not for clinical claims.
"""

import dataclasses
import errno
import json
import math
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pi.ct.anatomy import draw_anatomy
from pi.ct.challenge import TREE, Dose, Placement, Series, write_series
from pi.ct.phantom import draw_phantom
from pi.ct.projector import Geometry
from pi.ct.scanner import KERNELS, Protocol, scan
from pi.errors import PiError
from pi.progress import progress

RECIPE = 1
"""Version of the recipe; raised whenever the same seed would give other bytes."""

RECORD = "study.json"

PresetName = Literal["tiny", "small", "full"]


class StudyError(PiError):
    """A simulated study cannot be made, or a folder holds something else."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How large a study is.

    Attributes:
        name: of the preset.
        size: rows and columns of a slice.
        views: projections per slice.
        slices: base slices of 1 mm per patient, at least 3.
        photons: see `pi.ct.scanner.Protocol`.
        patients: how many.
    """

    name: str
    size: int
    views: int
    slices: int
    photons: float
    patients: int = 10

    @property
    def files(self) -> int:
        """Number of DICOM files of the study."""
        return self.patients * len(get_args(Dose)) * len(KERNELS) * (self.slices + self.thick)

    @property
    def thick(self) -> int:
        """Number of 3 mm slices per series."""
        return (self.slices - 1) // 2


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("tiny", 128, 180, 6, 0.04e5),
        Preset("small", 256, 360, 16, 0.28e5),
        Preset("full", 512, 720, 40, 2.0e5),
    )
}


def simulate(preset: Preset, folder: Path, *, seed: int, workers: int = 0) -> Path:
    """Return ``folder`` holding the simulated study; make it unless it is there already.

    The study is made in a sibling folder and renamed into place when whole, so an interrupted
    run leaves nothing behind. ``study.json`` tells by what it was made. The same preset and
    seed give the same bytes, whatever the number of workers. An own study of the same name that
    is older than the recipe, or that lost files, is made anew; a folder of another preset or
    seed, or with anything else in it, is refused and left as it is.

    Args:
        preset: one of `PRESETS`, or your own.
        folder: where the study goes.
        seed: 0 or greater.
        workers: processes; 0 means one per core.

    Raises:
        StudyError: bad seed or workers; the folder holds something else; no room on the disk.
    """
    for name, value in (("seed", seed), ("workers", workers)):
        if value < 0:
            raise StudyError(f"`{name}` must be 0 or greater but got {value}.")
    if _ready(folder, preset, seed):
        return folder
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        _make(preset, scratch, seed, workers)
        (scratch / RECORD).write_text(json.dumps(_record(preset, seed), indent=2) + "\n")
        _put_in_place(scratch, folder, preset, seed)
    except BrokenProcessPool as error:
        raise StudyError(
            "`workers` must be few enough for this machine's memory but a worker was killed."
        ) from error
    except OSError as error:
        raise StudyError(
            f"`folder` must have room for the study ({_megabytes(preset)} MB) and be writable "
            f"but got: {error.strerror}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def scan_patient(
    preset: Preset, patient: int, seed: int, slices: range | None = None
) -> tuple[NDArray[np.float32], Placement]:
    """Scan one patient.

    Args:
        preset: of the study.
        patient: number from 1.
        seed: of the study.
        slices: which base slices; all of them by default. A slice does not depend on the others.

    Returns:
        (slices, 2 doses, 2 kernels, size, size) float32 in HU, from the highest z down, and
        where the thin slices lie.
    """
    rng = np.random.default_rng([seed, patient])
    anatomy = draw_anatomy(rng)
    phantom = draw_phantom(anatomy, preset.slices, rng)
    # As a header would store it, so that geometry and header agree to the last digit.
    pixel = round(anatomy.field_of_view / preset.size, 6)
    geometry = Geometry(preset.size, preset.views, pixel)
    top = (preset.slices - 1) / 2
    scans = [
        scan(
            phantom.slice(top - k, preset.size),
            geometry,
            Protocol(preset.photons),
            np.random.default_rng([seed, patient, k]),
        )
        for k in (range(preset.slices) if slices is None else slices)
    ]
    current = round(200 * math.exp((anatomy.field_of_view - 350) / 150))
    return np.stack(scans), Placement(pixel, round(anatomy.level + top, 1), 1.0, current)


def thick_slices(thin: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of three slices, every second slice, along the first axis."""
    result: NDArray[np.float32] = (thin[:-2:2] + thin[1:-1:2] + thin[2::2]) / np.float32(3)
    return result


def write_patient(preset: Preset, patient: int, seed: int, root: Path) -> int:
    """Scan one patient, write the eight series below ``root`` and return the number of files."""
    thin, placement = scan_patient(preset, patient, seed)
    thick = thick_slices(thin)
    below = dataclasses.replace(placement, top=placement.top - 1.0, step=2.0)
    written = 0
    for d, dose in enumerate(get_args(Dose)):
        for k, kernel in enumerate(KERNELS):
            one = Series(patient, dose, 1, kernel.name, seed)
            three = dataclasses.replace(one, thickness=3)
            written += write_series(thin[:, d, k], one, placement, root)
            written += write_series(thick[:, d, k], three, below, root)
    return written


def _make(preset: Preset, root: Path, seed: int, workers: int) -> None:
    done = _each_patient(preset, root, seed, min(workers or _cores(), preset.patients))
    for _ in progress(done, f"simulating {preset.name}", total=preset.patients, unit="patient"):
        pass


def _each_patient(preset: Preset, root: Path, seed: int, workers: int) -> Iterator[int]:
    """Yield the number of files of each patient as it is finished."""
    patients = range(1, preset.patients + 1)
    if workers == 1:
        yield from (write_patient(preset, patient, seed, root) for patient in patients)
        return
    # Spawned, not forked: the caller may hold threads (TensorFlow, MLflow).
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_end_on_interrupt
    )
    try:
        futures = [pool.submit(write_patient, preset, n, seed, root) for n in patients]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _end_on_interrupt() -> None:
    """Let Ctrl-C end a worker at once and without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _megabytes(preset: Preset) -> int:
    return math.ceil(preset.files * (2 * preset.size**2 + 4096) / 1e6)


def _record(preset: Preset, seed: int) -> dict[str, object]:
    return {
        "about": "simulated phantoms, no patients; made by perceptual-influence",
        "recipe": RECIPE,
        "seed": seed,
        "files": preset.files,
        "preset": dataclasses.asdict(preset),
    }


def _ready(folder: Path, preset: Preset, seed: int) -> bool:
    """Tell whether the study is there, whole and up to date.

    Raises:
        StudyError: the folder holds something that is not this study in any version.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        found = json.loads((folder / RECORD).read_text())
        name, found_seed = found["preset"]["name"], found["seed"]
    except (OSError, ValueError, KeyError, TypeError):
        raise StudyError(
            "`folder` must be new, empty or hold a simulated study but got one with other files."
        ) from None
    if (name, found_seed) != (preset.name, seed):
        raise StudyError(
            f"`folder` must hold the study {preset.name} of seed {seed} "
            f"but got {name} of seed {found_seed}."
        )
    whole = sum(1 for _ in (folder / TREE).rglob("*.IMA")) == preset.files
    return bool(whole and found == _record(preset, seed))


def _put_in_place(scratch: Path, folder: Path, preset: Preset, seed: int) -> None:
    """Rename the finished study; whoever else finished the same one first has won."""
    if folder.exists() and any(folder.iterdir()):
        if _ready(folder, preset, seed):
            return
        old = scratch.with_name(scratch.name + ".old")
        folder.rename(old)
        scratch.rename(folder)
        shutil.rmtree(old)
        return
    try:
        scratch.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not _ready(folder, preset, seed):
            raise
