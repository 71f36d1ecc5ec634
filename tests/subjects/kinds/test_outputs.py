"""Somebody's outputs: found by key, place and number; bit for bit; and each way to be wrong."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from subjects.small_store import (
    COLUMNS,
    ROWS,
    SLICES,
    Image,
    low_doses,
    small_store,
    write_keyed,
    write_slices,
)

from pi.errors import PiError
from pi.evaluation.measure import Evaluation, evaluate
from pi.evaluation.protocol import FULL_FLOAT, PAPER8
from pi.evaluation.table import DENOISED, KEY, LOW_DOSE
from pi.identity import image_reference, pseudonym
from pi.secret import secret
from pi.slices.store import Store
from pi.subjects import Subject, fetch_subject, origin_of
from pi.subjects.keys_table import KEYS_FILE, write_keys
from pi.subjects.subject import SubjectError

EVERY = 4 * SLICES
DOSE_NUMBERS = {"low": 0, "normal": 1, "elsewhere": 2}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path))
    return tmp_path / "mine"


@pytest.fixture
def store() -> Store:
    return small_store()


def measured(subject: Subject, store: Store) -> Evaluation:
    subject.check(store, "test", 2, (FULL_FLOAT,))
    return subject.evaluation(store, "test", (FULL_FLOAT,), 2, lambda _: None)


def values_of(evaluation: Evaluation, image: str) -> list[list[float]]:
    rows = evaluation.slices[evaluation.slices["image"] == image].sort_values(KEY)
    return rows[["ssim", "psnr", "nrmse", "rmse_hu", "mae_hu"]].to_numpy().tolist()  # type: ignore[no-any-return]


def require_identity(store: Store, name: str = "outputs:mine") -> None:
    """The low dose that comes back scores as the low dose itself does, bit for bit."""
    found = measured(fetch_subject(name), store)
    assert values_of(found, DENOISED) == values_of(found, LOW_DOSE)
    assert len(values_of(found, DENOISED)) == EVERY


def test_the_identity_comes_back_bit_for_bit_by_a_keys_table(store: Store, folder: Path) -> None:
    write_keyed(store, folder)
    require_identity(store)
    denoising = fetch_subject("outputs:mine").denoising(store)
    assert denoising is not None
    for number, volume in enumerate(store.volumes):
        found = denoising(store, number, [2, 0])
        for image, index in zip(found, (2, 0), strict=True):
            assert np.array_equal(image, low_doses(store)[volume.key(index)])


def test_what_is_looked_up_is_measured_as_what_computes_it(store: Store, folder: Path) -> None:
    """An oracle: halving by files and halving by a function are the same table."""
    from pi.evaluation.denoising import of_pixels

    write_keyed(store, folder, lambda image: image / 2 + np.float32(1 / 3))
    found = measured(fetch_subject("outputs:mine"), store)
    wanted = evaluate(
        store, "test", of_pixels(lambda hu: hu.astype(np.float32) / 2 + np.float32(1 / 3)),
        (FULL_FLOAT,), 3, lambda _: None,
    )  # fmt: skip
    assert found.slices.equals(wanted.slices)
    assert found.tissues.equals(wanted.tissues)


def test_one_table_of_keys_beside_serves_all_outputs(store: Store, folder: Path) -> None:
    rows = write_slices(store, folder)
    write_keys(rows, folder.parent / KEYS_FILE)
    require_identity(store)


def test_the_folder_itself_may_be_named(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keyed(store, folder)
    monkeypatch.setenv("PI_OUTPUTS", str(folder))
    require_identity(store)


def test_a_file_of_another_format_is_the_one_of_its_name(store: Store, folder: Path) -> None:
    write_keyed(store, folder)
    for file in folder.glob("*.npy"):
        np.savez(file.with_suffix(".npz"), np.load(file))
        file.unlink()
    require_identity(store)


def test_slices_are_found_by_patient_reconstruction_and_number(store: Store, folder: Path) -> None:
    """Half of the volumes as stacks of patients and reconstructions, half slice by slice from 1."""
    for number, volume in enumerate(store.volumes):
        stack = np.stack([low_doses(store)[volume.key(i)] for i in range(SLICES)])
        place = folder / volume.patient
        place.mkdir(parents=True, exist_ok=True)
        if number % 2:
            np.save(place / f"{volume.reconstruction.spelt}.npy", stack)
            continue
        for i, image in enumerate(stack, 1):
            np.save(place / f"{volume.kernel}_{i:03}.npy", image)
    require_identity(store)


def test_a_volume_in_nifti_is_found_by_its_place(store: Store, folder: Path) -> None:
    folder.mkdir()
    for volume in store.volumes:
        stack = np.stack([low_doses(store)[volume.key(i)] for i in range(SLICES)])
        affine = np.diag([-0.7, -0.7, volume.thickness, 1.0])  # LPS to RAS
        affine[2, 3] = volume.positions[0]
        image = nibabel.Nifti1Image(stack.transpose(2, 1, 0), affine)
        nibabel.save(image, folder / f"{volume.patient}_{volume.kernel}.nii.gz")
    require_identity(store)


def save_dicom(
    folder: Path,
    store: Store,
    patient: Callable[[str], str],
    change: Callable[[pydicom.Dataset, int, int], None] = lambda one, number, index: None,
) -> None:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    folder.mkdir()
    for number, volume in enumerate(store.volumes):
        for i in range(SLICES):
            one = pydicom.Dataset()
            one.file_meta = FileMetaDataset()
            one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            one.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
            one.SOPInstanceUID = generate_uid()
            one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
            one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
            one.Modality, one.PatientID = "CT", patient(volume.patient)
            one.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
            one.SliceThickness, one.ConvolutionKernel = volume.thickness, volume.kernel
            one.ImagePositionPatient = [0.0, 0.0, volume.positions[i]]
            one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            one.Rows, one.Columns, one.PixelSpacing = ROWS, COLUMNS, [0.7, 0.7]
            one.BitsAllocated = one.BitsStored = 16
            one.HighBit, one.PixelRepresentation = 15, 1
            one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
            one.RescaleSlope, one.RescaleIntercept = 1, -1024
            one.PixelData = (low_doses(store)[volume.key(i)] + 1024).astype("<i2").tobytes()
            change(one, number, i)
            one.save_as(folder / f"{len([*folder.iterdir()])}", enforce_file_format=True)


def test_a_derived_dicom_series_is_found_by_patient_kernel_and_place(
    store: Store, folder: Path
) -> None:
    save_dicom(folder, store, lambda patient: patient)
    require_identity(store)


def with_references(store: Store) -> Store:
    """The store as `prepare` makes it of DICOM: it knows its images by keyed hashes."""

    def hidden(dose: str, n: int) -> tuple[str, ...]:
        images = (f"1.2.{DOSE_NUMBERS[dose]}.{n}.{i}" for i in range(SLICES))
        return tuple(image_reference(one, secret()) for one in images)

    volumes = tuple(
        replace(
            volume,
            references={"low": hidden("low", n), "normal": hidden("normal", n)},
        )
        for n, volume in enumerate(store.volumes)
    )
    return Store(replace(store.manifest, volumes=volumes), store.maps)


def names_its_source(dose: str) -> Callable[[pydicom.Dataset, int, int], None]:
    def change(one: pydicom.Dataset, number: int, index: int) -> None:
        source = pydicom.Dataset()
        source.ReferencedSOPInstanceUID = f"1.2.{DOSE_NUMBERS[dose]}.{number}.{index}"
        one.SourceImageSequence = [source]

    return change


def keeps_the_uid(one: pydicom.Dataset, number: int, index: int) -> None:
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.0.{number}.{index}"


@pytest.mark.parametrize(
    "change", [names_its_source("low"), names_its_source("normal"), keeps_the_uid]
)
def test_a_derived_dicom_slice_is_found_by_its_source_whatever_else_it_says(
    store: Store, folder: Path, change: Callable[[pydicom.Dataset, int, int], None]
) -> None:
    def anonymised(one: pydicom.Dataset, number: int, index: int) -> None:
        change(one, number, index)
        del one.SliceThickness, one.ConvolutionKernel

    save_dicom(folder, store, lambda patient: "Anonymous", anonymised)
    require_identity(with_references(store))


def test_a_slice_with_another_ones_header_is_refused(store: Store, folder: Path) -> None:
    def one_further(one: pydicom.Dataset, number: int, index: int) -> None:
        names_its_source("low")(one, number, (index + 1) % SLICES)

    save_dicom(folder, store, lambda patient: patient, one_further)
    known = with_references(store)
    with pytest.raises(SubjectError, match="12 of 12 do not"):
        fetch_subject("outputs:mine").check(known, "test", 4)


def test_a_source_that_another_secret_hid_is_found_by_place(store: Store, folder: Path) -> None:
    save_dicom(folder, store, lambda patient: patient, names_its_source("elsewhere"))
    require_identity(with_references(store))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda hu: hu + 1024, r"\+1024 HU from the low dose"),
        (lambda hu: ((hu + 1000) / 2500 * 255).clip(0, 255).round(), "spread 0.102 times"),
        (lambda hu: hu * 30, "times as wide"),
    ],
)
def test_finite_values_that_are_no_denoised_slice_are_told(
    store: Store, folder: Path, made: Callable[[Image], Image], said: str
) -> None:
    write_keyed(store, folder, made)
    with pytest.raises(SubjectError, match=said):
        fetch_subject("outputs:mine").check(store, "test", 4)


def test_slices_that_are_none_of_the_data_are_counted(store: Store, folder: Path) -> None:
    save_dicom(folder, store, lambda patient: patient)
    one = pydicom.dcmread(folder / "0")
    one.ImagePositionPatient = [0, 0, 999]
    one.save_as(folder / "more")
    subject = fetch_subject("outputs:mine")
    subject.check(store, "test", 4)
    assert subject.notes_on(store) == (
        "note: of the slices of outputs:mine, 1 of no data here were left out.",
    )


def test_a_real_patient_is_found_by_what_its_pseudonym_stands_for(folder: Path) -> None:
    plain = small_store(simulated=False)
    hidden = {v.patient: pseudonym(v.patient, secret()) for v in plain.volumes}
    volumes = tuple(replace(v, patient=hidden[v.patient]) for v in plain.volumes)
    store = Store(replace(plain.manifest, volumes=volumes), plain.maps)
    save_dicom(folder, store, {h: p for p, h in hidden.items()}.__getitem__)
    require_identity(store)


def test_values_of_another_unit_are_told(store: Store, folder: Path) -> None:
    write_keyed(store, folder, lambda image: (image + 1024) / 4096)
    found = measured(fetch_subject("outputs:mine", interface="unit"), store)
    assert values_of(found, DENOISED) == values_of(found, LOW_DOSE)


def test_the_run_says_what_the_outputs_are_and_no_path(store: Store, folder: Path) -> None:
    write_keyed(store, folder)
    origin = origin_of(fetch_subject("outputs:mine"))
    assert (origin.name, origin.run_id) == ("outputs:mine", "")
    assert origin.passed == {"experiment": "outputs:mine"}
    assert origin.tags["pi.interface"] == "hu"
    first = origin.tags["pi.model_sha256"]
    for file in folder.glob("x*.npy"):
        file.rename(file.with_name(f"y{file.name}"))
    assert origin_of(fetch_subject("outputs:mine")).tags["pi.model_sha256"] == first
    np.save(folder / "yx00.npy", np.zeros((ROWS, COLUMNS), np.float32))
    assert origin_of(fetch_subject("outputs:mine")).tags["pi.model_sha256"] != first
    assert str(folder.parent) not in repr(origin) + repr(fetch_subject("outputs:mine"))


def nan(image: Image) -> Image:
    image = image.copy()
    image[0, 0] = np.nan
    return image


def spoil(folder: Path, count: int, made: Callable[[Image], Image]) -> None:
    for file in sorted(folder.glob("x*.npy"))[:count]:
        np.save(file, made(np.load(file)))


def without(folder: Path) -> None:
    for file in sorted(folder.glob("x*.npy"))[:5]:
        file.unlink()


def twice(folder: Path) -> None:
    for file in sorted(folder.glob("x*.npy"))[:2]:
        np.savez(file.with_suffix(".npz"), a=np.load(file), b=np.load(file))
        file.unlink()


def spoiling(count: int, made: Callable[[Image], Image]) -> Callable[[Path], None]:
    return lambda folder: spoil(folder, count, made)


def many_axes(image: Image) -> Image:
    return np.tile(image, (3, 2, 1, 1))


def broken(folder: Path) -> None:
    (folder / "x00.npy").write_bytes(b"\x93NUMPY nothing")


def another(folder: Path) -> None:
    (folder / "x00.npy").write_text("saved by something else")


def emptied(folder: Path) -> None:
    for file in folder.glob("x*.npy"):
        file.unlink()


WRONG: list[tuple[Callable[[Path], object], str]] = [
    (without, "must hold every slice that is evaluated but 5 of 12 are not there"),
    (twice, "must hold each slice once but 2 of 12 are there twice"),
    (spoiling(3, nan), "must be finite but 3 of 12 hold NaN or infinity"),
    (spoiling(4, lambda i: i[1:]), "but 4 of 12 have not, the first 23 x 20 and not 24 x 20"),
    (spoiling(12, lambda i: (i + 1024) / 4096), "says, hu, but 12 of 12 cannot: .* no range of HU"),
    (spoiling(2, many_axes), "must be readable images but 2 are not"),
    (broken, "readable images but 1 are not, the first because the array breaks off"),
    (another, "readable images but 1 are not, the first because the file is not what its name"),
    (lambda f: (f / KEYS_FILE).write_text(""), f"{KEYS_FILE} must have the columns"),
    (lambda f: (f / "IM0001").touch(), "images but 1 are not, the first because the file is empty"),
    (emptied, "must hold slices in .npy, .npz, NIfTI or DICOM but holds none"),
    (lambda f: (f / KEYS_FILE).write_text("file\n"), f"{KEYS_FILE} must have the columns"),
    (lambda f: (f / KEYS_FILE).unlink(), "slices of the data but none of its 12 is one"),
    (shutil.rmtree, "PI_OUTPUTS must name a folder NAME, or one that holds it"),
]


@pytest.mark.parametrize(("wrong", "said"), WRONG, ids=[said[-30:] for _, said in WRONG])
def test_what_is_wrong_is_one_sentence_with_counts(
    store: Store, folder: Path, wrong: Callable[[Path], object], said: str
) -> None:
    write_keyed(store, folder)
    wrong(folder)
    with pytest.raises(PiError, match=said) as caught:
        measured(fetch_subject("outputs:mine"), store)
    assert str(folder.parent) not in str(caught.value)


def test_empty_files_that_are_called_no_image_are_left_out(store: Store, folder: Path) -> None:
    write_keyed(store, folder)
    for name in ("train.log", "__init__.py", "notes.txt"):
        (folder / name).touch()
    require_identity(store)


def test_a_keys_table_of_other_data_is_refused(folder: Path) -> None:
    from dataclasses import replace

    store = small_store()
    write_keyed(store, folder)
    volumes = tuple(replace(v, patient=f"T{v.patient}") for v in store.volumes)
    other = Store(replace(store.manifest, volumes=volumes), store.maps)
    with pytest.raises(SubjectError, match=r"none of its 12 is one, by its keys\.csv"):
        measured(fetch_subject("outputs:mine"), other)


def test_slices_that_could_be_of_two_reconstructions_are_not_guessed(
    store: Store, folder: Path
) -> None:
    folder.mkdir()
    for number, volume in enumerate(store.volumes[:2]):
        stack = np.stack([low_doses(store)[volume.key(i)] for i in range(SLICES)])
        np.save(folder / f"{volume.patient}_{number}.npy", stack)
    with pytest.raises(SubjectError, match=r"but 6 could be of several: give them a keys\.csv"):
        measured(fetch_subject("outputs:mine"), store)


def test_outputs_are_no_network(folder: Path, store: Store) -> None:
    write_keyed(store, folder)
    with pytest.raises(SubjectError, match="it is no network"):
        fetch_subject("outputs:mine").load()
    with pytest.raises(SubjectError, match="must have no layout"):
        fetch_subject("outputs:mine", interface="hu:nchw")


@pytest.mark.parametrize("name", ["outputs:", "outputs:../x", "outputs:a/b", "outputs:.."])
def test_a_name_leads_nowhere_else(folder: Path, name: str) -> None:
    folder.mkdir()
    with pytest.raises(PiError, match=re.escape("PI_OUTPUTS must name a folder NAME")):
        fetch_subject(name)


def test_paper8_takes_outputs_as_a_prediction(store: Store, folder: Path) -> None:
    """Whoever reads slices from files does not make them low dose: eight bits, but no float16."""
    write_keyed(store, folder)
    subject = fetch_subject("outputs:mine")
    found = subject.evaluation(store, "test", (PAPER8,), 4, lambda _: None)
    assert values_of(found, DENOISED) != values_of(found, LOW_DOSE)
