"""The reproduction board: what the paper printed beside these runs, cell by cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Data = Literal["challenge", "simulated", "other"]
Status = Literal["reproduced", "not reproduced", "not verifiable here"]
Place = Literal["Table 3", "Table 4", "Section 5.2", "Figure 2"]


@dataclass(frozen=True)
class Given:
    """What these runs gave, in plain mappings by the paper's names (``E1``, ``baseline``).

    Attributes:
        data: ``challenge``: the paper's test patients; ``simulated``; ``other`` patients.
        own_weights: experiments whose encoder did not have the paper's weights; those of the
            medical context never have, for they are not published.
        means: experiment -> metric (``ssim``, ``psnr``, ``nrmse``) -> mean under paper8.
        effects: experiment -> Cohen's d of E1 against it by SSIM, pooled.
        p_values: experiment -> p of the paper's slice-level test of E1 against it by SSIM.
        lambdas: experiment -> calibrated lambda at Psi = .95.
        psi_at_tenth: experiment -> Psi at lambda = 0.1.
    """

    data: Data
    own_weights: frozenset[str] = frozenset()
    means: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    effects: Mapping[str, float] = field(default_factory=dict)
    p_values: Mapping[str, float] = field(default_factory=dict)
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


def reproduction_board(given: Given) -> tuple[Cell, ...]:
    """Return a cell for everything that Tables 3 and 4, section 5.2 and Figure 2 state."""
    raise NotImplementedError


def board_table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the board as a table, one row a cell, one column an attribute of `Cell`."""
    raise NotImplementedError
