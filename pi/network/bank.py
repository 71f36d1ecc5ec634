"""All encoders that some experiments need: one per context, whatever the number of experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras

from pi.architecture import EncoderSpec, layer_names
from pi.network.encoder import InputConvention, build_encoder
from pi.network.weights import NO_FILES, WeightFile, Weights, load_weights


@dataclass(frozen=True)
class EncoderBank:
    """Encoders that serve several specifications in one pass each.

    Attributes:
        encoders: one per (architecture, context), tapped at every layer asked for.
        taps: (architecture, context, layer) of every output, in the order of the encoders.
        weights: of each (architecture, context).
        convention: what all of them are fed.
    """

    encoders: tuple[keras.Model, ...]
    taps: tuple[tuple[str, str, str], ...]
    weights: dict[tuple[str, str], Weights]
    convention: InputConvention

    def columns(self, spec: EncoderSpec) -> list[int]:
        """Return which of `taps` are the layers of ``spec``, in its order."""
        return [self.taps.index((spec.architecture, spec.context, layer)) for layer in spec.layers]

    def weights_of(self, spec: EncoderSpec) -> Weights:
        """Return the weights that ``spec`` runs on."""
        return self.weights[spec.architecture, spec.context]


def build_bank(
    specs: Sequence[EncoderSpec],
    convention: InputConvention,
    *,
    seed: int,
    files: Mapping[str, WeightFile] = NO_FILES,
) -> EncoderBank:
    """Return the encoders of ``specs``, each context loaded and run once.

    Args:
        specs: what the experiments compare.
        convention: what the encoders are fed.
        seed: of the context ``random``.
        files: those of contexts that have one; see `pi.tracking.contexts.find_contexts`.

    Raises:
        WeightsError: see `load_weights`.
    """
    networks = dict.fromkeys((spec.architecture, spec.context) for spec in specs)
    weights = {network: load_weights(*network, seed=seed, files=files) for network in networks}
    encoders, taps = [], []
    for architecture, context in networks:
        wanted = {
            layer
            for spec in specs
            if (spec.architecture, spec.context) == (architecture, context)
            for layer in spec.layers
        }
        layers = tuple(name for name in layer_names(architecture) if name in wanted)
        loaded = weights[architecture, context]
        encoders.append(build_encoder(architecture, layers, loaded, convention))
        taps += [(architecture, context, layer) for layer in layers]
    return EncoderBank(tuple(encoders), tuple(taps), weights, convention)
