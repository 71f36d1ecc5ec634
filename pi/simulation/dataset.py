"""A simulated study on disk: made once, whole or not at all, and found again.

For exercising the pipeline and for relative comparisons, not for clinical claims: one photon
energy, no scatter, no helix or cone, no motion.
"""

import errno
import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pi.errors import PiError
from pi.progress import progress
from pi.simulation.challenge import TREE
from pi.simulation.lesion import LESIONS, RECORD, told_lesions
from pi.simulation.patient import SIZES, StudySize, lesions_of, write_patient
from pi.simulation.workers import WorkerError, each_patient

__all__ = ["SIZES", "SimulationError", "StudySize", "simulate"]

RECIPE = 1
"""Version of the recipe; raised whenever the same seed would give other bytes."""


class SimulationError(PiError):
    """A simulated study cannot be made, or a folder holds something else."""


def simulate(size: StudySize, folder: Path, *, seed: int, workers: int = 0) -> Path:
    """Return ``folder`` holding the simulated study; make it unless it is there already.

    The study is made in a sibling folder and renamed into place when whole: an interrupted run
    leaves nothing, and what a killed one leaves is never taken for a study. ``study.json`` tells
    by what it was made. The same size and seed give the same bytes, whatever the number of
    workers. An own study of the same size and seed that is older than the recipe, or that
    lost files, is made anew; a folder of another size or seed, or with anything else in it,
    is refused and left as it is.

    Args:
        size: one of `SIZES`, or your own.
        folder: where the study goes.
        seed: 0 or greater.
        workers: processes; 0 means one per core.

    Raises:
        SimulationError: bad seed or workers; the folder holds something else; no room on the disk.
    """
    for name, value in (("seed", seed), ("workers", workers)):
        if value < 0:
            raise SimulationError(f"`{name}` must be 0 or greater but got {value}.")
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        if _ready(folder, size, seed):
            return folder
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        _make(size, scratch, seed, workers)
        record = _record(size, seed) | _told(size, seed)
        (scratch / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        _put_in_place(scratch, folder, size, seed)
    except WorkerError as error:
        raise SimulationError(
            "`workers` must be few enough for this machine's memory but a worker was killed."
        ) from error
    except OSError as error:
        raise SimulationError(
            f"`folder` must have room for the study ({_megabytes(size)} MB) and be writable "
            f"but got: {error.strerror or type(error).__name__}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _told(size: StudySize, seed: int) -> dict[str, object]:
    """Return the table of lesions of a study."""
    return told_lesions(
        [one for patient in size.with_lesions for one in lesions_of(size, patient, seed)]
    )


def _make(size: StudySize, root: Path, seed: int, workers: int) -> None:
    done = _each_patient(size, root, seed, min(workers or _cores(), size.patients))
    for _ in progress(done, f"simulating {size.name}", total=size.patients, unit="patient"):
        pass


def _each_patient(size: StudySize, root: Path, seed: int, workers: int) -> Iterator[int]:
    """Yield the number of files of each patient as it is finished."""
    patients = range(1, size.patients + 1)
    if workers == 1:
        yield from (write_patient(size, patient, seed, root) for patient in patients)
        return
    yield from each_patient(size, root, seed, workers)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _megabytes(size: StudySize) -> int:
    return math.ceil(size.files * (2 * size.pixels**2 + 4096) / 1e6)


def _record(size: StudySize, seed: int) -> dict[str, object]:
    return {
        "about": "simulated phantoms, no patients; made by perceptual-influence",
        "recipe": RECIPE,
        "seed": seed,
        "files": size.files,
        # the names of the first version: studies of before stay readable
        "preset": {
            "name": size.name,
            "size": size.pixels,
            "views": size.views,
            "slices": size.slices,
            "patients": size.patients,
            **({"with_lesions": [*size.with_lesions]} if size.with_lesions else {}),
        },
    }


def _ready(folder: Path, size: StudySize, seed: int) -> bool:
    """Tell whether the study is there, whole and up to date.

    Raises:
        SimulationError: the folder holds something that is not this study in any version.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        found = json.loads((folder / RECORD).read_text())
        name, found_seed = found["preset"]["name"], found["seed"]
    except (OSError, ValueError, KeyError, TypeError):
        raise SimulationError(
            "`folder` must be new, empty or hold a simulated study but got one with other files."
        ) from None
    if (name, found_seed) != (size.name, seed):
        raise SimulationError(
            f"`folder` must hold the study {size.name} of seed {seed} "
            f"but got {name} of seed {found_seed}."
        )
    whole = sum(1 for _ in (folder / TREE).rglob("*.IMA")) == size.files
    told = {key: value for key, value in found.items() if key != LESIONS}
    return bool(whole and told == _record(size, seed))


def _put_in_place(scratch: Path, folder: Path, size: StudySize, seed: int) -> None:
    """Rename the finished study; whoever else finished the same one first has won."""
    if folder.exists() and any(folder.iterdir()):
        if _ready(folder, size, seed):
            return
        old = scratch.with_name(scratch.name + ".old")
        folder.rename(old)
        scratch.rename(folder)
        shutil.rmtree(old)
        return
    try:
        scratch.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not _ready(folder, size, seed):
            raise
