"""From what an experiment calls its context to encoders with its weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pi.errors import PiError, quoted
from pi.losses.architecture import OWN as OWN_CODE
from pi.losses.experiments import Experiment
from pi.losses.input_convention import InputConvention, input_convention
from pi.network.bank import EncoderBank, build_bank
from pi.network.own_encoder import require_function
from pi.network.weights import CONTEXTS, WeightFile
from pi.parameters.shared import PatchParameters
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


@dataclass(frozen=True)
class Encoders:
    """The encoders of several configurations: loaded, unless a context has to be made first.

    Attributes:
        experiments: the configurations.
        convention: what encoders are fed that have no input of their own.
        seed: of the context ``random``.
        files: by context, those that are there.
        to_make: architecture for which `pi.pretraining.simulated` makes its context; empty: none.
        ready: what is loaded: all, but those of `waiting`.
    """

    experiments: Sequence[Experiment] = field(repr=False)
    convention: InputConvention
    seed: int
    files: Mapping[str, WeightFile] = field(repr=False)
    to_make: str
    ready: EncoderBank = field(repr=False)

    @property
    def waiting(self) -> tuple[Experiment, ...]:
        """The configurations whose context has to be made first."""
        return tuple(e for e in self.experiments if e.encoder.context == simulated.NAME)

    def bank(self, say: Callable[[str], object]) -> EncoderBank:
        """Return all of them, after a minute where a context has to be made first.

        Args:
            say: told what happens, where that takes time.

        Raises:
            SimulatedContextError: see `pi.pretraining.simulated.simulated_context`.
        """
        if not self.waiting:
            return self.ready
        made = simulated.simulated_context(self.to_make, say)
        files = {**self.files, simulated.NAME: WeightFile(made, CONTEXTS[simulated.NAME])}
        return build_bank(self.experiments, self.convention, seed=self.seed, files=files)


def find_encoders(
    experiments: Sequence[Experiment],
    convention: InputConvention,
    seed: int,
    medical_weights: str,
    patch_size: int,
) -> Encoders:
    """Return the encoders of ``experiments``; whatever of them is not to be had is told now.

    Args:
        experiments: the configurations.
        convention: what encoders are fed that have no input of their own.
        seed: of the context ``random``.
        medical_weights: see `find_contexts`.
        patch_size: on which a function of the user's is tried.

    Raises:
        PiError: see `find_contexts`, `pi.network.bank.build_bank` and
            `pi.network.own_encoder.require_function`.
    """
    for own in (e.encoder for e in experiments if e.encoder.architecture == OWN_CODE):
        require_function(own, input_convention(own.input) if own.input else convention, patch_size)
    files = find_contexts(experiments, medical_weights)
    unmade = [e for e in experiments if e.encoder.context == simulated.NAME]
    for experiment in unmade:
        simulated.require_architecture(experiment.encoder.architecture)
    there = [e for e in experiments if e not in unmade]
    bank = build_bank(there, convention, seed=seed, files=files)
    to_make = unmade[0].encoder.architecture if unmade else ""
    return Encoders(experiments, convention, seed, files, to_make, bank)


def asked_encoders(parameters: PatchParameters, experiments: Sequence[Experiment]) -> Encoders:
    """Return the encoders of ``experiments`` as an entry point's parameters ask for them.

    Raises:
        PiError: see `find_encoders`.
    """
    p = parameters
    convention = input_convention(p.encoder_input)
    return find_encoders(experiments, convention, p.seed, p.medical_weights, p.patch_size)


def find_contexts(experiments: Sequence[Experiment], medical_weights: str) -> dict[str, WeightFile]:
    """Return the weight file of every context of ``experiments`` that has one already.

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
    """
    found: dict[str, WeightFile] = {}
    for context in dict.fromkeys(experiment.encoder.context for experiment in experiments):
        if context == MEDICAL and medical_weights:
            found[context] = _medical(medical_weights)
        elif is_own(context):
            found[context] = WeightFile(weights_file(context), CONTEXTS[OWN])
        elif context.startswith(REGISTERED):
            found[context] = WeightFile(*fetch_context(context.removeprefix(REGISTERED)))
    return found


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
