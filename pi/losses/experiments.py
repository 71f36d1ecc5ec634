"""The named configurations of a perceptual loss: data, no code beyond looking a name up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pi.errors import PiError, quoted
from pi.losses.architecture import EncoderSpec
from pi.losses.literature import PRESETS, Preset
from pi.losses.loss import FeatureDistance, PixelTerm, parse_loss, written


class ExperimentError(PiError):
    """An experiment's name that stands for nothing."""


@dataclass(frozen=True, slots=True)
class PublishedWeight:
    """A lambda in print, and whose it is."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """One configuration to be calibrated, trained, evaluated and compared.

    Attributes:
        name: short name, unique within a run.
        encoder: which features are compared.
        published: the lambda that was used for it, if one was, in the units of its own loss.
        distance: how they are compared.
        pixel: the image loss beside them.
        preset: what is known of it, where it is of the literature.
        stand_in: whether its encoder's context is not its own.
    """

    name: str
    encoder: EncoderSpec
    published: PublishedWeight | None = None
    distance: FeatureDistance = FeatureDistance()
    pixel: PixelTerm = PixelTerm()
    preset: Preset | None = None
    stand_in: bool = False

    @property
    def loss(self) -> str:
        """The loss as `parse_loss` reads it."""
        return written(self.encoder, self.distance, self.pixel)

    @property
    def adversarial(self) -> str:
        """Its adversarial term; empty where it has none."""
        return self.preset.adversarial if self.preset else ""

    @property
    def assumptions(self) -> str:
        """What of a preset is not known or not done here; empty where that is nothing."""
        if self.preset is None:
            return ""
        said = {
            "assumed": self.preset.assumes,
            "left out": self.preset.others,
            "adversarial": self.preset.adversarial,
            "weights": f"{self.encoder.context} stand in for its own" * self.stand_in,
        }
        return "; ".join(f"{what}: {words}" for what, words in said.items() if words)

    @property
    def refusal(self) -> str:
        """Why influence by losses is not defined for it; empty where it is."""
        if self.adversarial:
            return (
                f"its term of {self.adversarial} has no zero and its sign no meaning, so nothing "
                "has a share of the total"
            )
        if self.pixel.kind == "none":
            return "it has no pixel term that the perceptual loss could have a share beside"
        return ""


def _experiment(name: str, encoder: str, weight: float, source: str) -> Experiment:
    return Experiment(name, EncoderSpec.parse(encoder), PublishedWeight(weight, source))


# Section 5.2 of the paper. `demo1` to `demo4` have the structure of E1 to E4 (two contexts, a
# middle and a deep layer) with weights that need no download; beside them stands the lambda that
# someone would copy from the paper.
_ALL = (
    _experiment("E1", "vgg19:imagenet:block3_conv2", 1e-5, "E1"),
    _experiment("E2", "vgg19:imagenet:block5_conv4", 1e-2, "E2"),
    _experiment("E3", "vgg19:medical:block3_conv2", 1e-5, "E3"),
    _experiment("E4", "vgg19:medical:block5_conv4", 1e-4, "E4"),
    _experiment("baseline", "vgg19:imagenet:block5_conv4", 1e-1, "baseline"),
    _experiment("demo1", "vgg16:natural-offline:block3_conv2", 1e-5, "E1"),
    _experiment("demo2", "vgg16:natural-offline:block5_conv3", 1e-2, "E2"),
    _experiment("demo3", "vgg16:medical-simulated:block3_conv2", 1e-5, "E3"),
    _experiment("demo4", "vgg16:medical-simulated:block5_conv3", 1e-4, "E4"),
)
MSE = "mse"
"""What names the control to an entry point: no encoder, no perceptual loss."""


def _of_preset(preset: Preset) -> Experiment:
    encoder, distance, pixel = parse_loss(preset.loss)
    weight = preset.weight
    published = None if weight is None else PublishedWeight(weight, preset.source)
    return Experiment(preset.name, encoder, published, distance, pixel, preset)


NAMED: Mapping[str, Experiment] = {
    experiment.name: experiment for experiment in (*_ALL, *map(_of_preset, PRESETS.values()))
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "paper": ("E1", "E2", "E3", "E4", "baseline"),
    "demo": ("demo1", "demo2", "demo3", "demo4"),
    "literature": tuple(PRESETS),
}


def find_experiments(text: str, parameter: str = "experiments") -> tuple[Experiment, ...]:
    """Return the experiments that a comma-separated list of names, groups or encoders means.

    Args:
        text: the list.
        parameter: that names them, for who misspelt one.

    Raises:
        ExperimentError: an unknown name, or an empty list.
        EncoderError: an encoder that is misspelt.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    names = [name for word in words for name in GROUPS.get(word, (word,))]
    if not names:
        raise ExperimentError(
            f"`{parameter}` must name at least one experiment but got {quoted(text)}."
        )
    found: dict[str, Experiment] = {}
    for experiment in (_find(name, parameter) for name in dict.fromkeys(names)):
        name = experiment.name  # of two spellings it may be the same
        if name in found:
            name += f"#{len(found) + 1}"
        found[name] = replace(experiment, name=name)
    return tuple(found.values())


def spelling(experiment: Experiment) -> str:
    """Return what names the experiment to an entry point: its name, or its loss in full."""
    if experiment.name in NAMED:
        return experiment.name
    return experiment.loss


def standing_in(experiments: Sequence[Experiment], contexts: str) -> tuple[Experiment, ...]:
    """Return the experiments, the presets' own contexts replaced as ``contexts`` says.

    Args:
        experiments: the configurations; those that are no presets stay as they are.
        contexts: comma-separated: a context for all, or FROM=CONTEXT where FROM is a context or an
            architecture. The first that fits a preset holds.

    Raises:
        ExperimentError: it fits no preset among them.
    """
    pairs = _stand_ins(contexts)

    def replaced(e: Experiment) -> Experiment:
        own = ("", e.encoder.context, e.encoder.architecture)
        context = next((other for name, other in pairs if name in own), "") if e.preset else ""
        if not context:
            return e
        return replace(e, encoder=replace(e.encoder, context=context), stand_in=True)

    found = tuple(map(replaced, experiments))
    if pairs and not any(e.stand_in for e in found):
        raise ExperimentError(
            "`stand_in` must fit a preset among the experiments but got "
            f"{quoted(contexts)}, which fits none."
        )
    return found


def _stand_ins(contexts: str) -> list[tuple[str, str]]:
    words = (word.strip() for word in contexts.split(",") if word.strip())
    parts = (word.partition("=") for word in words)
    return [(own, context) if equals else ("", own) for own, equals, context in parts]


def as_mse_plus(experiments: Sequence[Experiment]) -> tuple[Experiment, ...]:
    """Return the experiments, those without influence by losses as MSE + lambda * feature loss.

    Their lambda stays the number in print, in the units of their feature loss, though there it
    balances another term.
    """
    return tuple(
        replace(
            e,
            name=f"{e.name} as MSE+",
            pixel=PixelTerm(),
            preset=replace(e.preset, adversarial="") if e.preset else None,
        )
        if e.refusal
        else e
        for e in experiments
    )


def chosen(
    experiments: Sequence[Experiment], stand_in: str, as_mse: bool
) -> tuple[Experiment, ...]:
    """Return the experiments as a run is to have them: see `standing_in` and `as_mse_plus`."""
    found = standing_in(experiments, stand_in)
    return as_mse_plus(found) if as_mse else found


def require_influence(experiments: Sequence[Experiment]) -> None:
    """Refuse losses that have no influence by losses, and so no lambda that a Psi could ask for.

    Raises:
        ExperimentError: naming each of them, its reason and what can be done.
    """
    refused = [f"{e.name}: {e.refusal}" for e in experiments if e.refusal]
    if refused:
        raise ExperimentError(
            f"influence by losses is not defined for {'; '.join(refused)}. `calibrate` answers by "
            "gradients; `as_mse_plus` puts the MSE beside the feature loss instead."
        )


def _find(name: str, parameter: str) -> Experiment:
    if name in NAMED:
        return NAMED[name]
    if ":" in name:
        encoder, distance, pixel = parse_loss(name)
        own = Experiment("", encoder, None, distance, pixel)
        return replace(own, name=own.loss)
    names = [name for name, experiment in NAMED.items() if not experiment.preset]
    raise ExperimentError(
        f"`{parameter}` must be made of {', '.join([*GROUPS, *names])}, a preset that the entry "
        f"point `presets` lists, or architecture:context:layer+layer but got "
        f"{quoted(name, [*GROUPS, *NAMED, MSE])}."
    )
