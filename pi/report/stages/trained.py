"""What was trained: whether the influence stayed where it was set, and what that cost."""

import math
from collections.abc import Sequence

from pi.digits import NOTHING, effect, number, percent
from pi.evaluation.metrics import mean_text
from pi.figures.training_curves import (
    MARKERS,
    TrainingCurves,
    conflicts_of,
    draw_influences,
    draw_losses,
    training_curves,
)
from pi.report.blocks import Block, TextTable, Words
from pi.report.document import Section
from pi.report.figures import CaptionedFigure, drawn
from pi.report.stages.found import Trained
from pi.report.stages.long import long_table

CURVES = len(MARKERS)
"""Trainings that are drawn: the newest. Those of one configuration differ by their marks."""


def trained_section(found: Sequence[Trained]) -> Section | None:
    """Return the section; None where nothing was trained."""
    if not found:
        return None
    blocks: list[Block] = [Words(_said(found)), _table(found)]
    if curves := _curves(found):
        blocks += [drawn(one) for one in _figures(curves)]
    return Section("trained", "Training", tuple(blocks))


def trained_headline(found: Sequence[Trained]) -> list[str]:
    """Return how far the influence drifted, in a sentence; none where nothing tells."""
    drifting = [one for one in found if not math.isnan(one.drift)]
    if not drifting:
        return []
    most = max(drifting, key=lambda one: abs(one.drift))
    return [
        f"While training, Ψ moved {effect(most.drift)} percentage points from its target at most "
        f"({most.label}: {percent(most.target)} became {percent(most.psi)})."
    ]


def _said(found: Sequence[Trained]) -> tuple[str, ...]:
    said = [
        "Ψ is the share of an epoch's loss, from sums over its patches; drift is what it lies from "
        "the target after the last epoch. Ψ by gradients is the share of what moves the weights."
    ]
    said += _conflicts(found)
    without = [one.label for one in found if not one.encoder]
    if without:
        said.append(f"Without perceptual loss, as a control: {', '.join(dict.fromkeys(without))}.")
    return tuple(said)


def _conflicts(found: Sequence[Trained]) -> list[str]:
    """Return whether a weight can help at all: of each training whether its gradients agree."""
    counted = [(one.label, conflicts_of(one.series)) for one in found if one.encoder]
    told = {label: counts for label, counts in counted if counts is not None}
    if not told:
        return []
    agreeing = [label for label, (conflicts, _) in told.items() if not conflicts]
    said = [
        f"{label}: the gradients of image and perceptual loss were in conflict (cosine below 0) in "
        f"{conflicts} of {measured} measurements; there only some lambdas lower both losses."
        for label, (conflicts, measured) in told.items()
        if conflicts
    ]
    if agreeing:
        said.append(
            "The gradients of image and perceptual loss agreed whenever they were measured in "
            f"{', '.join(agreeing)}: every lambda lowers both losses, and its choice is of degree."
        )
    return said


def _table(found: Sequence[Trained]) -> TextTable:
    rows = [
        (
            one.label, one.encoder or NOTHING, number(one.weight), percent(one.target),
            percent(one.psi) if one.encoder else NOTHING, _points(one.drift),
            percent(one.gradient_psi) if one.encoder else NOTHING,
            mean_text(one.ssim, "ssim"),
            str(one.kept_epoch or NOTHING), one.run.short,
        )
        for one in found
    ]  # fmt: skip
    caption = "λ, Ψ and the drift (percentage points) of the last epoch; SSIM of validation slices "
    caption += "in the epoch whose weights were kept."
    columns = ("Training", "Encoder", "λ", "Ψ asked for", "Ψ", "Drift", "Ψ by gradients", "SSIM",
               "Epoch", "Run")  # fmt: skip
    return long_table("training", "Training", caption, columns, rows)


def _points(drift: float) -> str:
    return effect(drift)


def _curves(found: Sequence[Trained]) -> list[TrainingCurves]:
    drawn_ones = [one for one in found if not one.series.empty][:CURVES]
    labels = [one.label for one in drawn_ones]
    return training_curves(
        [
            (
                one.label if labels.count(one.label) == 1 else f"{one.label} ({one.run.short})",
                one.configuration,
                one.series,
                one.target,
            )
            for one in drawn_ones
        ]
    )


def _figures(curves: Sequence[TrainingCurves]) -> list[CaptionedFigure]:
    return [
        CaptionedFigure(
            "influence_over_epochs",
            draw_influences(curves),
            "Influence while training, by losses and by gradients, in log-odds (grey: the target), "
            "how far it drifted, and how often the gradients were in conflict.",
        ),
        CaptionedFigure(
            "losses_over_epochs",
            draw_losses(curves),
            "The two terms of the loss, and SSIM of validation slices.",
        ),
    ]
