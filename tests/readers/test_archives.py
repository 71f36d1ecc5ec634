import io
import shutil
import zipfile
from pathlib import Path, PurePath

import numpy as np
import pytest
from array_files import volume
from ct_files import SECRET, ct_dataset, write_ct, write_patient, write_stack

from pi.readers import archives
from pi.readers.archives import close_archives, list_files, open_file
from pi.readers.reading import read_facts
from pi.readers.refusal import Refusal, Refused, RefusedError
from pi.readers.scan import scan
from pi.slices.preparing import prepare


def pack(folder: Path, archive: Path, method: int = zipfile.ZIP_DEFLATED) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", method) as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, file.relative_to(folder))


def test_a_store_from_zips_is_that_from_their_folders(tmp_path: Path) -> None:
    for patient in ("L067", "L096"):
        write_patient(tmp_path / "plain", patient)
    for name in ("full_3mm", "quarter_3mm"):
        for patient in ("L067", "L096"):
            shutil.copytree(tmp_path / "plain" / patient / name, tmp_path / name / patient / name)
        pack(tmp_path / name, tmp_path / "zips" / f"{name}.ZIP")
    options = {"split": "auto", "seed": 0, "secret": SECRET}
    plain = prepare(tmp_path / "plain", tmp_path / "a", **options)
    packed = prepare(tmp_path / "zips", tmp_path / "b", **options)
    assert packed.report.digest == plain.report.digest
    assert packed.report.pairs == plain.report.pairs == 6
    assert packed.report.refused == 0


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_member_reads_as_the_file_does(tmp_path: Path, method: int) -> None:
    content = np.random.default_rng(0).bytes(300_000)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x").write_bytes(content)
    pack(tmp_path / "in", tmp_path / "a.zip", method)
    with open_file(tmp_path, PurePath("a.zip/x")) as file:
        assert file.read(10) == content[:10]
        assert file.seek(-20, io.SEEK_END) == len(content) - 20
        assert file.read() == content[-20:]
        file.seek(1000)
        assert file.read(100_000) == content[1000:101_000]
        file.seek(0)
        assert file.read() == content


def test_members_lie_below_their_archive_in_order(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.mkdir("folder")
        for name in ("folder/b", "folder/a", "../out", "/root", "win\\dows"):
            archive.writestr(name, b"x")
    found = [path.as_posix() for path in list_files(tmp_path, [])]
    below = ("folder/a", "folder/b", "out", "root", "win/dows")
    assert found == [f"a.zip/{name}" for name in below]
    for path in found:
        assert open_file(tmp_path, PurePath(path)).read() == b"x"


def test_a_folder_may_be_called_zip(tmp_path: Path) -> None:
    write_ct(tmp_path / "full.zip" / "x.zip.IMA")
    assert [path.as_posix() for path in list_files(tmp_path, [])] == ["full.zip/x.zip.IMA"]
    assert not isinstance(read_facts(tmp_path, PurePath("full.zip/x.zip.IMA")), Refusal)


def test_an_archive_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_archives()
    write_stack(tmp_path / "in" / "full_3mm", range(9))
    pack(tmp_path / "in", tmp_path / "zips" / "a.zip")
    opened: list[object] = []
    open_zip = zipfile.ZipFile

    def counted(file: object) -> zipfile.ZipFile:
        opened.append(file)
        return open_zip(file)  # type: ignore[arg-type]

    monkeypatch.setattr(archives.zipfile, "ZipFile", counted)
    assert len(scan(tmp_path / "zips").slices) == 9
    assert len(opened) == 1


def test_few_archives_stay_open(tmp_path: Path) -> None:
    for index in range(archives.OPEN + 4):
        with zipfile.ZipFile(tmp_path / f"{index:02d}.zip", "w") as archive:
            archive.writestr("x", b"x")
    found = list(list_files(tmp_path, []))
    assert [open_file(tmp_path, path).read() for path in found] == [b"x"] * len(found)
    assert len(archives._archives) == archives.OPEN
    close_archives()


def test_an_archive_that_was_changed_is_opened_again(tmp_path: Path) -> None:
    for content in (b"one", b"longer"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("x", content)
        assert open_file(tmp_path, PurePath("a.zip/x")).read() == content


def refused(folder: Path) -> list[tuple[str, str]]:
    return [(item.file, item.refusal.reason) for item in scan(folder).refused]


def test_a_damaged_archive_is_one_refusal(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "b.zip").write_bytes(b"")
    assert [reason for _, reason in refused(tmp_path)] in (
        ["undecodable", "undecodable"],
        ["undecodable", "empty-file"],
    )


def test_a_damaged_member_is_one_refusal(tmp_path: Path) -> None:
    write_stack(tmp_path / "in", [0.0, 1.0])
    pack(tmp_path / "in", tmp_path / "zips" / "a.zip", zipfile.ZIP_STORED)
    content = bytearray((tmp_path / "zips" / "a.zip").read_bytes())
    content[600] ^= 255
    (tmp_path / "zips" / "a.zip").write_bytes(content)
    found = scan(tmp_path / "zips")
    assert len(found.slices) + len(found.refused) == 2
    assert {item.refusal.reason for item in found.refused} <= {"unreadable", "undecodable"}


def test_encrypted_members_and_zips_in_zips_must_be_unpacked_by_hand(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        inner.writestr("x", b"x")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner.zip", buffer.getvalue())
        archive.writestr("secret", b"secret")
    content = (tmp_path / "a.zip").read_bytes()
    directory = content.rindex(b"PK\x01\x02")  # of the last member; its flags lie 8 bytes on
    content = content[: directory + 8] + b"\x01" + content[directory + 9 :]
    (tmp_path / "a.zip").write_bytes(content)
    assert refused(tmp_path) == [
        ("a.zip/inner.zip", "packed-archive"),
        ("a.zip/secret", "encrypted"),
    ]


def test_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", bytes(64 << 20))
    with pytest.raises(RefusedError, match="too-large"):
        open_file(tmp_path, PurePath("a.zip/x"))


def test_foreign_members_are_not_inflated_beyond_their_start(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.png", b"\x89PNG" + bytes(8 << 20))
    file = open_file(tmp_path, PurePath("a.zip/x.png"))
    assert file.read(512).startswith(b"\x89PNG")
    assert len(file.raw._content) <= 1 << 17  # type: ignore[attr-defined]


def test_other_formats_are_read_in_an_archive_too(tmp_path: Path) -> None:
    hu = volume()
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "a.npy", hu)
    np.savez(tmp_path / "in" / "b.npz", x=hu)
    pack(tmp_path / "in", tmp_path / "zips" / "a.zip")
    assert len(scan(tmp_path / "zips").slices) == 2 * len(hu)


def test_litter_of_a_mac_is_harmless(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("__MACOSX/full/._x.IMA", b"\0\5\26\7")
    assert refused(tmp_path) == [("a.zip/__MACOSX/full/._x.IMA", "companion-file")]


def test_what_cannot_be_opened_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_dataset().save_as(tmp_path / "a.zip", enforce_file_format=True)
    monkeypatch.setattr(archives.files, "open_file", _fails)
    found: list[Refused] = []
    assert not list(list_files(tmp_path, found))
    assert [item.refusal.reason for item in found] == ["unreadable"]


def _fails(*_: object) -> None:
    raise PermissionError
