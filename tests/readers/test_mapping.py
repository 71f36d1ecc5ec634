from pathlib import Path, PurePath

import pytest
from ct_files import write_stack

from pi.places import PlaceError
from pi.readers.mapping import apply_mapping, find_mapping
from pi.readers.mapping_table import MappingError
from pi.readers.scan import scan
from pi.readers.told import NOTHING_TOLD, Told

SECRET_WORDS = ("Eichendorff", "4711")


def mapping_of(folder: Path, text: str | bytes) -> None:
    content = text.encode() if isinstance(text, str) else text
    (folder / "mapping.csv").write_bytes(content)


def told(folder: Path, text: str | bytes, file: str = "PT/low/1.dcm") -> Told:
    mapping_of(folder, text)
    mapping = find_mapping(folder)
    assert mapping is not None
    return mapping.told_of(file)


@pytest.mark.parametrize(
    "text",
    [
        "glob,dose,thickness\n**/low/**,0.25,2.5\n",
        "glob;dose;thickness\r\n**/low/**;0,25;2,5\r\n",
        "\ufeffglob;Dose;Thickness\n**/low/**;25%;2,5 mm\n",
        "glob\tdose\tthickness\n**/low/**\tquarter\t2.5\n",
        "glob , dose, thickness\n\n **/low/** , 25 % , 2.5mm\n,,\n",
        'glob,dose,thickness\n"**/low/**","low 25%","2.5"\n',
        "glob,dose,thickness\n**/low/**,,2.5\nPT/**,QD,\n",
    ],
)
def test_a_table_of_any_spreadsheet_is_understood(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == Told(dose="low", fraction=0.25, thickness=2.5)
    assert told(tmp_path, text, "elsewhere.dcm") == NOTHING_TOLD


def test_every_column_arrives(tmp_path: Path) -> None:
    head = "glob,patient,dose,kernel,thickness,pair key,unit"
    text = f"{head}\n**,P 1,full,Br40d,unknown,7,unit:-1024:3072"
    assert told(tmp_path, text) == Told("P 1", "normal", 0.0, "Br40d", 0.0, "7", "unit:-1024:3072")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1 .* glob is not there"),
        ("dose\nlow\n", "line 1 .* glob is not there"),
        ("glob,glob\n**,**\n", "line 1 .* repeats one"),
        ("glob,Eichendorff\n**,low\n", "line 1 .* names another"),
        ("glob,dose\n", "must have a line below its head"),
        ("glob,dose\n**,Eichendorff\n", "line 2 .* has something else"),
        ("glob,dose\n\n**,1.5\n", r"line 3 .* fraction in \(0, 1\).* has 1.5"),
        ("glob,dose\n**,1\n", r"line 2 .* fraction in \(0, 1\)"),
        ("glob,dose\n**,0\n", r"line 2 .* fraction in \(0, 1\)"),
        ("glob,dose\n**,-0.25\n", r"line 2 .* fraction in \(0, 1\)"),
        ("glob,thickness\n**,0\n", "line 2 .* thickness in mm greater than 0"),
        ("glob,thickness\n**,-3\n", "line 2 .* thickness in mm greater than 0"),
        ("glob,thickness\n**,Eichendorff\n", "line 2 .* thickness .* something else"),
        ("glob,unit\n**,Eichendorff\n", "line 2 .* unit of hu, unit:LOW:HIGH"),
        ("glob,unit\n**,unit:5:1\n", "line 2 .* unit of hu, unit:LOW:HIGH"),
        ("glob,dose\n,low\n", "line 2 .* must have a glob"),
        ("glob,dose\n**,low,Eichendorff\n", "line 2 .* at most 2 values but has 3"),
        (b"\xff\xfeg\0l\0o\0b\0", "UTF-8"),
        ("glob,dose\n**,low\nPT/**,full\n", "lines 2 and 3 .* two values of `dose`"),
        ("glob,pair\n**,Eichendorff\nPT/**,4711\n", "lines 2 and 3 .* two values of `pair`"),
        ("glob,dose\n**,25%\nPT/**,10%\n", "lines 2 and 3 .* two values of `fraction`"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence_with_its_line(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    with pytest.raises(MappingError, match=sentence) as caught:
        told(tmp_path, text)
    assert not any(word in str(caught.value) for word in (*SECRET_WORDS, str(tmp_path), "PT/"))


def test_a_line_that_means_nothing_is_an_error(tmp_path: Path) -> None:
    write_stack(tmp_path / "PT" / "low", [0.0])
    mapping_of(tmp_path, "glob,dose\n**/low/**,low\n4711/**,full\n")
    with pytest.raises(MappingError, match="line 3 means none;") as caught:
        scan(tmp_path)
    assert "4711" not in str(caught.value)


def test_lines_may_complement_each_other(tmp_path: Path) -> None:
    text = "glob,patient,dose\nPT/**,Z,\n**/low/**,,low\n**/1.dcm,Z,25%\n"
    assert told(tmp_path, text) == Told(patient="Z", dose="low", fraction=0.25)


def test_folders_that_are_looked_up_match_as_those_that_are_tried(tmp_path: Path) -> None:
    files = ["a.dcm", "M\u00fc/a.dcm", "M\u00fc/b/a.dcm", "x y/a.dcm"]
    mapping_of(tmp_path, "glob,pair\n*,1\nM\u00fc/*,2\nM\u00fc/b/*,3\nx y/*,4\n")
    mapping = find_mapping(tmp_path)
    assert mapping is not None
    assert [mapping.told_of(file).pair_key for file in files] == list("1234")
    for name in files:
        write_stack((tmp_path / name).parent, [0.0])
    slices = scan(tmp_path).slices
    assert sorted(one.told.pair_key for one in slices) == list("1234")


def test_the_environment_names_a_mapping_that_lies_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, other = tmp_path / "source", tmp_path / "other"
    write_stack(source / "a", [0.0])
    other.mkdir()
    assert find_mapping(source) is None
    mapping_of(other, "glob,dose\n**,10%\n")
    monkeypatch.setenv("PI_MAPPING", str(other / "mapping.csv"))
    (one,) = scan(source).slices
    assert (one.told.dose, one.told.fraction) == ("low", 0.1)
    mapping_of(source, "glob,dose\n**,25%\n")
    with pytest.raises(MappingError, match="remove one of them"):
        scan(source)
    monkeypatch.setenv("PI_MAPPING", str(other / "Eichendorff.csv"))
    with pytest.raises(PlaceError, match="PI_MAPPING") as caught:
        scan(source)
    assert "Eichendorff" not in str(caught.value)


def test_no_mapping_changes_nothing(tmp_path: Path) -> None:
    write_stack(tmp_path / "a", [0.0])
    slices = scan(tmp_path).slices
    assert apply_mapping(None, slices, [PurePath("a/1")]) == slices
