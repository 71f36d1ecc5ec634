"""The reproduction board: what the paper printed beside these runs, cell by cell."""

from collections.abc import Iterator, Sequence

import numpy as np

from pi.comparison.board import Cell, Given, cell
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
    PrintedTest,
    printed_means,
    ranks,
)
from pi.comparison.verdict import p_text
from pi.evaluation.metrics import METRICS


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


def closeness(printed: Sequence[float]) -> float:
    """Return half of the smallest gap between the different numbers of a column.

    Runs that are closer than that to every printed number are in the printed order.
    """
    return float(np.diff(np.unique(printed)).min() / 2)


def _table_3(given: Given) -> Iterator[Cell]:
    for experiment, row in TABLE_3.items():
        for metric in row:
            label, decimals = METRICS[metric].heading, METRICS[metric].decimals
            printed, near = row[metric], closeness(list(printed_means(metric).values()))
            digits = TABLE_3_DECIMALS[metric]
            here = given.means.get(experiment, {}).get(metric)
            yield cell(
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
        yield cell(
            given,
            ("Table 3", experiment, "Rank"),
            str(rank),
            None if here is None else str(here),
            list(TABLE_3),
            here == rank,
            "the same rank by SSIM among the five",
        )


def _table_4(given: Given) -> Iterator[Cell]:
    for experiment in TABLE_4:
        yield _ssims(given, experiment)
        yield from _test(given, experiment)
        yield _effect(given, experiment)


def _ssims(given: Given, experiment: str) -> Cell:
    row, both = TABLE_4[experiment], [BEST, experiment]
    near = closeness([mean for one in TABLE_4.values() for mean in _means(one)])
    known = [given.means[one]["ssim"] for one in both if "ssim" in given.means.get(one, {})]
    return cell(
        given,
        ("Table 4", f"{BEST} vs {experiment}", "SSIMs"),
        f"{row.reference_mean:.4f} vs {row.other_mean:.4f}",
        f"{known[0]:.4f} vs {known[1]:.4f}" if len(known) == 2 else None,
        both,
        len(known) == 2 and max(abs(np.subtract(known, _means(row)))) <= near,
        f"both means within {near:.2g}, half of the smallest gap in the column",
    )


def _test(given: Given, experiment: str) -> Iterator[Cell]:
    row, both = TABLE_4[experiment], [BEST, experiment]
    log10_p = given.log10_ps.get(experiment)
    significant = log10_p is not None and log10_p < np.log10(ALPHA)
    yield cell(
        given,
        ("Table 4", f"{BEST} vs {experiment}", "p-value"),
        f"{row.p}",
        None if log10_p is None else p_text(log10_p),
        both,
        log10_p is not None and round(10**log10_p, 1) == row.p,
        "p rounds to the printed 0.0 (no p is 0)",
    )
    yield cell(
        given,
        ("Table 4", f"{BEST} vs {experiment}", "Significant"),
        _yes(row.significant),
        None if log10_p is None else _yes(significant),
        both,
        significant == row.significant,
        f"the paper's slice-level test at {ALPHA:g}; two patients support no such claim",
    )


def _effect(given: Given, experiment: str) -> Cell:
    printed, here = TABLE_4[experiment].effect, given.effects.get(experiment)
    near = closeness([row.effect for row in TABLE_4.values()])
    return cell(
        given,
        ("Table 4", f"{BEST} vs {experiment}", "Effect size"),
        f"{printed:.2f}",
        None if here is None else f"{here:.2f}",
        [BEST, experiment],
        here is not None and abs(here - printed) <= near,
        f"Cohen's d within {near:.2g}, half of the smallest gap in the column",
    )


def _lambdas(given: Given) -> Iterator[Cell]:
    for experiment, printed in LAMBDAS.items():
        here = given.lambdas.get(experiment)
        yield cell(
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
        yield cell(
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
        yield cell(
            given,
            ("Figure 2", f"{shallow} above {deep}", "Psi at the same lambda"),
            "block3_conv2 above block5_conv4",
            f"{_percent(known[0])} and {_percent(known[1])}" if len(known) == 2 else None,
            [shallow, deep],
            len(known) == 2 and known[0] > known[1],
            "the order at lambda 0.1, which is the order at every lambda",
        )


def _means(row: PrintedTest) -> tuple[float, float]:
    return row.reference_mean, row.other_mean


def _yes(said: bool) -> str:
    return "Yes" if said else "No"


def _percent(psi: float) -> str:
    return f"{100 * psi:.4f} %"
