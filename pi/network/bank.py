"""All that some experiments' losses need, each thing once, whatever the number of experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import keras

from pi.losses.architecture import OWN, EncoderSpec, layer_names
from pi.losses.experiments import Experiment
from pi.losses.input_convention import InputConvention, input_convention
from pi.losses.loss import Match, PixelTerm, Reading
from pi.network.encoder import build_encoder, tap_name
from pi.network.own_encoder import own_encoder
from pi.network.weight_file import WeightsError
from pi.network.weights import NO_FILES, WeightFile, Weights, load_weights


@dataclass(frozen=True, slots=True)
class Column:
    """One comparison of features: through which network, fed what, at which tap, in which norm.

    Attributes:
        architecture: of the encoder.
        context: what it was pre-trained on.
        input: name of its input convention.
        tap: see `tap_name`.
        norm: of a difference, of features or of their statistics.
    """

    architecture: str
    context: str
    input: str
    tap: str
    norm: Match

    @property
    def network(self) -> tuple[str, str, str]:
        """What columns share that are read off one pass."""
        return self.architecture, self.context, self.input


@dataclass(frozen=True)
class FrozenLoss:
    """The loss of one experiment, ready to be computed; without an encoder, its image loss alone.

    Attributes:
        encoders: one, or none; it returns one feature map per layer.
        norms: of each layer's differences.
        factors: of each layer's mean.
        pixel: the image loss.
        identity: architecture, weights' digest, input and taps: what features depend on; empty
            where nobody can tell.
    """

    encoders: tuple[keras.Model, ...] = ()
    norms: tuple[Match, ...] = ()
    factors: tuple[float, ...] = ()
    pixel: PixelTerm = PixelTerm()
    identity: tuple[str, ...] = ()


@dataclass(frozen=True)
class EncoderBank:
    """Encoders and image losses that serve several experiments, in one pass each.

    Attributes:
        columns: of every output, in the order of `encoders` and of each one's taps.
        pixels: every image loss.
        weights: of each (architecture, context).
        convention: what encoders are fed that have no input of their own.
    """

    columns: tuple[Column, ...]
    pixels: tuple[PixelTerm, ...]
    weights: dict[tuple[str, str], Weights]
    convention: InputConvention

    @cached_property
    def encoders(self) -> tuple[keras.Model, ...]:
        """One per (architecture, context, input), tapped wherever an experiment reads."""
        networks = dict.fromkeys(column.network for column in self.columns)
        return tuple(
            _encoder([c for c in self.columns if c.network == network], self.weights[network[:2]])
            for network in networks
        )

    @property
    def norms(self) -> tuple[Match, ...]:
        """Norm of every column."""
        return tuple(column.norm for column in self.columns)

    def reading(self, experiment: Experiment, patch_size: int) -> Reading:
        """Return where the losses of ``experiment`` are found among `pixels` and `columns`.

        Args:
            experiment: one of those that the bank was built for.
            patch_size: of which a sum over features depends.
        """
        own = _columns(experiment, self.convention)
        return Reading(
            None if experiment.pixel.kind == "none" else self.pixels.index(experiment.pixel),
            tuple(self.columns.index(column) for column in own),
            experiment.distance.factors(experiment.encoder, patch_size),
            experiment.distance.values if experiment.distance.layers == "shares" else (),
        )

    def loss_of(self, experiment: Experiment, patch_size: int) -> FrozenLoss:
        """Return the loss of ``experiment``, with an encoder of its own that reads its taps alone.

        Args:
            experiment: one of those that the bank was built for.
            patch_size: of which a sum over features depends.
        """
        own, weights = _columns(experiment, self.convention), self.weights_of(experiment.encoder)
        return FrozenLoss(
            (_encoder(own, weights),),
            tuple(column.norm for column in own),
            experiment.distance.factors(experiment.encoder, patch_size),
            experiment.pixel,
            _identity(own, weights),
        )

    def only(self, experiments: Sequence[Experiment]) -> "EncoderBank":
        """Return the bank of some of the experiments, on the weights that are loaded already."""
        return _bank(experiments, self.weights, self.convention)

    def input_of(self, encoder: EncoderSpec) -> str:
        """Return the name of the input convention that ``encoder`` is fed by."""
        return encoder.input or self.convention.name

    def weights_of(self, encoder: EncoderSpec) -> Weights:
        """Return the weights that ``encoder`` runs on."""
        return self.weights[encoder.architecture, encoder.context]


def build_bank(
    experiments: Sequence[Experiment],
    convention: InputConvention,
    *,
    seed: int,
    files: Mapping[str, WeightFile] = NO_FILES,
) -> EncoderBank:
    """Return what the losses of ``experiments`` need, each context loaded and run once.

    Args:
        experiments: the configurations.
        convention: what encoders are fed that have no input of their own.
        seed: of the context ``random``.
        files: those of contexts that have one; see `pi.jobs.contexts.find_contexts`.

    Raises:
        WeightsError: see `load_weights`; where several are missing, a sentence for each.
        InputConventionError: a convention of three colours for an encoder of one channel.
    """
    weights: dict[tuple[str, str], Weights] = {}
    missing: dict[str, list[Experiment]] = {}
    for network in dict.fromkeys(_context(experiment) for experiment in experiments):
        try:
            weights[network] = load_weights(*network, seed=seed, files=files)
        except WeightsError as error:
            lacking = [experiment for experiment in experiments if _context(experiment) == network]
            missing[str(error)] = missing.get(str(error), []) + lacking
    if missing:
        raise WeightsError(_said_of(missing))
    return _bank(experiments, weights, convention)


def _said_of(missing: Mapping[str, Sequence[Experiment]]) -> str:
    """Return a sentence for each that is missing, behind whose it is where there are several."""
    lines = [
        f"{', '.join(experiment.name for experiment in lacking)}: {sentence}"
        for sentence, lacking in missing.items()
    ]
    if len(missing) == 1:
        lines = list(missing)
    if any(experiment.preset for lacking in missing.values() for experiment in lacking):
        lines.append("`stand_in` gives presets other weights, such as --stand_in random.")
    return "\n".join(lines)


def _context(experiment: Experiment) -> tuple[str, str]:
    return experiment.encoder.architecture, experiment.encoder.context


def _columns(experiment: Experiment, convention: InputConvention) -> list[Column]:
    e, norm = experiment.encoder, experiment.distance.match
    fed = e.input or convention.name
    return [
        Column(e.architecture, e.context, fed, tap_name(layer, e.tap), norm) for layer in e.layers
    ]


def _bank(
    experiments: Sequence[Experiment],
    weights: dict[tuple[str, str], Weights],
    convention: InputConvention,
) -> EncoderBank:
    wanted = [c for experiment in experiments for c in _columns(experiment, convention)]
    networks = list(dict.fromkeys(column.network for column in wanted))
    columns = sorted(set(wanted), key=lambda c: (networks.index(c.network), *_depth(c)))
    pixels = dict.fromkeys(e.pixel for e in experiments if e.pixel.kind != "none")
    return EncoderBank(tuple(columns), tuple(pixels) or (PixelTerm(),), weights, convention)


def _identity(columns: Sequence[Column], weights: Weights) -> tuple[str, ...]:
    first = columns[0]
    if first.architecture == OWN:  # a function of the user's may depend on more than its file
        return ()
    return first.architecture, weights.digest, first.input, *(column.tap for column in columns)


def _encoder(columns: Sequence[Column], weights: Weights) -> keras.Model:
    first = columns[0]
    taps = [column.tap for column in columns]
    if first.architecture == OWN:
        return own_encoder(first.context, taps, input_convention(first.input))
    return build_encoder(first.architecture, taps, weights, input_convention(first.input))


def _depth(column: Column) -> tuple[int, str, str]:
    if column.architecture == OWN:
        return 0, column.tap, str(column.norm)
    layer = column.tap.removesuffix("/pre")
    return layer_names(column.architecture).index(layer), column.tap, str(column.norm)
