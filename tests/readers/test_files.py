import os
from pathlib import Path, PurePath

import pytest
from ct_files import write_patient, write_stack

from pi.readers.files import list_files, open_file
from pi.readers.foreign import refused_by_name, refused_by_start
from pi.readers.reading import read_facts
from pi.readers.refusal import Refusal, Refused, RefusedError
from pi.readers.scan import scan


def test_files_are_listed_relative_to_the_source_in_the_order_of_paths(tmp_path: Path) -> None:
    names = ["b/a", "b.c", "b/c/d", "a", "b-c/a", "B"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(list_files(tmp_path, [])) == sorted(map(PurePath, names))


@pytest.mark.parametrize("name", [b"M\xfcller", b"\xff\xfe", b" ", b"a\nb", b"-", "é".encode()])
def test_any_bytes_are_a_name(tmp_path: Path, name: bytes) -> None:
    write_stack(tmp_path / "x")
    (tmp_path / "x").rename(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    found = scan(tmp_path)
    assert {os.fsencode(one.file).split(b"/")[0] for one in found.slices} == {name}


def test_a_tree_deeper_than_a_path_may_be_long_is_one_refusal(tmp_path: Path) -> None:
    write_patient(tmp_path / "in")
    here = os.open(tmp_path / "in", os.O_RDONLY)
    for _ in range(60):
        os.mkdir("d" * 100, dir_fd=here)
        deeper = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    found = scan(tmp_path / "in")
    assert len(found.slices) == 6
    assert [one.refusal.reason for one in found.refused] == ["unreadable"]


def test_a_tree_may_be_deeper_than_calls_may_nest(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(1200):
        folder = folder / "d"
        folder.mkdir()
    (folder / "a").touch()
    found = list(list_files(tmp_path, []))
    (folder / "a").unlink()
    while folder != tmp_path:  # what pytest removes may not be so deep
        folder.rmdir()
        folder = folder.parent
    assert len(found) == 1


def test_a_link_to_a_file_is_that_file_and_one_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("nothing")
    refused: list[Refused] = []
    assert list(list_files(tmp_path, refused)) == [PurePath("a"), PurePath("b")]
    assert [(one.file, one.refusal.reason) for one in refused] == [("c", "not-a-regular-file")]


def test_what_became_a_pipe_after_it_was_listed_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(RefusedError, match="not-a-regular-file"):
        open_file(tmp_path, PurePath("a"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_file_that_says_it_is_empty_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/proc/self/status")
    found = read_facts(tmp_path, PurePath("a"))
    assert isinstance(found, Refusal)
    assert found.reason == "empty-file"


@pytest.mark.parametrize("name", ["LICENSE", "metadata.csv", "DICOMDIR", "mapping.csv"])
def test_companions_are_not_opened(name: str) -> None:
    found = refused_by_name(PurePath("somewhere", name))
    assert found is not None
    assert found.reason == "companion-file"


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("full_DICOM-CT-PD/1.dcm", True),
        ("a/Full dose projections-10/1.dcm", True),
        ("LDCT-and-Projection-data/L067/1.dcm", False),
        ("updated/1.dcm", False),
        ("DICOM-CT/PD/1.dcm", False),
    ],
)
def test_projections_are_known_by_the_names_of_their_folders(path: str, refused: bool) -> None:
    assert (refused_by_name(PurePath(path)) is not None) == refused


def test_the_first_bytes_tell_what_is_foreign() -> None:
    found = refused_by_start(b"\x89PNG\r\n\x1a\n" + bytes(248))
    assert found is not None
    assert found.reason == "image-without-hu"
    assert refused_by_start(bytes(256)) is None
