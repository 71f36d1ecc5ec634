"""Tables as people read them."""

import pandas as pd

from pi.overview.readable import in_percent, in_words


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
