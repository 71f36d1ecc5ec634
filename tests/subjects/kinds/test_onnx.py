"""An ONNX graph as a denoiser: its arrays, its file, and what is refused."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from subjects.graphs import beside, halving
from subjects.small_store import COLUMNS, ROWS, small_store

from pi.errors import PiError
from pi.subjects import fetch_subject, origin_of
from pi.subjects.subject import SubjectError

HU = np.linspace(-1000, 1000, 3 * ROWS * COLUMNS).reshape(3, ROWS, COLUMNS).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_MODEL", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("shape", "interface", "dtype"),
    [
        (("n", "r", "c"), "hu", "float"),
        (("n", 1, "r", "c"), "unit:nchw", "float"),
        (("n", "r", "c", 1), "unit:-500:700:nhwc", "double"),
        ((2, 1, ROWS, COLUMNS), "stored:-1024:nchw", "float"),  # always two slices at a time
    ],
)
def test_a_graph_halves_what_its_interface_says(
    folder: Path, shape: tuple[int | str, ...], interface: str, dtype: str
) -> None:
    (folder / "half.onnx").write_bytes(halving(shape, dtype=dtype))
    denoise = fetch_subject("onnx:half", interface=interface).load()
    assert denoise is not None
    zero = {"hu": 0, "unit": -1024, "unit:-500:700": -500, "stored:-1024": -1024}
    at = zero[interface.removesuffix(":nchw").removesuffix(":nhwc")]
    found = denoise(HU)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, at + (HU - at) / 2, atol=1e-3)


def test_a_graph_that_knows_itself_needs_no_parameter(folder: Path) -> None:
    content = halving(("n", 1, "r", "c"), "unit:nchw")
    (folder / "a.onnx").write_bytes(content)
    subject = fetch_subject("onnx:a")
    subject.check(small_store(), "test", 2)
    origin = origin_of(subject)
    assert origin.tags == {
        "pi.interface": "unit:nchw",
        "pi.model_sha256": hashlib.sha256(content).hexdigest(),
    }
    assert origin.passed == {"experiment": "onnx:a"}


def test_the_file_itself_may_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.onnx").write_bytes(halving(("n", "r", "c"), "hu"))
    monkeypatch.setenv("PI_MODEL", str(folder / "a.onnx"))
    assert fetch_subject("onnx:a").model
    with pytest.raises(PiError, match=r"PI_MODEL must name NAME\.onnx"):
        fetch_subject("onnx:b")


@pytest.mark.parametrize(
    ("content", "interface", "said"),
    [
        (halving(("n", "c")), "hu", "3 axes, or in 4 with a channel, but takes 2"),
        (halving(("n", 1, 1, "r", "c")), "hu", "but takes 5"),
        (halving(("n", 1, "r", "c")), "hu", "must have a layout of 4 axes"),
        (halving(("n", 1, "r", "c")), "", "`interface` must say what arrays 'onnx:a' takes"),
        (halving(("n", "r", "c")), "grey", "`interface` must be VALUES or VALUES:LAYOUT"),
        (halving(("n", "r", "c")), "auto", "`interface` must be VALUES or VALUES:LAYOUT"),
        (halving(("n", "r", "c"), dtype="int"), "hu", "of floating-point numbers but has 1 and 1"),
        (b"no graph", "hu", "must be an ONNX graph of standard operations"),
        (b"", "hu", "must be an ONNX graph of standard operations"),
        (halving((1, 64, 64)), "hu", "takes, 64 x 64, but are 24 x 20"),
        (halving(("n", "r", "c"), factor=np.nan), "hu", "gave NaN or infinity in 2 of 2 slices"),
        (halving(("n", "r", "c"), factor=1e-9), "hu", "must give slices in HU but the values lie"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_cannot_be_run_is_one_sentence(
    folder: Path, content: bytes, interface: str, said: str
) -> None:
    (folder / "a.onnx").write_bytes(content)
    with pytest.raises(PiError, match=said):
        fetch_subject("onnx:a", interface=interface).check(small_store(), "test", 2)


def test_weights_in_another_file_are_not_read(folder: Path) -> None:
    (folder / "a.onnx").write_bytes(beside("weights.bin"))
    with pytest.raises(SubjectError, match="with its weights inside"):
        fetch_subject("onnx:a", interface="hu")


@pytest.mark.parametrize("name", ["onnx:", "onnx:x", "onnx:../a", "onnx:a.onnx"])
def test_a_file_that_is_not_there_is_told_without_a_path(folder: Path, name: str) -> None:
    (folder / "a.onnx").write_bytes(halving(("n", "r", "c")))
    with pytest.raises(PiError, match=r"PI_MODEL must name NAME\.onnx") as caught:
        fetch_subject(name)
    assert str(folder) not in str(caught.value)
