"""The data of a job before the job: opened, or as many as they will be once they are made."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pi.identity import find_dose
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import paced, reading_seconds
from pi.jobs.opening import require_members
from pi.parameters import SimulateParameters
from pi.parameters.shared import DataParameters
from pi.places import data_folder, simulated_folder
from pi.readers.files import list_files
from pi.simulation.challenge import patient_id
from pi.simulation.patient import SIZES, StudySize, scan_patient
from pi.simulation.scanner import KERNELS
from pi.slices.folds import find_fold
from pi.slices.manifest import Manifest, Volume
from pi.slices.split import choose_split
from pi.slices.store import Store
from pi.source import NotMadeError, find_study, open_data

LOW_DOSE = 0.25
"""Of a simulated study, of the normal one."""


@dataclass(frozen=True, slots=True)
class DataAhead:
    """The data that a job would have.

    Attributes:
        store: of them; without pixels where they would be made first; None where nothing but
            reading the files tells how many there will be.
        first: seconds in which they would be made; 0 where they are there.
        said: what would be made, in words; empty where they are there.
    """

    store: Store | None
    first: float = 0.0
    said: str = ""

    def before(self, outlook: Outlook) -> Outlook:
        """Return the outlook of a job with that of making its data in front."""
        if not self.said:
            return outlook
        return replace(outlook, lines=(self.said, *outlook.lines), first=self.first)

    def unread(self, *lines: str) -> Outlook:
        """Return the outlook of a job of which only the files of its data would tell more."""
        return self.before(Outlook(lines, why="how many patches and slices there are is not read"))


def data_ahead(parameters: DataParameters, fold: int, *needed: str) -> DataAhead:
    """Return the data that a job would open, or would have made.

    Args:
        parameters: of the job.
        fold: which of its folds; 0 where there are none.
        needed: parts that must have patients.

    Raises:
        PiError: see `pi.jobs.opening.open_asked`.
    """
    p = parameters
    try:
        store = open_data(
            p.data, split=p.split, split_seed=p.seed, study_seed=SimulateParameters.seed,
            dose=p.dose, fold=fold, folds=p.folds, made_only=True,
        )  # fmt: skip
    except NotMadeError:
        return _unmade(p, fold, *needed)
    require_members(store, needed)
    return DataAhead(store)


def _unmade(p: DataParameters, fold: int, *needed: str) -> DataAhead:
    study = find_study(p.data, SimulateParameters.seed)
    if study is None:
        return DataAhead(None, *_reading(p.data, data_folder()))
    name, seed = study
    store = planned_store(SIZES[name], p.split, p.seed)
    one, fraction = find_fold(fold, p.folds), find_dose(p.dose)
    store = store if fraction is None else store.at_dose(fraction)
    store = store.in_fold(one) if one else store
    require_members(store, needed)
    folder = simulated_folder(name, seed)
    return DataAhead(
        store, *(_reading(p.data, folder) if folder.exists() else _simulating(p.data, name, seed))
    )


def _reading(data: str, folder: Path) -> tuple[float, str]:
    """Return the seconds in which the files of a folder are read, with their pixels, in words."""
    files = [folder / file for file in list_files(folder, [])]
    said = f"data {data}: not there yet, {len(files)} files would be read first"
    return 2 * reading_seconds(files) * len(files), said


def _simulating(data: str, name: str, seed: int) -> tuple[float, str]:
    size = SIZES[name]
    said = f"data {data}: not there yet, {size.files} files would be simulated first"
    return scan_seconds(name, seed) * size.patients * size.slices, said


@cache
def scan_seconds(size: str, seed: int) -> float:
    """Return the seconds in which one process scans a slice of a simulated patient."""
    return paced(lambda: scan_patient(SIZES[size], 1, seed, range(1))).each


def planned_store(size: StudySize, split: str, seed: int) -> Store:
    """Return a store of as many volumes and slices as a simulated study will have, and no pixels.

    Args:
        size: of the study.
        split: how its patients are divided.
        seed: of a split that is drawn.

    Raises:
        PiError: see `pi.slices.split.choose_split`.
    """
    patients = [patient_id(number) for number in range(1, size.patients + 1)]
    chosen = choose_split(split, patients, seed).split
    volumes = []
    for number, patient in enumerate(patients):
        for thickness, slices in ((1.0, size.slices), (3.0, size.thick)):
            positions = tuple(1000.0 * number + index for index in range(slices))
            for kernel in KERNELS:
                volumes.append(
                    Volume(patient, thickness, kernel.name, chosen.part_of(patient), positions,
                           size.pixels, size.pixels, None, {}, f"{patient} {thickness} {kernel}",
                           sheared=False, simulated=True, padded=0, clipped=0, dose=LOW_DOSE)
                )  # fmt: skip
    return Store(Manifest(tuple(volumes), {}, chosen.name), tuple({} for _ in volumes))
