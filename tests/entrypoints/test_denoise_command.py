"""`denoise` from its command line to the folder that it leaves, and its refusals."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from ct_files import write_ct, write_stack
from derived.derived_series import hu_of

from entrypoints.denoise import main
from pi.command_line import run
from pi.parameters import DenoiseParameters

OWN = """
import numpy as np
def smooth(hu):
    return (hu + np.roll(hu, 1, axis=2)) / 2
def brighter(hu):
    return hu + np.float32(5)
def broken(hu):
    return hu * np.float32("nan")
def cut(hu):
    return hu[:, 1:]
"""


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stack(tmp_path / "Eichendorff", patient="Eichendorff")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "denoisers_of_mine.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    monkeypatch.setenv("PI_DATA", str(tmp_path / "Eichendorff"))
    monkeypatch.setenv("PI_DENOISED", str(tmp_path / "out"))


@pytest.fixture(autouse=True)
def import_anew() -> None:
    sys.modules.pop("denoisers_of_mine", None)


def denoise(*arguments: str) -> int:
    return run(main, DenoiseParameters, "", arguments)


def test_the_identity_comes_back_bit_for_bit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert denoise("--run", "identity") == 0
    assert hu_of(tmp_path / "out") == hu_of(tmp_path / "Eichendorff")
    printed = capsys.readouterr()
    assert "3 slices denoised by identity" in printed.out
    assert "soft tissue    +0.00 HU" in printed.out
    assert "Eichendorff" not in printed.out + printed.err
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_own_code_is_identified_and_a_shift_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert denoise("--run", "own:denoisers_of_mine:brighter") == 0
    printed = capsys.readouterr().out
    assert "soft tissue    +5.00 HU" in printed
    assert "warning: " in printed
    derived = pydicom.dcmread(tmp_path / "out" / "000001.dcm")
    assert re.search("code sha256 [0-9a-f]{64}", derived.DerivationDescription)
    assert hu_of(tmp_path / "out") == (np.array(hu_of(tmp_path / "Eichendorff")) + 5).tolist()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "`run` must be whose denoiser"),
        (("--run", "own:denoisers_of_mine:broken"), "NaN or infinity in slice 1"),
        (("--run", "own:denoisers_of_mine:cut"), "must"),
        (("--run", "identity", "--series", "2"), "got 2 of 1: 1 (3 slices of 8 x 8, 3mm, B30)"),
        (("--run", "identity", "--data", "mayo"), "`data` must be folder"),
        (("--run", "identity", "--batch_size", "-1"), "`batch_size` must be"),
        (("--run", "nonsense:x"), "`run` must be"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    before = sorted(tmp_path.iterdir())
    assert denoise(*arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_several_series_are_listed_and_one_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stack(tmp_path / "Eichendorff" / "more", [0.0, 1.0], thickness=1)
    assert denoise("--run", "identity") == 2
    assert "the folder holds 2" in capsys.readouterr().err
    assert denoise("--run", "identity", "--series", "1") == 0
    assert "slices denoised" in capsys.readouterr().out


def test_nothing_is_overwritten_and_not_before_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "theirs").write_text("x")
    assert denoise("--run", "identity") == 2
    assert "PI_DENOISED must name a folder that is new" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["theirs"]
    monkeypatch.setenv("PI_DENOISED", str(tmp_path / "Eichendorff" / "out"))
    assert denoise("--run", "identity") == 2
    assert "outside that of PI_DATA" in capsys.readouterr().err
    monkeypatch.delenv("PI_DENOISED")
    assert denoise("--run", "identity") == 2
    assert "PI_DENOISED must name the new folder" in capsys.readouterr().err


def test_arrays_are_denoised_into_arrays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "arrays").mkdir()
    hu = np.full((3, 6, 6), 40, np.int16)
    hu[:, :2] = -1000
    np.save(tmp_path / "arrays" / "scan.npy", hu)
    monkeypatch.setenv("PI_DATA", str(tmp_path / "arrays"))
    assert denoise("--run", "own:denoisers_of_mine:brighter") == 0
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "scan.npy"), hu + 5)
    shutil.rmtree(tmp_path / "out")
    assert denoise("--run", "identity", "--series", "1") == 2
    assert "`series` must be 0" in capsys.readouterr().err


def errors_of(file: Path) -> set[str]:
    found = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
    lines = (found.stdout + found.stderr).splitlines()
    return {line for line in lines if line.startswith("Error")}


@pytest.mark.slow  # needs dciodvfy: Debian's dicom3tools, which a new machine lacks
def test_dciodvfy_finds_no_error_that_the_source_did_not_have(
    tmp_path: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("dciodvfy"):
        pytest.skip("dciodvfy is not installed (Debian's dicom3tools)")
    study = tiny_cache / "simulated" / "tiny-seed5"
    folders = sorted({file.parent for file in study.rglob("*.IMA")})
    assert len(folders) == 80
    write_ct(tmp_path / "bare" / "1.dcm", PatientID="", PixelPaddingValue=-2000)
    for number, folder in enumerate([*folders, tmp_path / "bare"]):
        monkeypatch.setenv("PI_DATA", str(folder))
        monkeypatch.setenv("PI_DENOISED", str(tmp_path / "series" / str(number)))
        assert denoise("--run", "own:denoisers_of_mine:smooth") == 0
        for source in folder.iterdir():
            uid = pydicom.dcmread(source, stop_before_pixels=True).SOPInstanceUID
            (derived,) = (
                file
                for file in (tmp_path / "series" / str(number)).iterdir()
                if pydicom.dcmread(file, stop_before_pixels=True)
                .SourceImageSequence[0].ReferencedSOPInstanceUID == uid
            )  # fmt: skip
            assert errors_of(derived) <= errors_of(source)
