"""A cell of the reproduction board, and when it cannot be verified by these runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import pandas as pd

from pi.losses.experiments import NAMED

Data = Literal["challenge", "simulated", "other"]
Status = Literal["reproduced", "not reproduced", "not verifiable here"]
Place = Literal["Table 3", "Table 4", "Section 5.2", "Figure 2"]

NOTHING = "-"


@dataclass(frozen=True)
class Given:
    """What these runs gave, in plain mappings by the paper's names (``E1``, ``baseline``).

    Attributes:
        data: ``challenge``: the paper's test patients; ``simulated``; ``other`` patients.
        own_weights: experiments whose encoder did not have the paper's weights; those of the
            medical context never have, because they are not published.
        means: experiment -> metric (``ssim``, ``psnr``, ``nrmse``) -> mean under paper8.
        effects: experiment -> Cohen's d of E1 over it by SSIM, pooled, above 0 where E1 is better.
        log10_ps: experiment -> log10 p of the paper's slice-level test of E1 against it by SSIM.
        lambdas: experiment -> calibrated lambda at Psi = .95.
        psi_at_tenth: experiment -> Psi at lambda = 0.1.
    """

    data: Data
    own_weights: frozenset[str] = frozenset()
    means: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    effects: Mapping[str, float] = field(default_factory=dict)
    log10_ps: Mapping[str, float] = field(default_factory=dict)
    lambdas: Mapping[str, float] = field(default_factory=dict)
    psi_at_tenth: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """One statement of the paper beside these runs.

    Attributes:
        place: where it is printed.
        row: the experiment, or the statement.
        column: the metric or quantity.
        paper: as printed.
        here: what these runs gave, ``-`` where nothing.
        status: the outcome.
        reason: the rule that was applied, or why none could be.
    """

    place: Place
    row: str
    column: str
    paper: str
    here: str
    status: Status
    reason: str


def cell(
    given: Given,
    where: tuple[Place, str, str],
    paper: str,
    here: str | None,
    experiments: Sequence[str],
    holds: bool,
    rule: str,
) -> Cell:
    """Return a cell with its status.

    Args:
        given: what these runs gave.
        where: place, row and column.
        paper: as printed.
        here: what these runs gave; None where nothing.
        experiments: whose runs the cell is about.
        holds: whether ``here`` is what the paper says, if it can be verified.
        rule: by which that was found.
    """
    obstacle = _obstacle(given, here, experiments)
    if obstacle:
        return Cell(*where, paper, here or NOTHING, "not verifiable here", obstacle)
    return Cell(*where, paper, here or NOTHING, "reproduced" if holds else "not reproduced", rule)


def _obstacle(given: Given, here: str | None, experiments: Sequence[str]) -> str | None:
    """Return why a cell cannot be verified; None where it can."""
    if here is None:
        return f"these runs gave no such number of {' and '.join(experiments)}"
    if given.data == "simulated":
        return "simulated patients, not the challenge's"
    if given.data == "other":
        return "other patients than the paper's"
    for experiment in experiments:
        if NAMED[experiment].encoder.context == "medical":
            return f"the medical weights of {experiment} were never published"
        if experiment in given.own_weights:
            return f"the encoder of {experiment} did not have the ImageNet weights"
    return None


def board_table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the board as a table, one row a cell, one column an attribute of `Cell`."""
    return pd.DataFrame([asdict(cell) for cell in cells])
