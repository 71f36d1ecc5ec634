"""Tables as people read them."""

import pandas as pd

from pi.overview.readable import in_percent


def test_shares_are_percent_and_everything_else_stays() -> None:
    rows = pd.DataFrame({"psi": [0.95], "psi at 0.1": [0.5], "lambda": [0.1], "target": ["psi"]})
    read = in_percent(rows)
    assert read.to_dict("records") == [
        {"Ψ (%)": 95.0, "Ψ at λ = 0.1 (%)": 50.0, "lambda": 0.1, "target": "psi"}
    ]
    assert "psi" in rows
