"""Tables as people read them."""

import math
import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pi.overview.readable import in_percent, in_words, styled


def test_shares_are_percent_and_everything_else_stays() -> None:
    rows = pd.DataFrame({"psi": [0.95], "psi at 0.1": [0.5], "lambda": [0.1], "target": ["psi"]})
    read = in_percent(rows)
    assert read.to_dict("records") == [
        {"Ψ (%)": 95.0, "Ψ at λ = 0.1 (%)": 50.0, "lambda": 0.1, "target": "psi"}
    ]
    assert "psi" in rows


def test_headings_are_words_with_units_and_an_id_is_short() -> None:
    rows = pd.DataFrame({"psnr": [31.2], "lambda": [0.1], "first_trial": [""], "run": ["ab" * 16]})
    assert in_words(rows).to_dict("records") == [
        {"PSNR (dB)": 31.2, "λ": 0.1, "first trial": "–", "run": "ababab"}
    ]
    assert rows["run"][0] == "ab" * 16


def shown(rows: pd.DataFrame, metrics: dict[str, str] | None = None) -> list[list[str]]:
    """The cells of a table as a page shows them."""
    html = styled(rows, metrics or {}).hide(axis="index").to_html()
    found = [
        re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>.*?</tr>", html, re.S)
    ]
    return [row for row in found if row]


def test_a_page_shows_the_digits_that_matter() -> None:
    rows = pd.DataFrame({
        "SSIM": [0.870998, 0.871004], "gain": [-0.00063883, math.nan],
        "lambda": [0.000598123, 140.2], "psi": [0.950001, 0.999995], "patients": [3, 4],
        "psnr": [31.23456, math.inf],
    })  # fmt: skip
    assert shown(rows, {"SSIM": "ssim"}) == [
        ["0.8710", "-0.000639", "0.000598", "95", "3", "31.23"],
        ["0.8710", "–", "140", "99.9995", "4", "inf"],
    ]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5))
def test_numbers_stay_numbers_in_their_order(values: list[float]) -> None:
    read = styled(pd.DataFrame({"gain": values})).data["gain"].tolist()
    assert all(isinstance(value, float) for value in read)
    assert [read[k] for k in sorted(range(len(values)), key=values.__getitem__)] == sorted(read)
