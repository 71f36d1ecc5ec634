"""Protocols: what they compare, there and back, and the paper's eight bits one by one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pi.evaluation.compared_values import to_hu, to_values
from pi.evaluation.protocol import (
    ABDOMEN_REDCNN,
    FULL_FLOAT,
    LDCTBENCH,
    LDCTBENCH_CHEST,
    LDCTBENCH_HEAD,
    PAPER8,
    PROTOCOLS,
    EvaluationError,
    Protocol,
    find_protocols,
    known_protocol,
)
from pi.protocol_names import USUAL

CODES = np.arange(-1024, 3073, dtype=np.int16)


def as_the_paper_does(hu: NDArray[np.int16], *, predicted: bool) -> NDArray[np.uint8]:
    """A slice from its file to what is compared, step by step as in the authors' code."""
    stored = (hu.astype(np.float64) + 1024) / 4096
    image = stored.astype(np.float32 if predicted else np.float16)
    image = np.minimum(np.maximum(image, 0.0), 1.0)
    return (image * 255.0).astype(dtype=np.uint8)


@pytest.mark.parametrize("predicted", [False, True])
def test_paper8_is_the_authors_code_on_every_hu_value(predicted: bool) -> None:
    found = to_values(CODES, PAPER8, predicted=predicted)
    assert found.dtype == np.uint8
    assert (found == as_the_paper_does(CODES, predicted=predicted)).all()


def test_paper8_cuts_what_leaves_its_range() -> None:
    hu = np.array([-2000.0, -1024.0, 3072.0, 9000.0], np.float32)
    assert to_values(hu, PAPER8, predicted=True).tolist() == [0, 0, 255, 255]
    assert to_values(hu, PAPER8, predicted=False).tolist() == [0, 0, 255, 255]


def test_half_precision_moves_4_percent_of_the_hu_codes_by_a_level() -> None:
    moved = to_values(CODES, PAPER8, predicted=True) != to_values(CODES, PAPER8, predicted=False)
    assert moved.mean() == pytest.approx(0.0415, abs=1e-4)


@pytest.mark.parametrize(
    ("protocol", "hu", "value"),
    [
        (FULL_FLOAT, -1024.0, 0.0),
        (FULL_FLOAT, 5000.0, 6024.0),
        (ABDOMEN_REDCNN, -500.0, -160.0),
        (ABDOMEN_REDCNN, 40.0, 40.0),
        (ABDOMEN_REDCNN, 241.0, 240.0),
        (LDCTBENCH, -150.0, 0.0),
        (LDCTBENCH, 49.5, 0.5),
        (LDCTBENCH, 249.0, 1.0),
        (LDCTBENCH, 300.0, 1.0),
        (LDCTBENCH_CHEST, -1350.0, 0.0),
        (LDCTBENCH_CHEST, 149.0, 1.0),
        (LDCTBENCH_HEAD, 0.0, 0.0),
        (LDCTBENCH_HEAD, 79.0, 1.0),
    ],
)
def test_values_by_hand(protocol: Protocol, hu: float, value: float) -> None:
    assert to_values(np.array([hu]), protocol, predicted=True).tolist() == [value]


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if name != "paper8"])
def test_hu_come_back_inside_the_range(name: str) -> None:
    protocol = PROTOCOLS[name]
    low, high = protocol.clip_hu or (-1024.0, 3072.0)
    hu = np.linspace(low, high, 1001)
    back = to_hu(to_values(hu, protocol, predicted=True), protocol)
    assert back == pytest.approx(hu, abs=1e-9)


def test_a_grey_level_comes_back_within_its_width() -> None:
    back = to_hu(to_values(CODES, PAPER8, predicted=True), PAPER8)
    lost = CODES - back
    assert lost.min() > -1e-3
    assert lost.max() < PAPER8.unit_hu == pytest.approx(16.0627, abs=1e-4)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_data_range_is_that_of_what_can_occur(name: str) -> None:
    protocol = PROTOCOLS[name]
    low, high = protocol.clip_hu or (-1024.0, 3072.0)
    values = to_values(np.array([low, high]), protocol, predicted=True).astype(float)
    assert values[1] - values[0] == protocol.data_range
    assert protocol.name == name


def test_protocols_are_found_by_name_once_in_the_order_asked_for() -> None:
    assert find_protocols("ldctbench, paper8,ldctbench") == (LDCTBENCH, PAPER8)
    assert find_protocols("all") == tuple(PROTOCOLS.values())
    assert tuple(one.name for one in find_protocols("usual")) == USUAL
    wide, *others = find_protocols("window:-160.0:+240, usual,window:-160:240")
    assert (wide.name, len(others)) == ("window:-160:240", 4)


def test_a_window_is_what_dicom_says_of_its_bounds() -> None:
    """PS3.3 C.11.2.1.2.1, formula by formula, for ldct-benchmark's three windows."""
    hu = np.arange(-1500, 500).astype(float)
    for protocol, c, w in ((LDCTBENCH, 50, 400), (LDCTBENCH_CHEST, -600, 1500),
                           (LDCTBENCH_HEAD, 40, 80)):  # fmt: skip
        by_hand = ((hu - (c - 0.5)) / (w - 1) + 0.5).clip(0, 1)
        assert to_values(hu, protocol, predicted=True) == pytest.approx(by_hand, abs=1e-12)


def test_any_window_is_a_protocol_with_one_name() -> None:
    window = known_protocol("window:-160:240")
    assert window is not None
    values = to_values(np.array([-500.0, 40.0, 241.0]), window, predicted=True)
    assert values.tolist() == [0, 0.5, 1]
    assert window.rmse_clip_hu == (-160.0, 240.0)
    for spelt in ("window:-160.0:240", "window:-160:+240.00"):
        assert known_protocol(spelt) == window
    zero = known_protocol("window:-0:0.5")
    assert zero is not None
    assert zero.name == "window:0:0.5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("paper9,paper8", "got 'paper9'"),
        (" , ", "got ' , '"),
        ("window:240:-160", "LOW < HIGH.* got 'window:240:-160'"),
        ("window:0:0", "got 'window:0:0'"),
        ("window:0:nan", "got 'window:0:nan'"),
        ("window:0", "got 'window:0'"),
        ("window:0:1e3", "got 'window:0:1e3'"),
    ],
)
def test_an_unknown_protocol_is_refused_with_those_there_are(text: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=f"paper8, full_float.*{said}"):
        find_protocols(text)
