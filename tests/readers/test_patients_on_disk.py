"""Identity from files to the store: folders as people of the field hold them."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ct_files import SECRET, write_ct
from numpy.typing import NDArray

from pi.readers.identification import identify
from pi.readers.scan import SourceError, scan
from pi.slices.preparing import Prepared, prepare

ZS = (0.0, 2.0, 4.0)


def body(person: int, z: float, dose: str) -> NDArray[np.int16]:
    """(60, 60) HU at 0.7 mm: anatomy of one person and place, noise of one scan."""
    anatomy = np.random.default_rng([person, int(z)]).normal(0, 90, (5, 5))
    sd = 8 if dose == "FD" else 24
    noise = np.random.default_rng([person, int(z), sd]).normal(0, sd, (60, 60))
    return np.rint(np.kron(anatomy, np.ones((12, 12))) + noise).astype(np.int16)


def write_person(
    where: Callable[[str, int], str],
    person: int,
    *,
    who: int | None = None,
    **tags: Any,
) -> None:
    """Write both doses of ``person``, slice k of a dose at ``where(dose, k)``.

    Args:
        where: dose (FD or QD) and number of a slice -> path.
        person: whose UIDs are written.
        who: whose body is seen, if another's.
        tags: see `ct_files.ct_dataset`; a callable is given the dose.
    """
    for dose in ("FD", "QD"):
        own = {key: value(dose) if callable(value) else value for key, value in tags.items()}
        for k, z in enumerate(ZS):
            write_ct(
                Path(where(dose, k)),
                patient=f"U{person}",
                dose=dose,
                z=z,
                hu=body(person if who is None else who, z, dose),
                **({"PatientName": "", "PatientID": ""} | own),
            )


def half(dose: str) -> str:
    return "full" if dose == "FD" else "low"


def run(tmp_path: Path) -> Prepared:
    return prepare(tmp_path / "in", tmp_path / "store", split="auto", seed=0, secret=SECRET)


def patients(tmp_path: Path) -> set[str]:
    with (tmp_path / "store/private/patients.csv").open() as file:
        return {row["patient"] for row in csv.DictReader(file)}


def test_slices_called_c001_are_one_patients(tmp_path: Path) -> None:
    for name in "cnl":
        write_person(
            lambda d, k, n=name: f"{tmp_path}/in/PT-00/{half(d)}/{n}{k + 1:03d}.dcm", 0,
            PatientID="PT-00",
        )  # fmt: skip
    run(tmp_path)
    assert patients(tmp_path) == {"PT-00"}


@pytest.mark.parametrize("size", ["n512", "N512"])
def test_a_uuid_and_a_size_are_no_patients(tmp_path: Path, size: str) -> None:
    for p in range(2):
        write_person(
            lambda d, k, p=p: (
                f"{tmp_path}/in/all/{size}/C90{p}/{half(d)}/5f00{p}{k}aa-c123-4b{k}0-{half(d)[0]}b1.dcm"
            ),
            p, PatientID=f"C90{p}",
        )  # fmt: skip
    assert run(tmp_path).report.pairs == 6
    assert patients(tmp_path) == {"C900", "C901"}


@pytest.mark.parametrize("word", ["REMOVED", "0000", "n/a", "ANONYM^ANONYM", "STUDY-42"])
def test_one_word_for_all_leaves_the_folders(tmp_path: Path, word: str) -> None:
    for p in range(3):
        write_person(
            lambda d, k, p=p: f"{tmp_path}/in/src/patient_{p}/session_a/{half(d)}/{k}.dcm", p,
            PatientID=word, PatientName=word,
        )  # fmt: skip
    assert run(tmp_path).report.pairs == 9
    assert patients(tmp_path) == {"patient_0", "patient_1", "patient_2"}


def test_ids_that_differ_between_the_doses_are_paired_by_folder_and_said(tmp_path: Path) -> None:
    for p in range(2):
        write_person(
            lambda d, k, p=p: f"{tmp_path}/in/patient_{p}/{half(d)}/{k}.dcm", p,
            PatientID=lambda d, p=p: f"{p}{d}99",
        )  # fmt: skip
    report = run(tmp_path).report
    assert report.pairs == 6
    assert patients(tmp_path) == {"patient_0", "patient_1"}
    assert "PatientID differs from series to series of one person" in report.text()


def test_ids_that_differ_and_folders_that_number_nobody_are_refused(tmp_path: Path) -> None:
    write_person(
        lambda d, k: f"{tmp_path}/in/anton/{half(d)}/{k}.dcm", 0, PatientID=lambda d: f"{d}77"
    )
    with pytest.raises(SourceError, match="conflicting-patient 6"):
        run(tmp_path)


def test_one_body_under_two_names_is_refused_with_both(tmp_path: Path) -> None:
    for p, who in ((0, 0), (1, 1), (2, 1)):
        write_person(
            lambda d, k, p=p: f"{tmp_path}/in/{half(d)}/{p}_{k}.dcm", p, who=who, PatientID=f"Q{p}7"
        )
    report = run(tmp_path).report
    assert report.refusals == {"conflicting-patient": 12}
    assert patients(tmp_path) == {"Q07"}
    assert "Q17" not in report.text()
    assert "mapping.csv decides" in report.text()
    private = (tmp_path / "store/private/refusals.csv").read_text()
    assert "patient: Q17; patient: Q27" in private


def test_swapped_ids_are_seen_in_the_pictures(tmp_path: Path) -> None:
    for p in range(3):
        write_person(
            lambda d, k, p=p: f"{tmp_path}/in/{half(d)}/{p}_{k}.dcm", p,
            PatientID=lambda d, p=p: f"Q{p if d == 'FD' or p == 2 else 1 - p}7",
        )  # fmt: skip
    assert run(tmp_path).report.refusals == {"conflicting-patient": 12}
    assert patients(tmp_path) == {"Q27"}


@pytest.mark.parametrize("tag", ["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"])
def test_a_uid_over_everything_that_names_contradict_is_refused(tmp_path: Path, tag: str) -> None:
    for p in range(2):
        write_person(
            lambda d, k, p=p: f"{tmp_path}/in/{p}{half(d)}/{half(d)}/{k}.dcm", p,
            PatientID=f"Q{p}7", **{tag: "1.2.3.4"},
        )  # fmt: skip
    with pytest.raises(SourceError, match="conflicting-patient 12"):
        run(tmp_path)


def test_one_sop_instance_uid_over_everything_binds_nobody(tmp_path: Path) -> None:
    for p in range(2):
        write_person(
            lambda d, k, p=p: f"{tmp_path}/in/L92{p}/{half(d)}/{k}.dcm", p, SOPInstanceUID="1.2.3.4"
        )
    found = identify(scan(tmp_path / "in").slices)
    assert Counter(one.patient for one in found.headers) == {"L920": 6, "L921": 6}
    assert any("SOPInstanceUID" in message for message in found.messages)


def test_an_alias_of_the_challenge_is_resolved_and_said(tmp_path: Path) -> None:
    for p, name in enumerate(("L067", "L192", "L097")):
        write_person(lambda d, k, n=name: f"{tmp_path}/in/{n}/{half(d)}/{k}.dcm", p)
    prepared = run(tmp_path)
    assert patients(tmp_path) == {"L067", "L192", "L096"}
    assert prepared.report.split == "mayo2016"
    assert "another name" in prepared.report.text()
    assert "L09" not in prepared.report.text()


def test_no_name_at_all_is_refused_with_the_line_that_cures(tmp_path: Path) -> None:
    write_person(lambda d, k: f"{tmp_path}/in/{half(d)}/{k}.dcm", 0, PatientID="Anonymous")
    with pytest.raises(SourceError, match="unknown-patient 6"):
        run(tmp_path)


@pytest.mark.parametrize("same_body", [False, True])
def test_one_number_in_two_hospitals_is_one_person_only_if_pictures_say_so(
    tmp_path: Path, same_body: bool
) -> None:
    for person, clinic in ((1, "clinic_a"), (2, "clinic_b")):
        write_person(
            lambda dose, k, clinic=clinic: (  # type: ignore[misc]
                f"{tmp_path}/in/{clinic}/patient_1/{half(dose)}/{k}.dcm"
            ),
            person,
            who=1 if same_body else person,
        )
    identified = identify(scan(tmp_path / "in").slices)
    assert not identified.headers, "without pictures nobody knows"
    assert {one.refusal.values for one in identified.refused} == {
        ("folder: clinic_a", "folder: clinic_b")
    }
    if same_body:
        run(tmp_path)
        assert len(patients(tmp_path)) == 1
    else:
        with pytest.raises(SourceError):
            run(tmp_path)


@pytest.mark.parametrize(
    ("name", "persons"),
    [
        ("pat{p}_{k:03d}_{dose}.npy", {"pat1", "pat2"}),
        ("patient-{p}-slice{k}-{dose}.npy", {"patient-1", "patient-2"}),
        ("L00{p}_{k}_{dose}.npy", {"L001", "L002"}),
        ("L{k:03d}_{p}.{dose}.npy", {"L000", "L001", "L002"}),  # two slices each
        ("case_{p}{k}_{dose}.npy", set()),
        ("L0{p}{k}_input_{dose}.npy", set()),
    ],
)
def test_a_patient_that_begins_file_names_has_several_slices(
    tmp_path: Path, name: str, persons: set[str]
) -> None:
    for p in (1, 2):
        for k in range(3):
            for dose in ("full", "low"):
                np.save(tmp_path / name.format(p=p, k=k, dose=dose), body(p, k, dose))
    identified = identify(scan(tmp_path).slices)
    assert {one.patient for one in identified.headers} == persons
    assert bool(identified.refused) == (not persons)


def test_two_roles_of_one_numbered_slice_are_no_patient(tmp_path: Path) -> None:
    for k in range(4):
        for role in ("input", "target"):
            np.save(tmp_path / f"L{k:03d}_{role}.npy", body(1, k, role))
    assert not identify(scan(tmp_path).slices).headers


@pytest.mark.parametrize("apart", [False, True])
def test_one_id_over_folders_that_no_picture_joins_is_refused(tmp_path: Path, apart: bool) -> None:
    for person, name in ((1, "anna"), (2, "berta")):
        for dose in ("FD", "QD"):
            for k, z in enumerate(ZS):
                write_ct(
                    tmp_path / "in" / name / half(dose) / f"{k}.dcm",
                    patient=f"U{person}",
                    dose=dose,
                    z=z + 300 * person * apart,
                    hu=body(1, z, dose),
                    PatientName="",
                    PatientID="PROJECT",
                )
    if not apart:  # the pictures show one body
        assert run(tmp_path).report.pairs == len(ZS)
        return
    with pytest.raises(SourceError, match="one name over 2 folders that nothing else") as caught:
        run(tmp_path)
    assert "PROJECT" not in str(caught.value)
