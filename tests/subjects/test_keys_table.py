"""keys.csv: there and back, and each way in which it says nothing that can be used."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.evaluation.table import KEY
from pi.identity import SliceKey
from pi.subjects.keys_table import (
    COLUMNS,
    KEY_COLUMNS,
    KEYS_FILE,
    KeyedFile,
    KeysTableError,
    read_keys,
    write_keys,
)

ROWS = [
    KeyedFile("low/P 1/0.npy", SliceKey("P-1", 0.1 + 0.2, "B30, sharp", -0.1, 0.07), 0),
    KeyedFile("low/P 1/1.npy", SliceKey("P-1", 0.1 + 0.2, "B30, sharp", 1e-17, 0.07), 1),
]
HEAD = ",".join(COLUMNS)


def text_of(*lines: str, head: str = HEAD) -> str:
    return "\n".join([head, *lines]) + "\n"


def test_a_key_is_called_as_in_a_slice_table() -> None:
    assert set(KEY_COLUMNS) == set(KEY)


def test_keys_come_back_bit_for_bit(tmp_path: Path) -> None:
    write_keys(ROWS, tmp_path / KEYS_FILE)
    assert read_keys(tmp_path / KEYS_FILE) == ROWS


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(codec="utf-8")))
def test_any_position_and_any_kernel_come_back(
    tmp_path_factory: pytest.TempPathFactory, position: float, kernel: str
) -> None:
    file = tmp_path_factory.getbasetemp() / KEYS_FILE
    # What ends a line is told apart from the others by no CSV reader.
    kernel = kernel.replace("\r", "")
    rows = [KeyedFile("0.npy", SliceKey("P", 1.0, kernel, position), 0)]
    write_keys(rows, file)
    (found,) = read_keys(file)
    assert found == rows[0]
    assert math.copysign(1, found.key.position) == math.copysign(1, position)


def test_a_table_saved_by_a_spreadsheet_with_more_columns_is_read(tmp_path: Path) -> None:
    file = tmp_path / KEYS_FILE
    write_keys(ROWS, file)
    with file.open(newline="") as text:
        rows = [{"note": "mine", **row} for row in csv.DictReader(text)]
    with file.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert read_keys(file) == ROWS


GOOD = "a.npy,P-1,3.0,B30,0.5,0.25,0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must have the columns file, patient.* but lacks file"),
        (text_of(GOOD, head=HEAD.replace("kernel", "k")), "lacks kernel"),
        (text_of(), "must have a row for each slice but has none"),
        (text_of(GOOD, "a.npy,P-1,3.0"), "line 3 .* must have numbers"),
        (text_of("a.npy,P-1,3.0,B30,nan,0.25,0"), "line 2 .* must have numbers"),
        (text_of("a.npy,P-1,3.0,B30,0.5,0.25,-1"), "line 2 .* must have numbers"),
        (text_of("a.npy,P-1,3.0,B30,0.5,0.25,1.5"), "line 2 .* must have numbers"),
        (text_of("a.npy,,3.0,B30,0.5,0.25,0"), "line 2 .* must name a patient and a file"),
        (text_of(",P-1,3.0,B30,0.5,0.25,0"), "line 2 .* must name a patient and a file"),
        (text_of("/etc/x.npy,P-1,3.0,B30,0.5,0.25,0"), "line 2 .* a file below its folder"),
        (text_of("a/../../x.npy,P-1,3.0,B30,0.5,0.25,0"), "line 2 .* a file below its folder"),
        (text_of("C:/x.npy,P-1,3.0,B30,0.5,0.25,0"), "line 2 .* a file below its folder"),
        (text_of(GOOD, GOOD.replace("a.npy", "b.npy")), "each slice once but 1 of its 2 rows"),
        (text_of(GOOD, GOOD.replace("0.5", "0.75")), "each place in a file once but 1 of its 2"),
        ('file,"patient\n', "must be a readable CSV"),
    ],
)  # fmt: skip
def test_what_is_no_keys_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / KEYS_FILE
    file.write_text(text)
    with pytest.raises(KeysTableError, match=said) as caught:
        read_keys(file)
    assert str(tmp_path) not in str(caught.value)
    assert "x.npy" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00x"])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / KEYS_FILE
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KeysTableError, match=r"must be a readable CSV in UTF-8 but is not"):
        read_keys(file)
