"""What a comparison amounts to, in two or three sentences; and how far that goes."""

from collections.abc import Sequence

from pi.comparison.clusters import patients_needed
from pi.comparison.compare import Comparison, best_run
from pi.comparison.resampling import TOO_NARROW_BELOW
from pi.comparison.verdict import Outcome, counted, heading
from pi.evaluation.protocol import PROTOCOLS
from pi.report.configuration import Configuration, DataFacts
from pi.report.text import listed, mean_text

CHOSEN = {
    "name": "named by the user",
    "validation": "best on validation patients",
    "test": "best on these very slices, which favours it",
}
"""How the reference was chosen, wherever it is shown."""


def headline(comparison: Comparison) -> list[str]:
    """Return the answer by the first metric, in words."""
    metric, paired = next(iter(comparison.paired.items()))
    best = best_run(paired)
    mean = mean_text(float(paired.values[best].mean()), metric)
    sentences = [f"{best} has the best mean {heading(metric)}, {mean}."]
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


def limits(
    configurations: Sequence[Configuration],
    comparison: Comparison,
    facts: DataFacts,
) -> list[str]:
    """Return what these runs do not support, a sentence each."""
    paired = next(iter(comparison.paired.values()))
    patients, slices = len(paired.patients), len(paired.values)
    sentences = [
        f"The {counted(slices, 'slice')} come from {counted(patients, 'patient')}. Slices of one "
        "patient share anatomy and noise and are not independent: the slice-level p, the paper's, "
        "speaks of these slices alone.",
    ]
    if patients < TOO_NARROW_BELOW:
        sentences.append(
            f"Below {TOO_NARROW_BELOW} patients the bootstrap's 95 % intervals cover too seldom; "
            f"there are {patients} here."
        )
    once = [one.name for one in configurations if one.seeds == 1 and one.members[0].training]
    if once:
        sentences.append(
            f"Trained with one seed: {listed(once)}. What another seed would change is in no "
            "interval here."
        )
    if comparison.reference is None or comparison.reference.chosen_by == "test":
        sentences.append(
            "The best run was found on the very slices that are tested, which favours it."
        )
    sentences += _of_data(configurations, comparison, facts)
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


def _of_data(
    configurations: Sequence[Configuration], comparison: Comparison, facts: DataFacts
) -> list[str]:
    sentences = []
    paired = next(iter(comparison.paired.values()))
    left_out = {one.run: len(one.keys) for one in paired.unmatched if one.keys}
    if left_out:
        each = [f"{counted(count, 'slice')} of {run}" for run, count in left_out.items()]
        sentences.append(
            f"Left out, because not every run has them: {listed(each)}; the means above are over "
            "the slices that all runs have."
        )
    if facts.simulated:
        sentences.append(
            "The data are simulated: they allow relative comparisons of configurations and no "
            "clinical claim."
        )
    protocol = PROTOCOLS.get(comparison.protocol)
    if protocol and protocol.not_covered:
        sentences.append(f"The protocol {protocol.name} leaves out: {protocol.not_covered}.")
    if any("natural-offline" in one.context for one in configurations):
        sentences.append(
            "The context natural-offline is ImageNet followed by edges of natural images; it is "
            "not ImageNet."
        )
    changed = [one.name for one in configurations if any(member.dirty for member in one.members)]
    if changed:
        sentences.append(f"The code behind {listed(changed)} had changes that no commit holds.")
    return sentences
