import csv
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from ct_files import SECRET, noise, write_ct, write_patient, write_stack

from pi.identity import image_reference
from pi.readers.scan import SourceError
from pi.slices import writing
from pi.slices.manifest import StoreError
from pi.slices.prepare_report import RefusalError, require_nothing_refused
from pi.slices.preparing import Prepared, prepare
from pi.slices.store import Store


def run(source: Path, destination: Path, **options: Any) -> Prepared:
    return prepare(source, destination, **{"split": "auto", "seed": 0, "secret": SECRET} | options)


def patients_of(store: Path) -> set[str]:
    with (store / "private" / "patients.csv").open() as file:
        return {row["patient"] for row in csv.DictReader(file)}


def refusals_of(store: Path) -> dict[str, str]:
    with (store / "private" / "refusals.csv").open() as file:
        return {row["file"]: row["reason"] for row in csv.DictReader(file)}


# patient, dose (FD or QD), thickness, kernel -> folder, as in public copies of the data
Folder = Callable[[str, str, int, str], str]


def _sharp(kernel: str) -> str:
    return "_sharp" if kernel == "D45" else ""


def _half(dose: str) -> str:
    return "full" if dose == "FD" else "quarter"


LAYOUTS: dict[str, Folder] = {
    "A": lambda p, d, t, k: (
        f"Training_Image_Data/{t}mm {k}/{d}_{t}mm{_sharp(k)}/{_half(d)}_{t}mm{_sharp(k)}/{p}/"
        f"{_half(d)}_{t}mm{_sharp(k)}"
    ),
    "A doubled": lambda p, d, t, k: (
        f"Training_Image_Data/Training_Image_Data/{t}mm {k}/{_half(d)}_{t}mm{_sharp(k)}/"
        f"{_half(d)}_{t}mm{_sharp(k)}/{p}/{_half(d)}_{t}mm{_sharp(k)}"
    ),
    "B": lambda p, d, t, k: (
        f"{t}mm {k}/{_half(d)}_{t}mm{_sharp(k)}/{p}/{_half(d)}_{t}mm{_sharp(k)}"
    ),
    "C": lambda p, d, t, k: f"{t}mm {k}/{_half(d)}_{t}mm/{p}",
    "C test": lambda p, d, t, k: f"{t}mm {k}/{d}_{t}mm/{p}/{_half(d)}_{t}mm",
    "D": lambda p, d, t, k: f"{t}mm {k}/{p}/{_half(d)}_{t}mm{_sharp(k)}",
    "E": lambda p, d, t, k: f"{p}/{_half(d)}_{t}mm{_sharp(k)}",
    "F": lambda p, d, t, k: f"{p}/{_half(d)}_{t}mm{_sharp(k)}_sorted",
    "G": lambda p, d, t, k: f"Training Cases/{p}/{_half(d)}_{t}mm{_sharp(k)}",
    "H": lambda p, d, t, k: (
        f"Original Data/{'Full' if d == 'FD' else 'Quarter'} Dose/{t}mm Slice Thickness/"
        f"{'Sharp Kernel (D45)' if k == 'D45' else 'Soft Kernel (B30)'}/{p}"
    ),
    "J": lambda p, d, t, k: (
        f"manifest-1/LDCT-and-Projection-data/{p}/08-21-2018-NA-NA-{84608 + t}/"
        f"{1 + (k == 'D45')}.000000-{'Full Dose Images' if d == 'FD' else 'Low Dose Images'}-15477"
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_understood(tmp_path: Path, layout: str) -> None:
    source = tmp_path / "source"
    for patient in ("L067", "L506"):
        for kernel in ("B30", "D45"):
            for thickness in (1, 3):
                for dose in ("FD", "QD"):
                    folder = LAYOUTS[layout](patient, dose, thickness, kernel)
                    facts = {"patient": patient, "dose": dose, "kernel": kernel + "f"}
                    # Nothing but the folder tells patient and dose here.
                    write_stack(
                        source / folder, (0, 2), thickness=thickness, PatientName="", **facts
                    )
    prepared = run(source, tmp_path / "store")
    assert patients_of(tmp_path / "store") == {"L067", "L506"}
    assert prepared.report.pairs == 2 * 2 * 2 * 2
    assert prepared.report.refusals == {}
    found = {(volume.split, str(volume.reconstruction)) for volume in prepared.store.volumes}
    settings = {f"{mm}mm {kernel} 25%" for mm in (1, 3) for kernel in ("B30", "D45")}
    assert found == {(part, setting) for part in ("train", "test") for setting in settings}


def test_one_folder_for_both_doses_is_told_apart_by_file_names(tmp_path: Path) -> None:
    for dose in ("FD", "QD"):
        name = f"L067_{dose}_1_1.CT.0001.0001.2015.12.22.18.09.40.840353.358074219.IMA"
        write_ct(tmp_path / "in/1mm B30/L067" / name, dose=dose, thickness=1, PatientName="")
    assert run(tmp_path / "in", tmp_path / "store").report.pairs == 1


def test_a_users_own_patients_come_from_their_headers(tmp_path: Path) -> None:
    for number, name in enumerate(("Case A", "Case B", "Case C")):
        for dose, folder in (("FD", "full"), ("QD", "low")):
            write_stack(
                tmp_path / "in" / f"x{number}" / folder,
                dose=dose,
                patient=name,
                PatientName="",
                PatientID=name,
                kernel="FC08",
                thickness=5,
            )
    prepared = run(tmp_path / "in", tmp_path / "store")
    assert patients_of(tmp_path / "store") == {"Case A", "Case B", "Case C"}
    assert {str(volume.reconstruction) for volume in prepared.store.volumes} == {"5mm FC08"}
    assert {volume.split for volume in prepared.store.volumes} == {"train", "validation", "test"}


def test_a_users_own_anonymous_patients_come_from_their_folders(tmp_path: Path) -> None:
    for name in ("first", "second"):
        for dose, folder in (("FD", "full"), ("QD", "low")):
            write_stack(tmp_path / "in" / name / folder, dose=dose, patient=name, PatientName="")
    run(tmp_path / "in", tmp_path / "store")
    assert patients_of(tmp_path / "store") == {"first", "second"}


def test_two_people_under_one_folder_name_are_not_mixed(tmp_path: Path) -> None:
    write_patient(tmp_path / "in", "L067")
    write_ct(tmp_path / "in/L109/full_3mm/1", patient="L109", PatientID="A", z=0)
    write_ct(tmp_path / "in/L109/full_3mm/2", patient="L109", PatientID="B", z=2)
    report = run(tmp_path / "in", tmp_path / "store").report
    assert report.refusals == {"conflicting-patient": 2}


def test_every_file_is_half_of_a_pair_or_refused(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_patient(source, "L067", zs=(0, 2, 4, 6))
    write_stack(source / "L143/quarter_3mm", patient="L143", dose="QD")
    (source / "L067/full_3mm/000002.IMA").unlink()
    (source / "notes.txt").write_text("nothing")
    (source / ".DS_Store").write_bytes(b"Bud1")
    write_ct(source / "L067/full_DICOM-CT-PD/1.dcm")
    write_ct(source / "L067/full_3mm/broken", z=8).write_bytes(b"DICM")
    report = run(source, tmp_path / "store").report
    assert report.refusals == {
        "companion-file": 1,
        "not-dicom": 2,
        "one-dose-only": 3,
        "projections": 1,
        "unpaired-slice": 1,
    }
    assert report.files == 2 * report.pairs + report.refused
    assert len(refusals_of(tmp_path / "store")) == report.refused
    assert "skipped, there is no full dose" in report.text()


def test_strict_allows_litter_and_nothing_else(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    (tmp_path / "in" / ".DS_Store").write_bytes(b"Bud1")
    require_nothing_refused(run(tmp_path / "in", tmp_path / "store").report)
    (tmp_path / "in" / "notes.txt").write_text("nothing")
    report = run(tmp_path / "in", tmp_path / "store").report
    with pytest.raises(RefusalError, match=r"1 of 8 were refused \(not-dicom 1\)"):
        require_nothing_refused(report)


def test_the_pixels_arrive_paired_and_in_order(tmp_path: Path) -> None:
    write_patient(tmp_path / "in", zs=(4, 0, 2))
    store = run(tmp_path / "in", tmp_path / "store").store
    (volume,) = store.volumes
    assert volume.positions == (0, 2, 4)
    for index, z in enumerate((0, 2, 4)):
        low, normal = store.pair(0, index)
        np.testing.assert_array_equal(low, noise(f"L067_QD_3 {z}", 20))
        np.testing.assert_array_equal(normal, noise(f"L067_FD_3 {z}", 10))


def test_images_are_known_by_hashes_that_only_the_secret_makes(tmp_path: Path) -> None:
    write_patient(tmp_path / "in", zs=(4, 0, 2))
    store = run(tmp_path / "in", tmp_path / "store").store
    images = {
        (dose, float(one.ImagePositionPatient[2])): str(one.SOPInstanceUID)
        for dose, word in (("low", "quarter"), ("normal", "full"))
        for file in (tmp_path / "in/L067" / f"{word}_3mm").iterdir()
        if (one := pydicom.dcmread(file))
    }
    assert len(images) == 6
    (volume,) = store.volumes
    for dose in ("low", "normal"):
        assert volume.references[dose] == tuple(
            image_reference(images[dose, z], SECRET) for z in (0.0, 2.0, 4.0)
        )
    written = (tmp_path / "store/manifest.json").read_text()
    assert not any(uid in written for uid in images.values())
    again = run(tmp_path / "in", tmp_path / "other", secret=b"another" * 5).store
    assert again.digest == store.digest
    assert not {*again.volumes[0].references["low"]} & {*volume.references["low"]}


def test_copies_of_one_dose_are_refused(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    write_patient(tmp_path / "in", "L109", hu=noise("same", 9))
    report = run(tmp_path / "in", tmp_path / "store").report
    assert report.refusals == {"identical-doses": 6}


def test_swapped_doses_are_noticed(tmp_path: Path) -> None:
    for dose, name in (("QD", "full_3mm"), ("FD", "quarter_3mm")):
        write_stack(tmp_path / "in/L067" / name, dose=dose, PatientName="")
    assert "doses may be swapped" in run(tmp_path / "in", tmp_path / "store").report.text()


def test_names_that_contradict_each_other_are_reported(tmp_path: Path) -> None:
    write_patient(tmp_path / "in" / "quarter dose data")
    text = run(tmp_path / "in", tmp_path / "store").report.text()
    assert "3 paths contradict themselves: folder 1 says normal but folder 3 says low" in text


def _empty(folder: Path) -> None:
    folder.mkdir()


def _no_dicom(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "b.txt").write_text("b")


def _one_dose(folder: Path) -> None:
    write_stack(folder / "L067/quarter_3mm", dose="QD")


def _apart(folder: Path) -> None:
    write_stack(folder / "L067/quarter_3mm", (0, 2), dose="QD")
    write_stack(folder / "L067/full_3mm", (101, 103), dose="FD")


def _copied(folder: Path) -> None:
    write_patient(folder, hu=noise("same", 9))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: None, "must be a folder of CT slices but is not a folder"),
        (_empty, "got an empty folder"),
        (_no_dicom, r"none of its 2 files is a usable one \(image-without-hu 1, not-dicom 1\)"),
        (_one_dose, "at full and at low dose but all 3 slices are of the low dose"),
        (_apart, "none of 2 full-dose slices lies where one of 2 low-dose slices does"),
        (_copied, "must hold two different doses but no pair of slices is usable"),
    ],
)
def test_a_folder_that_cannot_be_used_ends_in_one_sentence(
    tmp_path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    make(tmp_path / "in")
    with pytest.raises(SourceError, match=sentence):
        run(tmp_path / "in", tmp_path / "stores" / "store")
    assert not list(tmp_path.glob("stores/*"))
    assert not list(tmp_path.glob("stores/.*"))


@pytest.mark.parametrize(("source", "store"), [("a", "a"), ("a", "a/b"), ("a/b", "a")])
def test_a_store_never_lies_in_its_source_nor_the_source_in_it(
    tmp_path: Path, source: str, store: str
) -> None:
    write_patient(tmp_path / source)
    with pytest.raises(SourceError, match="must lie apart"):
        run(tmp_path / source, tmp_path / store)


def test_a_folder_that_is_no_store_is_not_replaced(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="holds other files"):
        run(tmp_path / "in", tmp_path / "store")
    assert (tmp_path / "store" / "thesis.tex").exists()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("where", ["append", "sync", "write_manifest", "_move"])
def test_a_failing_disk_leaves_the_earlier_store_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, code: int
) -> None:
    write_patient(tmp_path / "in")
    run(tmp_path / "in", tmp_path / "stores" / "mine")
    before = snapshot(tmp_path / "stores")
    write_patient(tmp_path / "in", "L109")

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    target = writing.ArrayFile if where == "append" else writing
    monkeypatch.setattr(target, where, fail)
    if where == "write_manifest":
        monkeypatch.setattr("pi.slices.finishing.write_manifest", fail)
    said = "the disk is full" if code == errno.ENOSPC else r"writing failed \(EIO\)"
    with pytest.raises(StoreError, match=said + r".* earlier store is as it was"):
        run(tmp_path / "in", tmp_path / "stores" / "mine")
    monkeypatch.undo()
    assert snapshot(tmp_path / "stores") == before
    assert [path.name for path in (tmp_path / "stores").iterdir()] == ["mine"]
    assert Store.open(tmp_path / "stores" / "mine").volumes


def test_an_interruption_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patient(tmp_path / "in")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing.ArrayFile, "append", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "in", tmp_path / "stores" / "mine")
    assert list((tmp_path / "stores").iterdir()) == []


def test_a_disk_without_room_is_noticed_before_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patient(tmp_path / "in")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(StoreError, match="GB free"):
        run(tmp_path / "in", tmp_path / "store")


def test_a_new_store_replaces_the_old_one_whole(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    first = run(tmp_path / "in", tmp_path / "stores" / "mine").store
    old = first.pair(0, 0)[0].copy()
    write_patient(tmp_path / "in", "L109")
    second = run(tmp_path / "in", tmp_path / "stores" / "mine").store
    assert len(second.volumes) == 2
    assert first.digest != second.digest
    np.testing.assert_array_equal(first.pair(0, 0)[0], old)  # an open store lives on
    assert [path.name for path in (tmp_path / "stores").iterdir()] == ["mine"]


def test_the_digest_knows_pixels_and_parts_but_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patient(tmp_path / "in", "L067")
    digest = run(tmp_path / "in", tmp_path / "a").store.digest
    renamed = tmp_path / "else where" / "1mm and more"
    for number, path in enumerate(sorted((tmp_path / "in").rglob("*.IMA"))):
        target = renamed / path.parent.relative_to(tmp_path / "in") / f"{97 - number}.dcm"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert run(renamed, tmp_path / "b", secret=b"other" * 7).store.digest == digest
    other = tmp_path / "other.json"
    other.write_text('{"train": ["L109"], "test": ["L067"]}')
    monkeypatch.setenv("PI_SPLIT", str(other))
    assert run(renamed, tmp_path / "c", split="own").store.digest != digest
    write_ct(next(renamed.rglob("97.dcm")), hu=noise("changed", 10), z=0)
    assert run(renamed, tmp_path / "d").store.digest != digest


def test_volumes_stand_in_an_order_that_no_secret_changes(tmp_path: Path) -> None:
    for patient in ("L067", "L109", "L143"):
        write_patient(tmp_path / "in", patient)
    one = run(tmp_path / "in", tmp_path / "a", secret=b"1" * 32).store
    two = run(tmp_path / "in", tmp_path / "b", secret=b"2" * 32).store
    assert [volume.content for volume in one.volumes] == [volume.content for volume in two.volumes]
    assert not {volume.patient for volume in one.volumes} & {
        volume.patient for volume in two.volumes
    }


def test_simulated_patients_keep_their_ids_and_only_they(tmp_path: Path) -> None:
    write_patient(tmp_path / "in", "S001", Manufacturer="SIMULATED")
    write_patient(tmp_path / "in", "Miller", Manufacturer="SIMULATED")
    store = run(tmp_path / "in", tmp_path / "store").store
    names = {volume.patient for volume in store.volumes}
    assert "S001" in names
    assert "MILLER" not in {name.upper() for name in names}
    assert not store.simulated


def test_the_private_folder_is_private(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    run(tmp_path / "in", tmp_path / "store")
    assert stat.S_IMODE((tmp_path / "store" / "private").stat().st_mode) == 0o700
    for file in (tmp_path / "store" / "private").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_conflict_is_printed_with_both_values(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    write_ct(tmp_path / "in/L067/full_3mm/odd", z=20, ConvolutionKernel="D45f", PatientName="")
    write_ct(tmp_path / "in/L067/full_3mm/odder", z=22, PatientName="L067_FD_3_SHARP")
    text = run(tmp_path / "in", tmp_path / "store").report.text()
    assert "refused      1  conflicting-kernel: ConvolutionKernel says B30 but PatientName" in text


def test_scanner_and_tube_current_travel_from_the_header_into_the_manifest(tmp_path: Path) -> None:
    told = {"ManufacturerModelName": "SOMATOM Definition Flash"}
    for dose, current in (("FD", 210), ("QD", 52)):
        for z in (0, 2, 4):
            write_ct(
                tmp_path / "in" / dose / f"{z}", dose=dose, z=z, XRayTubeCurrent=current + z, **told
            )
    write_patient(tmp_path / "in", "L192", ManufacturerModelName="of Dr Eichendorff")
    by_scanner = {
        volume.facts["scanner"][0]: volume.facts
        for volume in run(tmp_path / "in", tmp_path / "out").store.manifest.volumes
    }
    assert by_scanner["SOMATOM DEFINITION FLASH"]["tube_current"] == (210.0, 212.0, 214.0)
    assert by_scanner.keys() == {"SOMATOM DEFINITION FLASH", "other"}
    assert "tube_current" not in by_scanner["other"]


def test_a_store_keeps_what_prepare_had_to_say(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    prepared = run(tmp_path / "in", tmp_path / "out")
    assert prepared.report.messages
    assert prepared.store.notes == prepared.report.messages
    assert prepared.store.without("test").notes == prepared.store.notes
