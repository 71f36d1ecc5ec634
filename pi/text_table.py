"""Tables as text: for a terminal, and as Markdown for a run's page."""

from collections.abc import Sequence

SPACE = "&emsp;"
"""What keeps the columns of a Markdown table apart, which MLflow's UI sets without any room."""


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells as lines whose columns stand below each other."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells, of which the first is the head, as a Markdown table."""
    head, *body = rows
    spaced = [[*(f"{cell}{SPACE}" for cell in row[:-1]), row[-1]] for row in (head, *body)]
    lines = (spaced[0], ["---"] * len(head), *spaced[1:])
    return "\n".join(f"|{'|'.join(row)}|" for row in lines)
