"""What was searched: each study's answer in words, what it tried, and how that went."""

import math
import re
from collections.abc import Iterator, Sequence

from pi.comparison.verdict import counted
from pi.digits import number, percent
from pi.evaluation.metrics import mean_text
from pi.figures.perception_distortion import draw_trade, perception_distortion
from pi.figures.search_history import draw_search, search_history
from pi.figures.search_slice import draw_slices, search_slices
from pi.report.blocks import Block, Part, TextTable, Words
from pi.report.document import Section
from pi.report.figures import CaptionedFigure, drawn
from pi.report.stages.found import Searched
from pi.report.stages.long import long_table
from pi.search.objective import Objective
from pi.search.record import TrialRecord

MOST = 3
"""Studies that are told in full: the newest."""


def searched_section(found: Sequence[Searched]) -> Section | None:
    """Return the section; None where nothing was searched."""
    if not found:
        return None
    blocks: list[Block] = []
    for one in found[:MOST]:
        blocks.append(Part(f"study-{one.run.short}", one.run.name, one.run.short, _study(one)))
    if len(found) > MOST:
        names = ", ".join(f"{one.run.name} ({one.run.short})" for one in found[MOST:])
        blocks.append(Words((f"Earlier studies: {names}.",)))
    return Section("searched", "Search", tuple(blocks))


def searched_headline(found: Sequence[Searched]) -> list[str]:
    """Return the answer of the newest study that has one, in a sentence; none without one."""
    answers = [one.sentences[0] for one in found if one.sentences]
    return [f"Search: {_in_letters(answers[0])}"] if answers else []


def _study(one: Searched) -> tuple[Block, ...]:
    blocks: list[Block] = [Words(tuple(map(_in_letters, one.sentences)) or (_unanswered(one),))]
    if one.trials and one.objective is not None:
        blocks += [drawn(figure) for figure in _figures(one, one.objective)]
        blocks.append(_table(one.trials, one.run.short))
    return tuple(blocks)


def _figures(one: Searched, objective: Objective) -> Iterator[CaptionedFigure]:
    yield CaptionedFigure(
        f"search_history_{one.run.short}",
        draw_search(search_history(one.trials, objective)),
        "What each trial reached, and the best so far.",
    )
    if not any(map(math.isnan, one.flat)):
        yield CaptionedFigure(
            f"search_slice_{one.run.short}",
            draw_slices(search_slices(one.trials, objective, one.flat)),
            "The same over λ and over Ψ, which makes configurations comparable; the grey band "
            "holds the trials level with the best.",
        )
    if trade := perception_distortion(one.trials):
        yield CaptionedFigure(
            f"perception_distortion_{one.run.short}",
            draw_trade(trade),
            "What Ψ trades: similarity against the texture of the noise, both of the last epoch's "
            "output; no trial beside the line is better in both.",
        )


def _in_letters(sentence: str) -> str:
    """Return a sentence that was made for a terminal with the letters of the formulas."""
    return re.sub(r"\blambda\b", "λ", re.sub(r"\bPsi\b", "Ψ", sentence))


def _unanswered(one: Searched) -> str:
    done = f" {counted(len(one.trials), 'trial')} of {one.asked} are over." if one.trials else ""
    return f"This study has not come to its answer ({one.run.status.lower()}).{done}"


def _table(trials: Sequence[TrialRecord], name: str) -> TextTable:
    best_first = sorted(trials, key=lambda t: (math.isnan(t.ssim), -t.ssim, t.number))
    rows = [
        (
            f"{trial.number}{f' ({trial.label})' if trial.label else ''}", trial.point.experiment,
            trial.point.schedule, number(trial.point.weight), percent(trial.point.psi),
            percent(trial.measured_psi), mean_text(trial.ssim, "ssim"),
            str(len(trial.epochs)), trial.state,
        )
        for trial in best_first
    ]  # fmt: skip
    caption = "Trials, the greatest validation SSIM first. Ψ is where λ was calibrated, Ψ measured "
    caption += "that of the last epoch."
    columns = ("Trial", "Configuration", "Schedule", "λ", "Ψ", "Ψ measured", "SSIM", "Epochs",
               "State")  # fmt: skip
    return long_table(f"trials_{name}", "Trials", caption, columns, rows)
