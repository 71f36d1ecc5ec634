"""What was asked, of which data, and how it is answered: the words before the results."""

from collections import Counter
from collections.abc import Sequence

from pi.comparison.comparison import Comparison
from pi.comparison.verdict import counted, heading
from pi.evaluation.protocol import known_protocol
from pi.evaluation.table import by_reconstruction
from pi.report.configuration import Configuration, DataFacts, Making
from pi.report.headline import CHOSEN
from pi.report.text import DIGITS, listed


def title(comparison: Comparison) -> str:
    """Return what is compared, in one line."""
    runs = next(iter(comparison.paired.values())).runs
    if comparison.reference is None:
        return f"{listed(runs)}, pair by pair"
    others = [run for run in runs if run != comparison.reference.run]
    return f"{comparison.reference.run} against {listed(others)}"


def subtitle(comparison: Comparison, making: Making) -> str:
    """Return by which metrics, on what, and when."""
    paired = next(iter(comparison.paired.values()))
    metrics = listed([heading(metric) for metric in comparison.paired])
    return (
        f"{metrics} under {comparison.protocol} on {counted(len(paired.values), 'slice')} of "
        f"{counted(len(paired.patients), f'{paired.part} patient')}. {making.made}."
    )


def question(comparison: Comparison, making: Making) -> list[str]:
    """Return what was asked, and how the reference was chosen."""
    runs = next(iter(comparison.paired.values())).runs
    if comparison.reference is None:
        return [
            f"Do any two of {listed(runs)} differ on the same slices, by how much, and would they "
            "differ on other patients?"
        ]
    reference = comparison.reference
    chosen = f" ({making.chosen})" if making.chosen else ""
    return [
        f"Is any of the others better or worse than {reference.run} on the same slices, by how "
        "much, and would it be so on other patients?",
        f"{reference.run} is the reference, {CHOSEN[reference.chosen_by]}{chosen}.",
    ]


def data(
    configurations: Sequence[Configuration], comparison: Comparison, facts: DataFacts
) -> list[str]:
    """Return whose slices they are, under pseudonyms."""
    paired = next(iter(comparison.paired.values()))
    index = paired.values.index
    counts = Counter(index.get_level_values("patient"))
    places = listed([str(place) for place, _ in by_reconstruction(index.to_frame(index=False))])
    whose = "a simulated study" if facts.simulated else "patients, under pseudonyms"
    sentences = [
        f"The slices are of {whose}, part {paired.part}, data set {paired.digest[:DIGITS]}; "
        f"reconstructions: {places}. Slices of each patient: "
        + ", ".join(f"{patient} ({n:,})" for patient, n in sorted(counts.items()))
        + "."
    ]
    folds = list(dict.fromkeys(m.fold for one in configurations for m in one.members if m.fold))
    if folds:
        sentences.append(
            f"Cross-validation over patients: folds {listed(folds)} are joined, so that each "
            "patient was tested by a network that had not seen it."
        )
    return sentences


def method(comparison: Comparison) -> list[str]:
    """Return how runs are measured, paired and tested."""
    protocol = known_protocol(comparison.protocol)
    test = comparison.contrasts[0].slices
    zeros = {"wilcox": "dropped", "pratt": "ranked and then dropped (Pratt)"}
    return [
        f"Metrics follow the protocol {comparison.protocol}"
        + (f" ({protocol.source})." if protocol else "."),
        "Runs are paired slice by slice by the slice's key. A gain is above 0 where the first run "
        "of a pair is better, whatever the direction of the metric. Differences of 0 are "
        f"{zeros[test.test.zero_rule]}. Two tests stand side by side: the paper's, Wilcoxon's "
        "signed rank over slices, and one that can be generalised, the sign flip of patients' mean "
        f"gains. Each is corrected after Holm over {counted(test.holm.family, 'comparison')}; the "
        "verdict rests on the second.",
    ]
