import csv
from pathlib import Path

import pytest
from dose_folders import levels, reasons, understood, write_doses, write_series
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pi.readers.mapping_table import COLUMNS
from pi.readers.scan import scan
from pi.readers.template import template_rows


def write_mapping(source: Path, head: str, *lines: str) -> None:
    (source / "mapping.csv").write_text("\n".join([head, *lines]) + "\n")


def test_the_mapping_overrules_names_and_headers_and_says_so(tmp_path: Path) -> None:
    write_doses(tmp_path, "PT", "full", "quarter")
    head = "glob,patient,dose,kernel,thickness,pair"
    write_mapping(
        tmp_path, head, "full/*,Q,10%,FC08,5,", "quarter/*,Q,full,FC08,5,", "**/0.dcm,,,,,7"
    )
    found = understood(tmp_path)
    assert levels(found) == {("low", 0.1): 3, ("normal", 0.0): 3}
    assert {header.patient for header in found.headers} == {"Q"}
    assert {(one.reconstruction.thickness, one.reconstruction.kernel) for one in found.headers} == {
        (5.0, "FC08")
    }
    assert sorted(header.pair_key for header in found.headers) == [""] * 4 + ["7"] * 2
    for fact in ("dose", "kernel", "thickness"):
        said = f"the mapping decides the {fact} of 6 slices against names or headers."
        assert said in found.messages


def test_a_mapping_that_agrees_is_not_mentioned(tmp_path: Path) -> None:
    write_doses(tmp_path, "PT", "full", "quarter")
    write_mapping(tmp_path, "glob,dose", "full/*,full", "quarter/*,low")
    found = understood(tmp_path)
    assert levels(found) == {("low", 0.25): 3, ("normal", 0.0): 3}
    assert found.messages == ()


@pytest.mark.parametrize(
    ("reason", "head", "line", "tags"),
    [
        ("unknown-dose", "glob,dose", "**/x/**,low", {}),
        ("conflicting-dose", "glob,dose", "**/x/**,low", {"PatientName": "L067_QD_3"}),
        ("conflicting-kernel", "glob,kernel", "**/x/**,B30", {"PatientName": "L067_FD_3_SHARP"}),
        ("conflicting-thickness", "glob,thickness", "**/x/**,3", {"PatientName": "L067_FD_1"}),
        ("conflicting-patient", "glob,patient", "**/x/**,WHO", {"PatientName": "L067_FD_3"}),
    ],
)
def test_the_line_that_a_refusal_names_cures_it(
    tmp_path: Path, reason: str, head: str, line: str, tags: dict[str, str]
) -> None:
    folder = {"conflicting-dose": "full", "unknown-dose": "s2"}.get(reason, "y")
    write_series(tmp_path / "x" / folder, "L096" if "patient" in reason else "L067", 10, **tags)
    found = understood(tmp_path)
    assert reasons(found) == {reason: 3}
    way_out = line.replace("/x/", "/FOLDER/")
    assert f"`{way_out}` under `{head}` in mapping.csv" in found.refused[0].refusal.detail
    write_mapping(tmp_path, head, line)
    assert reasons(understood(tmp_path)) == {}


def with_template(source: Path) -> None:
    rows = template_rows(scan(source).slices, understood(source))
    with (source / "mapping.csv").open("w", errors="surrogateescape", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


FOLDERS = st.sampled_from(
    ["full", "low_25", "s1", "STANDARD", "LDCT/a b", 'M\u00fc;,"/qd', "input"]
)
KERNELS = st.sampled_from(["B30f", ["Br40d", "3"], "Eichendorff", None])
SERIES = st.tuples(
    st.sampled_from(["PT-1", "L067"]),
    FOLDERS,
    KERNELS,
    st.sampled_from(["3", "2.999", None]),
    st.sampled_from([None, 200, 50]),
    st.sampled_from([10.0, 20.0]),
    st.sampled_from(["{}.dcm", "target_{}.dcm"]),
)


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(SERIES, min_size=1, max_size=4))
def test_a_template_that_is_not_changed_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, series: list[tuple]
) -> None:
    source = tmp_path_factory.mktemp("source")
    for patient, folder, kernel, thickness, exposure, sd, file in series:
        tags = {"ConvolutionKernel": kernel, "SliceThickness": thickness}
        tags |= {"Exposure": exposure} if exposure else {}
        write_series(source / patient / folder, patient, sd, file=file, zs=(0.0, 2.0), **tags)
    before = understood(source)
    with_template(source)
    after = understood(source)
    assert {one.file: one.what for one in after.headers} == {
        one.file: one.what for one in before.headers
    }
    assert reasons(after) == reasons(before)


def test_a_template_has_one_line_a_folder_of_one_kind(tmp_path: Path) -> None:
    write_doses(tmp_path / "PT", "PT", "full", "quarter")
    write_series(tmp_path / "PT" / "s*3", "PU", 10, zs=(100.0,))
    write_series(tmp_path, "PT", 10, file="full_{}.dcm", zs=(0.0, 2.0))
    rows = template_rows(scan(tmp_path).slices, understood(tmp_path))
    assert rows == [
        ("*", "PT", "full", "B30", "3.0", "", ""),
        ("PT/full/*", "PT", "full", "B30", "3.0", "", ""),
        ("PT/quarter/*", "PT", "0.25", "B30", "3.0", "", ""),
        ("PT/s?3/*", "PU", "", "B30", "3.0", "", ""),
    ]


def test_a_folder_of_several_kinds_has_one_line_a_file(tmp_path: Path) -> None:
    write_series(tmp_path / "PT", "PT", 10, file="full_{}.dcm", zs=(0.0,))
    write_series(tmp_path / "PT", "PT", 20, file="quarter_{}.dcm", zs=(0.0,))
    rows = template_rows(scan(tmp_path).slices, understood(tmp_path))
    assert [row[::2] for row in rows] == [
        ("PT/full_0.dcm", "full", "3.0", ""),
        ("PT/quarter_0.dcm", "0.25", "3.0", ""),
    ]


def test_of_unknown_patients_in_no_folder_every_file_has_its_line_and_what_is_known(
    tmp_path: Path,
) -> None:
    for name, dose in (("x", "full"), ("y", "low")):
        write_series(tmp_path, "", 10, file=f"{dose}_{name}_{{}}.dcm", zs=(0.0, 2.0))
    found = understood(tmp_path)
    assert reasons(found) == {"unknown-patient": 4}
    rows = template_rows(scan(tmp_path).slices, found)
    assert [row[:4] for row in rows] == [
        ("full_x_0.dcm", "", "full", "B30"),
        ("full_x_1.dcm", "", "full", "B30"),
        ("low_y_0.dcm", "", "low", "B30"),
        ("low_y_1.dcm", "", "low", "B30"),
    ]


def test_where_no_folder_is_a_patients_the_line_that_is_named_means_files(
    tmp_path: Path,
) -> None:
    for name, body in (("ann", 0.0), ("bob", 100.0)):
        for dose in ("full", "low"):
            file, zs = f"{name}_{dose}_{{}}.dcm", (body, body + 2.0)
            write_series(tmp_path, "", 10, file=file, zs=zs)
    found = understood(tmp_path)
    assert reasons(found) == {"unknown-patient": 8}
    assert all("`**/BEGINNING*,WHO`" in one.refusal.detail for one in found.refused)
    write_mapping(tmp_path, "glob,patient", "**/ann*,Ann", "**/bob*,Bob")
    assert reasons(understood(tmp_path)) == {}
