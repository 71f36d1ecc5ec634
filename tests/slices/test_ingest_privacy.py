"""Identity ends at the store's door: nothing outside its private folder names anybody."""

import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest
from ct_files import SECRET, ct_dataset, read_header, write_ct, write_patient

from pi.errors import PiError
from pi.identity import fingerprint
from pi.readers.scan import SourceError
from pi.slices.manifest import StoreError
from pi.slices.preparing import prepare
from pi.slices.store import Store

PATIENT = "Eichendorff"
PATH = "ward 7 Lubowitz"
IDENTIFYING = (
    PATIENT,
    PATH,
    "Lubowitz",
    "L067",
    "L192",
    "MRN4711",
    "20150713",
    "1.2.826",
    "000001",
)


def make_source(folder: Path) -> Path:
    source = folder / PATH
    for patient in ("L067", PATIENT):
        write_patient(source, patient, PatientID="MRN4711", ReferringPhysicianName=PATIENT)
    full = source / PATIENT / "full_3mm"
    write_ct(full / "twice", patient=PATIENT, z=0)
    write_ct(full / "conflict", patient=PATIENT, z=6, PatientName="L192_QD_3")
    write_ct(full / "nameless", patient=PATIENT, z=8, RescaleSlope=None)
    broken = write_ct(full / "broken", patient=PATIENT, z=10)
    content = broken.read_bytes()
    broken.write_bytes(content.replace(b"20150713", b"Lubowitz"))
    (full / f"{PATIENT}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return source


def said(text: str) -> list[str]:
    return [token for token in IDENTIFYING if token.lower() in text.lower()]


@pytest.fixture
def captured() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_nothing_outside_the_private_folder_names_anybody(
    tmp_path: Path, captured: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    source = make_source(tmp_path)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        prepared = prepare(source, tmp_path / "store", split="auto", seed=0, secret=SECRET)
    assert prepared.report.refused >= 4
    texts = [prepared.report.text(), repr(prepared.report), repr(prepared.store.manifest)]
    texts += [str(warning.message) for warning in warned]
    texts += [captured.getvalue(), *capfd.readouterr()]
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file() and path.parent.name != "private":
            texts.append(path.relative_to(tmp_path).as_posix())
            texts.append(path.read_bytes().decode("latin-1"))
    assert [token for text in texts for token in said(text)] == []


def test_the_private_folder_tells_the_user_everything(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    prepare(source, tmp_path / "store", split="auto", seed=0, secret=SECRET)
    # Which secret made the pseudonyms is told, and survives a reading.
    assert Store.open(tmp_path / "store").manifest.pseudonyms == fingerprint(SECRET)
    private = tmp_path / "store" / "private"
    assert PATIENT in (private / "patients.csv").read_text()
    refusals = (private / "refusals.csv").read_text()
    assert f"{PATIENT}/full_3mm/conflict,conflicting-" in refusals
    assert "full_3mm/nameless,bad-rescale" in refusals


def test_no_error_names_anybody(tmp_path: Path) -> None:
    errors: list[PiError] = []
    destination = tmp_path / "store"
    for case in ("none", "dicom-free", "one dose"):
        source = tmp_path / PATH / case
        if case != "none":
            source.mkdir(parents=True)
            (source / f"{PATIENT}.txt").write_text("x")
        if case == "one dose":
            write_ct(source / PATIENT / "full" / "000001", patient=PATIENT)
        with pytest.raises(SourceError) as caught:
            prepare(source, destination, split="auto", seed=0, secret=SECRET)
        errors.append(caught.value)
    make_source(tmp_path)
    destination.write_text("in the way")
    with pytest.raises(StoreError) as refused:
        prepare(tmp_path / PATH, destination, split="auto", seed=0, secret=SECRET)
    errors.append(refused.value)
    assert [token for error in errors for token in said(str(error))] == []


def test_a_header_does_not_show_whose_it_is(tmp_path: Path) -> None:
    write_ct(tmp_path / "a", patient="L067")
    assert said(repr(read_header(tmp_path, PurePath("a")))) == []
    assert ct_dataset().StudyDate == "20150713"
