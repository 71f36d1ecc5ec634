"""Studies in memory whose truth is known, to be anonymised in every bad way."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pi.readers.claims import claims_of
from pi.readers.facts import HeaderText, SliceFacts
from pi.readers.geometry import Frame
from pi.readers.patients import SettledPatients, settle_patients

FRAME = Frame(48, 48, 2.0, (1, 0, 0), (0, 1, 0))
NAMES = ("Anton", "Berta", "Caesar", "Dora")


@dataclass(frozen=True)
class Shot:
    """One slice: whose it is in truth, and what is written of it."""

    person: int
    dose: str
    recon: int
    z: float
    patient_id: str
    patient_name: str
    folders: tuple[str, ...]
    study: str
    series: str
    frame_of_reference: str
    instance: str
    birth_date: str = ""

    @property
    def scan(self) -> tuple[int, str]:
        return (self.person, self.dose)

    @property
    def stack(self) -> tuple[int, str, int]:
        return (self.person, self.dose, self.recon)


def study(persons: int, recons: int, slices: int = 3) -> list[Shot]:
    """Both doses of everybody; as in the world, no UID is common to full and low dose."""
    return [
        Shot(
            *(person, dose, recon, 2.0 * k),
            patient_id=f"MRN-{7 * person + 11}",
            patient_name=f"{NAMES[person]}^X",
            folders=(NAMES[person].lower(),),
            study=f"1.{person}.{dose}",
            series=f"2.{person}.{dose}.{recon}",
            frame_of_reference=f"3.{person}.{dose}",
            instance=f"4.{person}.{dose}.{recon}.{k}",
        )
        for person, dose, recon, k in itertools.product(
            range(persons), ("full", "low"), range(recons), range(slices)
        )
    ]


def written(
    shots: Sequence[Shot], field: str, unit: Callable[[Shot], Hashable], values: Sequence[str]
) -> list[Shot]:
    """Return the slices with ``field`` of the n-th unit replaced by the n-th of ``values``."""
    units = list(dict.fromkeys(unit(shot) for shot in shots))
    value = dict(zip(units, itertools.cycle(values), strict=False))
    done = []
    for shot in shots:
        new = value[unit(shot)]
        if field == "folders":
            done.append(replace(shot, folders=(new,) if new else ()))
        else:
            done.append(replace(shot, **{field: new}))
    return done


def settled(
    shots: Sequence[Shot], told: Sequence[str] = (), *, pictures: bool = True
) -> SettledPatients:
    """Return what identification makes of the slices."""
    facts = [facts_of(number, shot) for number, shot in enumerate(shots)]
    truth = {one.file: shot for one, shot in zip(facts, shots, strict=True)}

    def picture_of(one: SliceFacts) -> NDArray[np.float64]:
        shot = truth[one.file]
        return picture(shot.person, shot.z, shot.dose, shot.recon)

    claims = [claims_of(one) for one in facts]
    return settle_patients(facts, claims, told, picture_of if pictures else None)


def facts_of(number: int, shot: Shot) -> SliceFacts:
    thickness = (1.0, 3.0)[shot.recon]
    text = HeaderText(
        patient_id=shot.patient_id,
        patient_name=shot.patient_name,
        birth_date=shot.birth_date,
        kernel=("B30f",),
        thickness=thickness,
    )
    return SliceFacts(
        file="/".join((*shot.folders, f"{shot.dose}_{number:06d}.dcm")),
        index=0,
        frame=FRAME,
        origin=(0.0, 0.0, shot.z),
        text=text,
        instance=shot.instance,
        series=shot.series,
        study=shot.study,
        frame_of_reference=shot.frame_of_reference,
    )


@cache
def picture(person: int, z: float, dose: str, recon: int) -> NDArray[np.float64]:
    """(48, 48) HU: blocks that are the person's and the place's, noise that is the scan's."""
    anatomy = np.random.default_rng([1, person, int(z)]).normal(0, 80, (8, 8))
    sd = 8 if dose == "full" else 20
    noise = np.random.default_rng([2, person, int(z), sd, recon]).normal(0, sd, (48, 48))
    return np.kron(anatomy, np.ones((6, 6))) + noise


def mistakes(shots: Sequence[Shot], found: SettledPatients, told: Sequence[str] = ()) -> list[str]:
    """Return every patient of two persons and every person in two patients."""
    of_patient: defaultdict[str, set[int]] = defaultdict(set)
    of_person: defaultdict[int, set[str]] = defaultdict(set)
    for number, (shot, patient) in enumerate(zip(shots, found.patients, strict=True)):
        if isinstance(patient, str) and not (told and told[number]):
            of_patient[patient].add(shot.person)
            of_person[shot.person].add(patient)
    merged = [f"{name} is {who}" for name, who in of_patient.items() if len(who) > 1]
    return merged + [f"{who} is {names}" for who, names in of_person.items() if len(names) > 1]
