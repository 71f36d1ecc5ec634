"""The named configurations of a perceptual loss: data, no code beyond looking a name up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pi.architecture import EncoderSpec
from pi.errors import PiError


class ExperimentError(PiError):
    """An experiment's name that stands for nothing."""


@dataclass(frozen=True, slots=True)
class PublishedWeight:
    """A lambda in print, in mean units with MSE, and whose it is."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """One configuration to be calibrated, trained, evaluated and compared.

    Attributes:
        name: short name, unique within a run.
        encoder: which features are compared.
        published: the lambda that was used for it, if one was.
    """

    name: str
    encoder: EncoderSpec
    published: PublishedWeight | None = None


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

NAMED: Mapping[str, Experiment] = {experiment.name: experiment for experiment in _ALL}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "paper": ("E1", "E2", "E3", "E4", "baseline"),
    "demo": ("demo1", "demo2", "demo3", "demo4"),
}


def find_experiments(text: str) -> tuple[Experiment, ...]:
    """Return the experiments that a comma-separated list of names, groups or encoders means.

    Raises:
        ExperimentError: an unknown name, or an empty list.
        EncoderError: an encoder that is misspelt.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    names = [name for word in words for name in GROUPS.get(word, (word,))]
    if not names:
        raise ExperimentError(f"`experiments` must name at least one experiment but got {text!r}.")
    found: dict[str, Experiment] = {}
    for experiment in map(_find, dict.fromkeys(names)):
        name = experiment.name  # of weight files in two folders it may be the same
        if name in found:
            name += f"#{len(found) + 1}"
        found[name] = replace(experiment, name=name)
    return tuple(found.values())


def spelling(experiment: Experiment) -> str:
    """Return what names the experiment to an entry point: its name, or its encoder in full."""
    spec = experiment.encoder
    if experiment.name in NAMED:
        return experiment.name
    return f"{spec.architecture}:{spec.context}:{'+'.join(spec.layers)}"


def without_paths(text: str) -> str:
    """Return a list of experiments as it may be logged: of a weight file its name alone."""
    words = (word.strip() for word in text.split(","))
    return ",".join(str(EncoderSpec.parse(word)) if ":" in word else word for word in words)


def _find(name: str) -> Experiment:
    if name in NAMED:
        return NAMED[name]
    if ":" in name:
        encoder = EncoderSpec.parse(name)
        return Experiment(str(encoder), encoder)
    raise ExperimentError(
        f"`experiments` must be made of {', '.join([*GROUPS, *NAMED])} or "
        f"architecture:context:layer+layer but got {name!r}."
    )
