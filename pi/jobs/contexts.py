"""From what an experiment calls its context to the file that holds its weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pi.errors import PiError, quoted
from pi.losses.experiments import Experiment
from pi.network.weights import CONTEXTS, WeightFile
from pi.places import OWN, is_own, weights_file
from pi.pretraining import simulated
from pi.tracking.registry import fetch_context

MEDICAL = "medical"
REGISTERED = f"{MEDICAL}:"
"""Beginning of a context in the model registry: ``medical:NAME@ALIAS`` or ``@VERSION``."""

MODELS = "models:/"
"""Beginning of a model in the registry, as MLflow spells it; also taken for `medical_weights`."""


class ContextError(PiError):
    """The weights of a context are not told in a way that can be understood."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """The weight files of contexts: those that are there, and one that is made when it is needed.

    Attributes:
        files: by context.
        to_make: architecture for which `pi.pretraining.simulated` makes its context; empty: none.
    """

    files: Mapping[str, WeightFile]
    to_make: str = ""

    def made(self, say: Callable[[str], object]) -> dict[str, WeightFile]:
        """Return all of them, after minutes where one has to be made first.

        Args:
            say: told what happens, where that takes time.

        Raises:
            SimulatedContextError: see `pi.pretraining.simulated.simulated_context`.
        """
        if not self.to_make:
            return dict(self.files)
        file = simulated.simulated_context(self.to_make, say)
        return {**self.files, simulated.NAME: WeightFile(file, CONTEXTS[simulated.NAME])}


def find_contexts(experiments: Sequence[Experiment], medical_weights: str) -> Contexts:
    """Return the weight file of every context of ``experiments`` that has one.

    Of the model registry, what a name means is settled here, once: an alias that moves while a
    command runs changes nothing for it.

    Args:
        experiments: the configurations.
        medical_weights: what the context ``medical`` is: ``own`` or ``own:NAME``, see
            `pi.places.weights_file`, or models:/NAME@ALIAS; empty: nothing.

    Raises:
        TrackingError: the registry has no such model, version or alias, or it holds no context.
        PlaceError: PI_WEIGHTS names no such file.
        ContextError: ``medical_weights`` is something else.
        SimulatedContextError: the simulated context is of another architecture.
    """
    found: dict[str, WeightFile] = {}
    to_make = ""
    for spec in (experiment.encoder for experiment in experiments):
        context = spec.context
        if context == simulated.NAME:
            simulated.require_architecture(spec.architecture)
            to_make = spec.architecture
        elif context in found:
            continue
        elif context == MEDICAL and medical_weights:
            found[context] = _medical(medical_weights)
        elif is_own(context):
            found[context] = WeightFile(weights_file(context), CONTEXTS[OWN])
        elif context.startswith(REGISTERED):
            found[context] = WeightFile(*fetch_context(context.removeprefix(REGISTERED)))
    return Contexts(found, to_make)


def _medical(medical_weights: str) -> WeightFile:
    """Return the weight file that is the context ``medical``."""
    if medical_weights.startswith(MODELS):
        return WeightFile(*fetch_context(medical_weights.removeprefix(MODELS)))
    if is_own(medical_weights):
        return WeightFile(weights_file(medical_weights), CONTEXTS[MEDICAL])
    raise ContextError(
        "`medical_weights` must be own or own:NAME, of which PI_WEIGHTS names the file or its "
        f"folder, or models:/NAME@ALIAS but got {quoted(medical_weights)}."
    )
