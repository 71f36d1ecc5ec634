"""From what an experiment calls its context to the file that holds its weights."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pi.experiments import Experiment
from pi.network.weights import CONTEXTS, WeightFile
from pi.pretraining import simulated
from pi.tracking.context_registry import fetch_context

MEDICAL = "medical"
REGISTERED = f"{MEDICAL}:"
"""Beginning of a context in the model registry: ``medical:NAME@ALIAS`` or ``@VERSION``."""

MODELS = "models:/"
"""Beginning of a model in the registry, as MLflow spells it; also taken for a weight file."""


def find_contexts(
    experiments: Sequence[Experiment], medical_weights: str, say: Callable[[str], object]
) -> dict[str, WeightFile]:
    """Return the weight file of every context of ``experiments`` that has one.

    Of the model registry, what a name means is settled here, once: an alias that moves while a
    command runs changes nothing for it.

    Args:
        experiments: the configurations.
        medical_weights: weight file of the context ``medical``, or models:/NAME@ALIAS; empty: none.
        say: told what happens, where that takes time.

    Raises:
        TrackingError: the registry has no such model, version or alias, or it holds no context.
        SimulatedContextError: see `pi.pretraining.simulated.simulated_context`.
    """
    found = {}
    for spec in (experiment.encoder for experiment in experiments):
        context = spec.context
        if context in found:
            continue
        if context == MEDICAL and medical_weights.startswith(MODELS):
            found[context] = WeightFile(*fetch_context(medical_weights.removeprefix(MODELS)))
        elif context == MEDICAL and medical_weights:
            found[context] = WeightFile(Path(medical_weights), CONTEXTS[MEDICAL])
        elif context.startswith(REGISTERED):
            found[context] = WeightFile(*fetch_context(context.removeprefix(REGISTERED)))
        elif context == simulated.NAME:
            file = simulated.simulated_context(spec.architecture, say)
            found[context] = WeightFile(file, CONTEXTS[context])
    return found
