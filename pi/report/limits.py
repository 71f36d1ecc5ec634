"""What these runs do not support, whatever the numbers say."""

from collections.abc import Sequence

from pi.comparison.comparison import Comparison
from pi.comparison.limits import limits
from pi.comparison.verdict import counted
from pi.evaluation.protocol import known_protocol
from pi.report.configuration import Configuration, DataFacts
from pi.report.text import listed

OFFLINE = "natural-offline"
"""The context that is easily taken for another."""


def all_limits(
    configurations: Sequence[Configuration], comparison: Comparison, facts: DataFacts
) -> list[str]:
    """Return the limits of the statistics, the trainings, the data and the protocol."""
    return [
        _dependence(comparison),
        *limits(comparison),
        *_of_trainings(configurations),
        *_of_data(comparison, facts),
    ]


def _dependence(comparison: Comparison) -> str:
    paired = next(iter(comparison.paired.values()))
    return (
        f"The {counted(len(paired.values), 'slice')} come from "
        f"{counted(len(paired.patients), 'patient')}. Slices of one patient share anatomy and "
        "noise: the slice-level p, the paper's, speaks of these slices alone."
    )


def _of_trainings(configurations: Sequence[Configuration]) -> list[str]:
    sentences = []
    once = [one.name for one in configurations if one.seeds == 1 and one.members[0].training]
    if once:
        sentences.append(
            f"Trained with one seed: {listed(once)}. What another seed would change is in no "
            "interval here."
        )
    if any(one.context == OFFLINE for one in configurations):
        sentences.append(
            f"The context {OFFLINE} is ImageNet followed by edges of natural images; it is not "
            "ImageNet."
        )
    changed = [one.name for one in configurations if any(member.dirty for member in one.members)]
    if changed:
        sentences.append(f"The code behind {listed(changed)} had changes that no commit holds.")
    return sentences


def simulated_dose_sentence(doses: Sequence[str]) -> str:
    """Return what it means that low doses were not scanned."""
    return (
        f"The low dose of {listed(doses)} was not scanned: its noise is simulated and added to the "
        "full dose, slice by slice."
    )


def _of_data(comparison: Comparison, facts: DataFacts) -> list[str]:
    sentences = []
    if facts.simulated:
        sentences.append(
            "The data are simulated: they allow relative comparisons of configurations and no "
            "clinical claim."
        )
    if facts.simulated_doses:
        sentences.append(simulated_dose_sentence(facts.simulated_doses))
    protocol = known_protocol(comparison.protocol)
    if protocol and protocol.not_covered:
        sentences.append(f"The protocol {protocol.name} leaves out: {protocol.not_covered}.")
    return sentences
