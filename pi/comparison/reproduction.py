"""The reproduction board: what the paper printed beside these runs, cell by cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from pi.comparison.gains import ALPHA
from pi.comparison.paper import (
    BEST,
    DEEPER_IN_SAME_CONTEXT,
    LAMBDAS,
    PSI_AT_TENTH,
    TABLE_3,
    TABLE_3_DECIMALS,
    TABLE_3_RANK,
    TABLE_4,
    printed_means,
    ranks,
)
from pi.comparison.verdict import p_text
from pi.evaluation.ranking import METRICS
from pi.evaluation.summary import SHOWN
from pi.experiments import NAMED

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
            medical context never have, for they are not published.
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


def reproduction_board(given: Given) -> tuple[Cell, ...]:
    """Return a cell for everything that Tables 3 and 4, section 5.2 and Figure 2 state.

    A cell is not verifiable here where no run gave it, where the patients are not the paper's, or
    where an encoder did not have the paper's weights; what the runs gave is shown all the same.
    """
    return (
        *_table_3(given),
        *_ranks(given),
        *_table_4(given),
        *_lambdas(given),
        *_figure_2(given),
    )


def board_table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the board as a table, one row a cell, one column an attribute of `Cell`."""
    return pd.DataFrame([asdict(cell) for cell in cells])


def closeness(printed: Sequence[float]) -> float:
    """Return half of the smallest gap between the different numbers of a column.

    Runs that are closer than that to every printed number are in the printed order.
    """
    return float(np.diff(np.unique(printed)).min() / 2)


def _table_3(given: Given) -> Iterator[Cell]:
    for experiment, row in TABLE_3.items():
        for metric in METRICS:
            label, decimals = SHOWN[metric]
            printed, near = row[metric], closeness(list(printed_means(metric).values()))
            digits = TABLE_3_DECIMALS[metric]
            here = given.means.get(experiment, {}).get(metric)
            yield _cell(
                given,
                ("Table 3", experiment, label),
                f"{printed.mean:.{digits}f} ({printed.sd:.{digits}f})",
                None if here is None else f"{here:.{decimals}f}",
                [experiment],
                here is not None and abs(here - printed.mean) <= near,
                f"means within {near:.2g}, half of the smallest gap in the column",
            )


def _ranks(given: Given) -> Iterator[Cell]:
    means = {name: row["ssim"] for name, row in given.means.items() if "ssim" in row}
    found = ranks(means, "ssim") if set(TABLE_3) <= set(means) else {}
    for experiment, rank in TABLE_3_RANK.items():
        here = found.get(experiment)
        yield _cell(
            given,
            ("Table 3", experiment, "Rank"),
            str(rank),
            None if here is None else str(here),
            list(TABLE_3),
            here == rank,
            "the same rank by SSIM among the five",
        )


def _table_4(given: Given) -> Iterator[Cell]:
    near = closeness([row.effect for row in TABLE_4.values()])
    close = closeness([m for row in TABLE_4.values() for m in (row.reference_mean, row.other_mean)])
    for experiment, row in TABLE_4.items():
        name, both = f"{BEST} vs {experiment}", [BEST, experiment]
        effect, log10_p = given.effects.get(experiment), given.log10_ps.get(experiment)
        p = None if log10_p is None else p_text(log10_p)
        ssims = [given.means.get(one, {}).get("ssim") for one in both]
        known = [ssim for ssim in ssims if ssim is not None]
        yield _cell(
            given,
            ("Table 4", name, "SSIMs"),
            f"{row.reference_mean:.4f} vs {row.other_mean:.4f}",
            " vs ".join(f"{ssim:.4f}" for ssim in known) if len(known) == 2 else None,
            both,
            len(known) == 2
            and max(abs(known[0] - row.reference_mean), abs(known[1] - row.other_mean)) <= close,
            f"both means within {close:.2g}, half of the smallest gap in the column",
        )
        yield _cell(
            given,
            ("Table 4", name, "p-value"),
            f"{row.p}",
            p,
            both,
            log10_p is not None and round(10**log10_p, 1) == row.p,
            "p rounds to the printed 0.0 (no p is 0)",
        )
        yield _cell(
            given,
            ("Table 4", name, "Effect size"),
            f"{row.effect:.2f}",
            None if effect is None else f"{effect:.2f}",
            both,
            effect is not None and abs(effect - row.effect) <= near,
            f"Cohen's d within {near:.2g}, half of the smallest gap in the column",
        )
        yield _cell(
            given,
            ("Table 4", name, "Significant"),
            "Yes" if row.significant else "No",
            None if log10_p is None else ("Yes" if log10_p < np.log10(ALPHA) else "No"),
            both,
            log10_p is not None and (log10_p < np.log10(ALPHA)) == row.significant,
            f"the paper's slice-level test at {ALPHA:g}; two patients support no such claim",
        )


def _lambdas(given: Given) -> Iterator[Cell]:
    for experiment, printed in LAMBDAS.items():
        here = given.lambdas.get(experiment)
        yield _cell(
            given,
            ("Section 5.2", experiment, "lambda"),
            f"{printed:.0e}",
            None if here is None else f"{here:.3g}",
            [experiment],
            here is not None and round(np.log10(here)) == round(np.log10(printed)),
            "the nearest power of ten (in log10) is the printed one",
        )


def _figure_2(given: Given) -> Iterator[Cell]:
    for experiment in LAMBDAS:
        here = given.psi_at_tenth.get(experiment)
        yield _cell(
            given,
            ("Figure 2", experiment, "Psi at lambda 0.1"),
            "approximately 100 %",
            None if here is None else _percent(here),
            [experiment],
            here is not None and here >= PSI_AT_TENTH,
            f"{PSI_AT_TENTH:.0%} or more".replace("%", " %"),
        )
    for shallow, deep in DEEPER_IN_SAME_CONTEXT.items():
        psis = [given.psi_at_tenth.get(experiment) for experiment in (shallow, deep)]
        known = [psi for psi in psis if psi is not None]
        yield _cell(
            given,
            ("Figure 2", f"{shallow} above {deep}", "Psi at the same lambda"),
            "block3_conv2 above block5_conv4",
            f"{_percent(known[0])} and {_percent(known[1])}" if len(known) == 2 else None,
            [shallow, deep],
            len(known) == 2 and known[0] > known[1],
            "the order at lambda 0.1, which is the order at every lambda",
        )


def _cell(
    given: Given,
    where: tuple[Place, str, str],
    paper: str,
    here: str | None,
    experiments: Sequence[str],
    holds: bool,
    rule: str,
) -> Cell:
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


def _percent(psi: float) -> str:
    return f"{100 * psi:.4f} %"
