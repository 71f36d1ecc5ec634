"""Tables that may be too long for a page."""

from collections.abc import Sequence

from pi.report.blocks import TextTable

ROWS = 60
"""Most rows of a table on a page; the store has them all."""


def long_table(
    name: str,
    label: str,
    caption: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
) -> TextTable:
    """Return a table of the first rows, whose caption says how many there would be."""
    if len(rows) > ROWS:
        caption += f" The first {ROWS} of {len(rows):,}; the store has the others."
    return TextTable(name, label, caption, columns, tuple(rows[:ROWS]))
