import sys
from pathlib import Path

import pytest

from entrypoints.prepare import main
from pi.command_line import run
from pi.parameters import PrepareParameters

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
    for words in ("/data/anna", "anna"):
        assert prepare("--values", words) != 0
        told = capsys.readouterr().err
        assert ("unit:LOW:HIGH" in told) == (words == "anna")
        assert "/data/anna" not in told


def test_a_template_is_private_and_names_nobody_and_gives_the_same_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare("--name", "before") == 0
    before = capsys.readouterr().out.split("digest ")[1].split()[0]
    assert prepare("--mapping_template", "True") == 0
    printed = capsys.readouterr().out
    template = tmp_path / "cache" / "private" / "mapping.csv"
    assert "PI_CACHE/private/mapping.csv has 2 lines: 6 slices are understood" in printed
    assert "L067" not in printed
    assert "L067/full_3mm/*,L067,full,B30,3.0,," in template.read_text()
    assert template.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("PI_MAPPING", str(template))
    assert prepare("--name", "after") == 0
    assert f"digest {before}" in capsys.readouterr().out


def test_a_template_that_may_have_been_completed_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare("--mapping_template", "True") == 0
    template = tmp_path / "cache" / "private" / "mapping.csv"
    template.write_text("mine")
    assert prepare("--mapping_template", "True") != 0
    assert "PI_CACHE/private/mapping.csv must not be there" in capsys.readouterr().err
    assert template.read_text() == "mine"


def test_a_mapping_that_contradicts_itself_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dicom" / "mapping.csv").write_text("glob,dose\n**,low\n**/full*/*,full\n")
    assert prepare("--name", "mayo") != 0
    error = capsys.readouterr().err
    assert "lines 2 and 3 of the mapping" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "cache" / "stores" / "mayo").exists()
