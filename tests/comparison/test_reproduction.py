"""The reproduction board: every cell of the paper, and why it is or is not reproduced."""

from dataclasses import replace

import numpy as np
import pytest

from pi.comparison.board import Cell, Given, board_table
from pi.comparison.paper import LAMBDAS, TABLE_3, TABLE_4
from pi.comparison.reproduction import closeness, reproduction_board

AS_PRINTED = Given(
    data="challenge",
    means={
        name: {metric: one.mean for metric, one in row.items()} for name, row in TABLE_3.items()
    },
    effects={name: row.effect for name, row in TABLE_4.items()},
    log10_ps=dict.fromkeys(TABLE_4, -400.0),
    lambdas=LAMBDAS,
    psi_at_tenth={"E1": 0.999998, "E2": 0.99758, "E3": 0.99999, "E4": 0.99987},
)


def cells(given: Given) -> dict[tuple[str, str, str], Cell]:
    return {(cell.place, cell.row, cell.column): cell for cell in reproduction_board(given)}


def test_the_papers_own_numbers_are_reproduced_but_for_the_unpublished_encoder() -> None:
    board = cells(AS_PRINTED)
    assert len(board) == 5 * 4 + 4 * 4 + 4 + 4 + 2
    for cell in board.values():
        medical = "E3" in cell.row or "E4" in cell.row or cell.column == "Rank"
        assert cell.status == ("not verifiable here" if medical else "reproduced"), cell
        assert cell.here != "-"
        if medical:
            assert "medical weights of E3 were" in cell.reason or "of E4 were" in cell.reason


def test_what_is_printed_is_shown_as_printed() -> None:
    board = cells(AS_PRINTED)
    assert board["Table 3", "E2", "SSIM"].paper == "0.933 (0.050)"
    assert board["Table 3", "E3", "PSNR (dB)"].paper == "39.70 (3.40)"
    assert board["Table 4", "E1 vs E4", "SSIMs"].paper == "0.9443 vs 0.9370"
    assert board["Table 4", "E1 vs E4", "p-value"].paper == "0.0"
    assert board["Table 4", "E1 vs E4", "p-value"].here == "p = 10^-400.0"
    assert board["Section 5.2", "E2", "lambda"].paper == "1e-02"


def test_other_numbers_are_not_reproduced_and_the_rule_is_told() -> None:
    worse = {name: {metric: 0.9 * mean for metric, mean in row.items()}
             for name, row in AS_PRINTED.means.items()}  # fmt: skip
    board = cells(
        replace(
            AS_PRINTED, means=worse, effects=dict.fromkeys(TABLE_4, -0.1),
            log10_ps=dict.fromkeys(TABLE_4, np.log10(0.06)), lambdas=dict.fromkeys(LAMBDAS, 1e-3),
            psi_at_tenth={"E1": 0.95, "E2": 0.96},
        )
    )  # fmt: skip
    expected = {
        ("Table 3", "E1", "SSIM"): "within 0.002, half of the smallest gap",
        ("Table 3", "E1", "PSNR (dB)"): "within 0.14",
        ("Table 4", "E1 vs E2", "SSIMs"): "half of the smallest gap",
        ("Table 4", "E1 vs E2", "p-value"): "no p is 0",
        ("Table 4", "E1 vs E2", "Effect size"): "within 0.035",
        ("Table 4", "E1 vs E2", "Significant"): "slice-level test at 0.05",
        ("Section 5.2", "E1", "lambda"): "nearest power of ten",
        ("Figure 2", "E1", "Psi at lambda 0.1"): "99 % or more",
        ("Figure 2", "E1 above E2", "Psi at the same lambda"): "order at lambda 0.1",
    }
    for place, rule in expected.items():
        assert board[place].status == "not reproduced", place
        assert rule in board[place].reason
    assert board["Table 4", "E1 vs E2", "Significant"].here == "No"


def test_lambdas_are_compared_by_their_nearest_decade() -> None:
    # method, finding 1: 4.364e-6 rounds to 1e-5, 4.602e-3 to 1e-2.
    board = cells(replace(AS_PRINTED, lambdas={"E1": 4.364e-6, "E2": 3.1e-3}))
    assert board["Section 5.2", "E1", "lambda"].status == "reproduced"
    assert board["Section 5.2", "E2", "lambda"].status == "not reproduced"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (replace(AS_PRINTED, data="simulated"), "simulated patients, not the challenge's"),
        (replace(AS_PRINTED, data="other"), "other patients than the paper's"),
        (
            replace(AS_PRINTED, own_weights=frozenset({"E1"})),
            "the encoder of E1 did not have the ImageNet weights",
        ),
    ],
)
def test_other_data_or_weights_verify_nothing_and_say_so(given: Given, reason: str) -> None:
    cell = cells(given)["Table 3", "E1", "SSIM"]
    assert (cell.status, cell.reason, cell.here) == ("not verifiable here", reason, "0.9440")


def test_what_no_run_gave_is_not_verifiable() -> None:
    for cell in reproduction_board(Given("challenge")):
        assert (cell.status, cell.here) == ("not verifiable here", "-")
        assert cell.reason.startswith("these runs gave no such number of")


def test_the_board_is_a_table_of_strings() -> None:
    table = board_table(reproduction_board(AS_PRINTED))
    assert list(table) == ["place", "row", "column", "paper", "here", "status", "reason"]
    assert len(table) == 46


def test_closeness_is_half_of_the_smallest_gap() -> None:
    assert closeness([0.929, 0.944, 0.933, 0.899, 0.937]) == pytest.approx(0.002)
    assert closeness([1.0, 1.0, 3.0]) == 1.0
