"""What a comparison amounts to, in two or three sentences."""

from collections.abc import Sequence

from pi.comparison.clusters import patients_needed
from pi.comparison.comparison import Comparison, best_run
from pi.comparison.verdict import Outcome, counted, heading
from pi.evaluation.metrics import mean_text
from pi.report.text import listed

CHOSEN = {
    "name": "named by the user",
    "validation": "best on validation patients",
    "test": "best on these very slices, which favours it",
}
"""How the reference was chosen, wherever it is shown."""


def headline(comparison: Comparison, low_dose: float) -> list[str]:
    """Return the answer by the first metric, in words.

    Args:
        comparison: what was found.
        low_dose: mean of that metric of doing nothing, on the same slices.
    """
    metric, paired = next(iter(comparison.paired.items()))
    best, better = best_run(paired), 1 if paired.higher_is_better else -1
    mean = float(paired.values[best].mean())
    sentences = [f"{best} has the best mean {heading(metric)}, {mean_text(mean, metric)}."]
    if better * (low_dose - mean) > 0:
        sentences.append(
            f"Doing nothing is better still: the low dose has {mean_text(low_dose, metric)}."
        )
    of = [
        (one, verdict.outcome)
        for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True)
        if one.metric == metric
    ]
    if of[0][1] == "not attainable" or all(outcome == "not attainable" for _, outcome in of):
        patients, family = len(paired.patients), of[0][0].patients.flip_holm.family
        sentences.append(
            f"With {counted(patients, 'patient')} no test that knows of patients can reject one of "
            f"{counted(family, 'comparison')}: {patients_needed(family)} patients are needed. What "
            "follows describes these slices; it does not generalise to other patients."
        )
    elif comparison.reference is None:
        decided = sum(outcome in ("better", "worse") for _, outcome in of)
        sentences.append(
            f"Of {counted(len(of), 'pair')}, {decided} differ by the patients' test after Holm."
        )
    else:
        sentences += _against(comparison.reference.run, [(one.other, out) for one, out in of])
    return sentences


def _against(reference: str, outcomes: Sequence[tuple[str, Outcome]]) -> list[str]:
    said: dict[Outcome, str] = {
        "worse": f"{reference} is better than {{}} by the patients' test after Holm.",
        "better": f"{{}} {{verb}} better than {reference} by the patients' test after Holm.",
        "not shown": f"No difference between {reference} and {{}} is shown.",
        "not attainable": f"Between {reference} and {{}} so few patients cannot decide.",
        "identical": f"{{}} {{equal}} {reference} on every slice.",
    }
    sentences = []
    for outcome, sentence in said.items():
        names = [name for name, found in outcomes if found == outcome]
        if names:
            verb, equal = ("is", "equals") if len(names) == 1 else ("are", "equal")
            sentences.append(sentence.format(listed(names), verb=verb, equal=equal))
    return sentences
