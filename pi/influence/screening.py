"""What forward passes alone say of a distance: does it see noise, and does it punish blur?

    dose order    share of patches whose loss rises whenever the dose falls
    blur penalty  loss of a blur over that of the noise, of equal MSE: above 1 a blur costs more
    high share    loss of high grains over that of high and low ones, of equal MSE

and lambda for the Psi asked for, with the low dose in the place of the output. Ratios are of sums
over patches; intervals are of a bootstrap over patients, in which all losses are drawn alike, so
that ranks have intervals, too (`pi.influence.expanded_percentile`). What a training makes of it is
not measured.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.digits import number
from pi.influence.expanded_percentile import tail_beyond
from pi.influence.psi import Floats, odds_of

RESAMPLES = 999
QUANTITIES = ("blur_penalty", "dose_order", "high_share", "lambda")


@dataclass(frozen=True)
class ScreenLosses:
    """What one loss makes of some patches and of what they become.

    Attributes:
        image: (n,) image loss of the low dose.
        doses: (n, amplitudes) perceptual losses, the last of the low dose.
        blur: (n,) of the blur; NaN where a patch has none.
        high: (n,) of high grains.
        low: (n,) of low grains.
        milliseconds: of a patch and its target through the encoder.
    """

    image: Floats
    doses: Floats
    blur: Floats
    high: Floats
    low: Floats
    milliseconds: float = field(default=float("nan"))


def screen_table(
    losses: Mapping[str, ScreenLosses],
    patients: NDArray[np.str_],
    target: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return a row a loss, the greatest blur penalty first.

    Args:
        losses: by the name of each.
        patients: (n,) whose each patch is.
        target: Psi asked for.
        rng: draws patients.

    Returns:
        ``experiment``, ``rank`` by blur penalty (1 is the greatest), each of `QUANTITIES`, each of
        these with its 95 % interval in ``_low`` and ``_high`` (NaN of a single patient), and
        ``milliseconds``. What no patch tells is NaN, and last.
    """
    names, owner = np.unique(patients, return_inverse=True)
    m = len(names)
    ones = np.ones((1, m))
    drawn = rng.multinomial(m, np.full(m, 1 / m), size=RESAMPLES).astype(np.float64)
    found = {name: _estimates(one, owner, m, target, ones) for name, one in losses.items()}
    spread = {name: _estimates(one, owner, m, target, drawn) for name, one in losses.items()}
    rows = []
    for name, one in losses.items():
        row: dict[str, object] = {"experiment": name, "milliseconds": one.milliseconds}
        for quantity in QUANTITIES:
            row[quantity] = float(found[name][quantity][0])
            row |= _interval(quantity, spread[name][quantity], m)
        rows.append(row)
    table = pd.DataFrame(rows)
    table["rank"] = table["blur_penalty"].rank(ascending=False, method="min")
    resampled = pd.DataFrame({name: spread[name]["blur_penalty"] for name in losses})
    ranks = resampled.rank(axis=1, ascending=False, method="min")
    for side in ("low", "high"):
        table[f"rank_{side}"] = [
            _interval("rank", ranks[name].to_numpy(), m)[f"rank_{side}"] for name in losses
        ]
    columns = [f"{name}{end}" for name in ("rank", *QUANTITIES) for end in ("", "_low", "_high")]
    ordered = table.sort_values(["rank", "experiment"], na_position="last", ignore_index=True)
    return ordered[["experiment", *columns, "milliseconds"]]


def _estimates(
    one: ScreenLosses, owner: NDArray[np.intp], m: int, target: float, drawn: Floats
) -> dict[str, Floats]:
    """Return each quantity of each draw of patients, (draws, patients) how often each is drawn."""

    def summed(values: Floats) -> Floats:
        return drawn @ np.bincount(owner, np.nan_to_num(values), m)

    has = np.isfinite(one.blur)
    noise = one.doses[:, -1]
    rises = (np.diff(np.column_stack([np.zeros(len(noise)), one.doses]), axis=1) > 0).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "blur_penalty": summed(one.blur) / summed(np.where(has, noise, 0.0)),
            "dose_order": summed(rises.astype(float)) / summed(np.ones(len(noise))),
            "high_share": summed(one.high) / summed(one.high + one.low),
            "lambda": odds_of(target) * summed(one.image) / summed(noise),
        }


def _interval(name: str, values: Floats, patients: int) -> dict[str, float]:
    known = values[np.isfinite(values)]
    if patients < 2 or not known.size:
        return {f"{name}_low": float("nan"), f"{name}_high": float("nan")}
    tail = tail_beyond(patients)
    low, high = np.quantile(known, [tail, 1 - tail])
    return {f"{name}_low": float(low), f"{name}_high": float(high)}


def screen_text(table: pd.DataFrame) -> list[list[str]]:
    """Return the table for a terminal: headings, then a row of cells a loss."""
    head = ["rank", "loss", "blur penalty", "dose order", "high share", "lambda", "ms a patch"]
    rows = []
    for row in table.to_dict("records"):
        cells = [_cell(row, name) for name in QUANTITIES]
        rank = _cell(row, "rank") if np.isfinite(row["rank"]) else "-"
        rows.append([rank, str(row["experiment"]), *cells, number(row["milliseconds"])])
    return [head, *rows]


def _cell(row: Mapping[Hashable, Any], name: str) -> str:
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    if not np.isfinite(value):
        return "-"
    bounds = f" ({number(low)} to {number(high)})" if np.isfinite(low) else ""
    return f"{number(value)}{bounds}"
