"""The paper's second and third research question: who won at equal influence, and what follows."""

import math
from collections.abc import Sequence
from typing import Literal

from pi.comparison.clusters import patients_needed
from pi.comparison.comparison import Comparison
from pi.comparison.gains import Estimate
from pi.comparison.verdict import Outcome, counted, heading
from pi.digits import number, percent
from pi.evaluation.metrics import mean_text
from pi.figures.effect_forest import claimed
from pi.report.answers import Answer
from pi.report.configuration import Configuration
from pi.report.realised import unequal_influence
from pi.report.text import estimate_text, listed

Standing = Outcome | Literal["not compared"]
"""What is shown of one run against another."""

SHOWN: dict[Standing, str] = {
    "better": "shown by the patients' test",
    "worse": "the patients' test shows the opposite",
    "not shown": "the patients' test does not show it",
    "not attainable": "so few patients cannot decide it",
    "identical": "every slice is equal",
    "not compared": "not tested",
}

REVERSED: dict[Outcome, Outcome] = {"better": "worse", "worse": "better"}


def at_equal_influence(
    configurations: Sequence[Configuration], comparison: Comparison
) -> list[Configuration]:
    """Return the runs that were asked for one influence by one schedule, best mean first.

    Of several such groups the largest; none where no two runs were asked for the same.
    """
    asked = [(one.target, one.schedule) for one in configurations if not math.isnan(one.target)]
    if not asked:
        return []
    most = max(dict.fromkeys(asked), key=asked.count)
    group = [one for one in configurations if (one.target, one.schedule) == most]
    paired = next(iter(comparison.paired.values()))
    means = paired.values.mean()
    ordered = sorted(group, key=lambda one: means[one.name], reverse=paired.higher_is_better)
    return ordered if len(ordered) > 1 else []


def quality_answer(equal: Sequence[Configuration], comparison: Comparison) -> Answer:
    """Answer RQ2: which configuration won, and by how much.

    Args:
        equal: see `at_equal_influence`.
        comparison: of all runs; its first metric decides.
    """
    question = (
        "Which feature representation level yields the best enhancement results for different "
        "pre-training contexts?"
    )
    if not equal:
        said = "No two of these runs were asked for the same influence: nothing can be said at it."
        return Answer("RQ2", question, (said,))
    metric, paired = next(iter(comparison.paired.items()))
    means, (best, second) = paired.values.mean(), equal[:2]
    gap = number(abs(means[best.name] - means[second.name]))
    said = (
        f"{_described(best)} has the best mean {heading(metric)} of them, "
        f"{mean_text(means[best.name], metric)}, before {_described(second)} with "
        f"{mean_text(means[second.name], metric)} ({gap} away)."
    )
    by_context = _by_context(equal, comparison)
    return Answer("RQ2", question, (_asked(equal), *unequal_influence(equal), said, *by_context))


def recommendation(equal: Sequence[Configuration], comparison: Comparison) -> Answer:
    """Answer RQ3: a (layer, context, lambda) with its evidence, or that there is not enough.

    Recommended is only what the patients' test shows to be better than every other run at equal
    influence, by the first metric and after Holm, and only where that influence was realised.

    Args:
        equal: see `at_equal_influence`.
        comparison: of all runs.
    """
    question = (
        "Can objective guidelines be established for selecting appropriate configuration values "
        "to maximize the metrics?"
    )
    if not equal:
        said = "The evidence does not suffice: no two runs are at equal influence."
        return Answer("RQ3", question, (said,))
    best, rivals = equal[0], equal[1:]
    standings = {one.name: standing(comparison, best.name, one.name) for one in rivals}
    unequal = unequal_influence(equal)
    if set(standings.values()) == {"better"} and unequal:
        said = "The evidence does not suffice for a recommendation at equal influence."
        return Answer("RQ3", question, (said, *unequal))
    if set(standings.values()) == {"better"}:
        return Answer("RQ3", question, tuple(_recommended(best, rivals, comparison)))
    return Answer("RQ3", question, tuple(_not_recommended(best, standings, comparison)))


def standing(comparison: Comparison, run: str, rival: str) -> Standing:
    """Return what the comparison shows of ``run`` against ``rival`` by its first metric."""
    metric = next(iter(comparison.paired))
    for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True):
        if one.metric == metric and (one.other, one.reference) == (run, rival):
            return verdict.outcome
        if one.metric == metric and (one.reference, one.other) == (run, rival):
            return REVERSED.get(verdict.outcome, verdict.outcome)
    return "not compared"


def _asked(equal: Sequence[Configuration]) -> str:
    found = [member.psi for one in equal for member in one.members if not math.isnan(member.psi)]
    names = listed([one.name for one in equal])
    said = f"{names} were asked for the same influence, Ψ = {percent(equal[0].target)}"
    if not found:
        return f"{said}; what it became is not logged."
    ends = dict.fromkeys([percent(min(found)), percent(max(found))])
    return f"{said}; in the last epoch it was {' to '.join(ends)}."


def _described(one: Configuration) -> str:
    return f"{one.name} ({one.context}, {one.layers}, λ = {number(one.weight)})"


def _by_context(equal: Sequence[Configuration], comparison: Comparison) -> list[str]:
    """Return, for each context with several runs, which of them came first."""
    metric, paired = next(iter(comparison.paired.items()))
    means = paired.values.mean()
    sentences = []
    for context in dict.fromkeys(one.context for one in equal):
        of = [one for one in equal if one.context == context]
        if len(of) > 1:
            after = [
                f"{one.layers} ({one.name}, {mean_text(means[one.name], metric)}; "
                f"{SHOWN[standing(comparison, of[0].name, one.name)]})"
                for one in of[1:]
            ]
            sentences.append(
                f"With {context} weights, {of[0].layers} ({of[0].name}, "
                f"{mean_text(means[of[0].name], metric)}) comes before {listed(after)}."
            )
    return sentences


def _recommended(
    best: Configuration, rivals: Sequence[Configuration], comparison: Comparison
) -> list[str]:
    patients = len(next(iter(comparison.paired.values())).patients)
    sentences = [
        f"Recommended for data like these: layer {best.layers}, context {best.context}, "
        f"λ = {number(best.weight)} (Ψ = {percent(best.target)}).",
        f"Evidence: by the sign flip of {counted(patients, 'patient')} after Holm, {best.name} is "
        f"better than {_gains(best, rivals, comparison)}.",
    ]
    if comparison.reference is None or comparison.reference.chosen_by == "test":
        sentences.append(
            "The best was found on the same slices that tested it, which favours it: confirm it "
            "on other patients."
        )
    return sentences


def _gains(best: Configuration, rivals: Sequence[Configuration], comparison: Comparison) -> str:
    """Return each rival and by how much it is surpassed."""
    metric, names = next(iter(comparison.paired)), {one.name for one in rivals}
    gains = []
    for one in comparison.contrasts:
        gain = claimed(one.patients.intervals.mean_gain, len(one.patients.gains))
        if one.metric == metric and one.other == best.name and one.reference in names:
            gains.append(f"{one.reference} by {estimate_text(gain)}")
        if one.metric == metric and one.reference == best.name and one.other in names:
            turned = Estimate(-gain.value, -gain.high, -gain.low)
            gains.append(f"{one.other} by {estimate_text(turned)}")
    return f"{listed(gains)} in {heading(metric)}"


def _not_recommended(
    best: Configuration, standings: dict[str, Standing], comparison: Comparison
) -> list[str]:
    contrast = comparison.contrasts[0]
    family, patients = contrast.patients.flip_holm.family, len(contrast.patients.gains)
    why: dict[Standing, str] = {
        "not attainable": f"with {counted(patients, 'patient')} no test can decide between it and "
        f"{{}}; {patients_needed(family)} are needed for a family of {family}",
        "not shown": "no difference from {} is shown",
        "not compared": "it was not compared with {} (name it as reference, or ask for all pairs)",
        "identical": "it equals {} on every slice",
        "worse": "it is worse than {} patient by patient",
    }
    reasons = [
        reason.format(listed([name for name, state in standings.items() if state == outcome]))
        for outcome, reason in why.items()
        if outcome in standings.values()
    ]
    return [
        "The evidence does not suffice for a recommendation.",
        f"{_described(best)} has the best mean, but {'; '.join(reasons)}. It is a hypothesis for "
        "the next patients.",
    ]
