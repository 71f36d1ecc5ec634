"""Tables as people read them: names in the field's terms, shares in percent alone."""

import pandas as pd

SHARES = {
    "psi": "Ψ (%)",
    "measured_psi": "measured Ψ (%)",
    "target": "target Ψ (%)",
    "target_psi": "target Ψ (%)",
    "psi_low": "Ψ low (%)",
    "psi_high": "Ψ high (%)",
    "share": "share (%)",
}
"""Columns that hold fractions, and what they are called once they are percent."""


def in_percent(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which the columns of `SHARES`, and of ``psi at``, are in percent."""
    read = rows.copy()
    names = {}
    for column in rows.select_dtypes("float").columns:
        asked = str(column)
        if asked in SHARES or asked.startswith("psi at "):
            read[column] = 100 * rows[column]
            names[column] = SHARES.get(asked, f"Ψ at λ = {asked.removeprefix('psi at ')} (%)")
    return read.rename(columns=names)
