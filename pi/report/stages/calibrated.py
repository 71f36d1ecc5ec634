"""What was calibrated: lambda for the influence asked for, and how sure that is."""

from collections.abc import Sequence

import numpy as np

from pi.digits import NOTHING, number, percent
from pi.figures.colours import colour_of
from pi.figures.influence_breakdown import Strata, draw_strata
from pi.report.blocks import Block, TextTable, Words
from pi.report.document import Section
from pi.report.figures import HABIT, CaptionedFigure, drawn, influence_figure
from pi.report.stages.found import Calibrated
from pi.report.tables import weights_table
from pi.report.text import interval_text

CURVES = 8
"""Calibrations that are drawn: the newest."""


def calibrated_section(found: Sequence[Calibrated]) -> Section | None:
    """Return the section; None where nothing was calibrated."""
    if not found:
        return None
    newest = newest_of_each(found)
    target = newest[0].influence.target
    shown = [one for one in newest if one.influence.target == target][:CURVES]
    blocks: list[Block] = [Words(_said(newest, len(found) - len(newest))), _table(newest)]
    curves = influence_figure([one.influence for one in shown])
    if curves is not None:
        blocks.append(drawn(curves))
    weights = [
        (_encoder(one), one.weights, one.weights_digest, one.influence.experiment) for one in newest
    ]
    table = weights_table(weights)
    blocks += [table] if table else []
    if any(one.strata for one in shown):
        blocks += [_strata_table(shown), drawn(_strata(shown))]
    return Section("calibrated", "Calibration", tuple(blocks))


def calibrated_headline(found: Sequence[Calibrated]) -> list[str]:
    """Return what the calibrations amount to, in a sentence; none without one."""
    recommended = _first_state(newest_of_each(found))
    if not recommended:
        return []
    ordered = sorted(recommended, key=lambda one: one.influence.weight)
    low, high = ordered[0].influence, ordered[-1].influence
    target = percent(low.target)
    if low.experiment == high.experiment:
        return [f"λ = {number(low.weight)} makes Ψ = {target} with {low.experiment}."]
    return [
        f"Ψ = {target} takes a λ from {number(low.weight)} ({low.experiment}) to "
        f"{number(high.weight)} ({high.experiment})."
    ]


def newest_of_each(found: Sequence[Calibrated]) -> list[Calibrated]:
    """Return the newest calibration of each configuration, state, target and data set."""
    newest: dict[tuple[object, ...], Calibrated] = {}
    for one in found:
        i = one.influence
        key = (i.experiment, i.architecture, i.context, i.layers, i.state, i.target, one.run.digest)
        newest.setdefault(key, one)
    return list(newest.values())


def _first_state(newest: Sequence[Calibrated]) -> list[Calibrated]:
    """Return the calibrations for one target, in one state: identity, the recommended, if any."""
    states = [one.influence.state for one in newest]
    state = "identity" if "identity" in states else next(iter(states), "")
    of = [one for one in newest if one.influence.state == state]
    return [one for one in of if one.influence.target == of[0].influence.target]


def _said(newest: Sequence[Calibrated], earlier: int) -> tuple[str, ...]:
    said = [
        "λ follows from the sums S_M and S_P of the image and the perceptual loss over random "
        "patches: λ = Ψ / (1 − Ψ) · S_M / S_P. Its interval speaks of the training set at hand."
    ]
    recommended = _first_state(newest)
    shares = [float(one.influence.psi_at(HABIT)) for one in recommended]
    if len(shares) > 1:
        said.append(
            f"One λ means something else to each: at λ = {HABIT:g}, the weight of habit, Ψ is "
            f"{percent(min(shares))} to {percent(max(shares))}."
        )
    widened = [named(one) for one in newest if one.heavy_tailed]
    if widened:
        said.append(f"Intervals were widened for heavy-tailed losses: {'; '.join(widened)}.")
    if earlier:
        said.append(f"Earlier calibrations of the same are left out: {earlier}.")
    return tuple(said)


def _table(newest: Sequence[Calibrated]) -> TextTable:
    rows = tuple(_row(one) for one in newest)
    caption = (
        f"λ for the Ψ asked for; Ψ at λ = {HABIT:g}, the weight of habit, and at the λ in print "
        "for the configuration, on these data."
    )
    columns = ("Configuration", "Encoder", "Ψ asked for", "λ", "95 % interval",
               f"Ψ at {HABIT:g}", "Ψ at λ in print", "Patches")  # fmt: skip
    return TextTable("calibration", "Calibration", caption, columns, rows)


def _row(one: Calibrated) -> tuple[str, ...]:
    i = one.influence
    published = f"{percent(one.psi_published)} ({one.published})" if one.published else NOTHING
    patches = f"{one.patches:,} of {one.population:,}" if one.patches else NOTHING
    return (
        named(one), _encoder(one),
        percent(i.target), number(i.weight), interval_text(i.low, i.high),
        percent(float(i.psi_at(HABIT))), published, patches,
    )  # fmt: skip


def named(one: Calibrated) -> str:
    """Return what a calibration is of: configuration and state."""
    return f"{one.influence.experiment}, {one.influence.state}"


def _encoder(one: Calibrated) -> str:
    return f"{one.influence.architecture}:{one.influence.context}:{one.influence.layers}"


def _places(shown: Sequence[Calibrated]) -> list[str]:
    return sorted({place for one in shown for place in one.strata})


def _strata_table(shown: Sequence[Calibrated]) -> TextTable:
    places = _places(shown)
    nowhere = (float("nan"), float("nan"))
    rows = []
    for one in shown:
        cells = (one.strata.get(place, nowhere) for place in places)
        of = (f"{number(weight)} ({percent(psi)})" for psi, weight in cells)
        rows.append((named(one), *of))
    caption = (
        "λ that each reconstruction alone would ask for and, in brackets, its Ψ at the one λ above."
    )
    return TextTable("by_reconstruction", "Reconstructions", caption,
                     ("Configuration", *places), tuple(rows))  # fmt: skip


def _strata(shown: Sequence[Calibrated]) -> CaptionedFigure:
    places = _places(shown)
    nowhere = (float("nan"), float("nan"))
    multiples = [
        [one.strata.get(place, nowhere)[1] / one.influence.weight for place in places]
        for one in shown
    ]
    colours = tuple(colour_of(one.influence.experiment) for one in shown)
    strata = Strata(tuple(places), tuple(map(named, shown)), np.array(multiples), colours)
    return CaptionedFigure(
        "by_reconstruction",
        draw_strata(strata),
        "What each reconstruction alone would ask for, as a multiple of the λ above: points lie "
        "apart where one λ cannot suit all data.",
    )
