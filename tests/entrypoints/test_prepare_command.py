import sys
from pathlib import Path

import pytest

from entrypoints.parameters import PrepareParameters
from entrypoints.prepare import main
from pi.command_line import run

sys.path.insert(0, str(Path(__file__).parents[1] / "ct"))
from ct_files import write_patient


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_patient(tmp_path / "dicom")
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PI_DATA", str(tmp_path / "dicom"))


def prepare(*arguments: str) -> int:
    return run(main, PrepareParameters, "", arguments)


def test_the_folder_named_by_the_environment_becomes_a_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare("--name", "mayo", "--strict", "True") == 0
    printed = capsys.readouterr().out
    assert "3 pairs from 6 files, 0 files refused" in printed
    assert "L067" not in printed
    assert (tmp_path / "cache" / "stores" / "mayo" / "manifest.json").exists()


def test_strict_is_a_failing_exit_with_the_store_made_and_the_codes_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dicom" / "L067.txt").write_text("x")
    assert prepare("--name", "mayo", "--strict", "True") != 0
    printed = capsys.readouterr()
    assert "1 of 7 were refused (not-dicom 1)" in printed.err
    assert "not-dicom" in printed.out
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("name", ["../outside", "", ".hidden"])
def test_a_name_is_not_a_path(name: str) -> None:
    assert prepare("--name", name) != 0


def test_an_empty_folder_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing").mkdir()
    assert prepare("--source", str(tmp_path / "nothing")) != 0
    assert capsys.readouterr().err.count("\n") == 1


def test_a_source_that_is_typed_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("--source", "/home/jdoe/Eichendorff^Josef/x.json") == 2
    printed = capsys.readouterr()
    assert "Eichendorff" not in printed.out + printed.err
    assert printed.err.count("\n") == 1


def test_words_for_values_that_mean_nothing_are_told_before_any_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert prepare("--values", "/data/anna") != 0
    told = capsys.readouterr().err
    assert "unit:LOW:HIGH" in told
    assert "anna" not in told
