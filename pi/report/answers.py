"""The paper's first research question (section 1), answered for the runs at hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pi.digits import number, percent
from pi.influence.recorded import RecordedInfluence
from pi.report.blocks import TextTable
from pi.report.figures import HABIT
from pi.report.text import interval_text


@dataclass(frozen=True, slots=True)
class Answer:
    """A research question and what these runs say to it.

    Attributes:
        name: ``RQ1``.
        question: of the paper.
        sentences: the answer, or why there is none.
        table: what it rests on, if not on the tables before.
    """

    name: str
    question: str
    sentences: tuple[str, ...]
    table: TextTable | None = None


def influence_answer(influences: Sequence[RecordedInfluence]) -> Answer:
    """Answer RQ1 from the calibrations that the compared runs link to."""
    question = (
        "To what extent does the perceptual influence vary as a function of the selected feature "
        "representation level, across different pre-training contexts?"
    )
    if not influences:
        none = (
            "None of these runs links to a calibration, so they do not answer this. Runs of main "
            "do, and runs of train with perceptual_weight psi:NUMBER or calibration:RUN."
        )
        return Answer("RQ1", question, (none,))
    ordered = sorted(influences, key=lambda one: one.loss_ratio)
    weakest, strongest = ordered[0], ordered[-1]
    said = (
        f"At λ = {HABIT:g}, the weight of habit, Ψ is {percent(float(weakest.psi_at(HABIT)))} for "
        f"{weakest.experiment} and {percent(float(strongest.psi_at(HABIT)))} for "
        f"{strongest.experiment}.",
        *_ratios(ordered, lambda one: one.context, lambda one: f"at {one.layers}"),
        *_ratios(ordered, lambda one: one.layers, lambda one: f"with {one.context} weights"),
    )
    return Answer("RQ1", question, said, _influence_table(influences))


def _ratios(
    ordered: Sequence[RecordedInfluence],
    held: Callable[[RecordedInfluence], str],
    varied: Callable[[RecordedInfluence], str],
) -> list[str]:
    """Return how the losses' ratio depends on one thing where the other is held.

    Args:
        ordered: calibrations, least influence first.
        held: what is the same.
        varied: what is not, in words.
    """
    sentences = []
    for value in dict.fromkeys((one.architecture, held(one), one.state) for one in ordered):
        of = [one for one in ordered if (one.architecture, held(one), one.state) == value]
        least, *more = reversed({varied(one): one for one in reversed(of)}.values())
        sentences += [
            f"At every λ, the odds of Ψ {varied(one)} are {_times(one, least)} times those "
            f"{varied(least)} ({', '.join(value)})."
            for one in more
        ]
    return sentences


def _times(one: RecordedInfluence, least: RecordedInfluence) -> str:
    ratio = one.loss_ratio / least.loss_ratio
    return number(ratio)


def _influence_table(influences: Sequence[RecordedInfluence]) -> TextTable:
    rows = [
        (
            one.experiment,
            one.context,
            one.layers,
            one.state,
            number(one.loss_ratio),
            percent(float(one.psi_at(HABIT))),
            percent(one.target),
            number(one.weight),
            interval_text(one.low, one.high),
        )
        for one in influences
    ]
    caption = (
        "Influence of each configuration, from the calibrations that the compared runs link to: "
        "S_P / S_M is the ratio of the two losses' sums, from which Ψ follows at any λ."
    )
    columns = ("Run", "Context", "Layer", "State", "S_P / S_M", f"Ψ at λ = {HABIT:g}", "Target",
               "λ", "95 % interval")  # fmt: skip
    return TextTable("influence_by_run", "Influence", caption, columns, tuple(rows))
