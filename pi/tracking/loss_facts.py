"""What every run that has an encoder says of its loss, and how it is read back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pi.losses.context_spread import spread_caveat
from pi.losses.experiments import Experiment
from pi.losses.loss import OPTIONS, loss_options

if TYPE_CHECKING:  # it would load TensorFlow, which reading back needs none of
    from pi.network.bank import EncoderBank

PARTS = ("architecture", "context", "layers")
"""Parameters that name an encoder; joined by colons they are its name."""

CONTEXT = "pi.context"
"""Tag that says what its weights are, in words."""

COMPARED = {"tap": "tap", "norm": "norm", "match": "match",
            "reduction": "reduction", "layers": "aggregation", "pixel": "pixel_term"}  # fmt: skip
"""Parameters that say how features and pixels are compared, by the option of the loss."""

USUAL = {"tap": "post", "norm": "squared", "match": "pointwise", "reduction": "mean",
         "aggregation": "sum", "pixel_term": "squared"}  # fmt: skip
"""What a run compared that was logged before there was a choice."""

NAMES = dict.fromkeys(PARTS, "") | USUAL
"""Parameters that name a loss, and what stands for one that a run does not have."""

SPREAD = "pi.context_spread"
"""Tag of a fine-tuned context: how far lambda moves when it is made again."""

INPUT = "pi.encoder_input"
"""Tag with the input convention of the encoder, which a preset has of its own."""

JUDGE = "pi.features"
"""Tag of an evaluation: which encoder judged it; with _digest behind it, what its weights are."""

DIGEST = "pi.weights_digest"
"""Tag that tells its weights from others of the same name."""


def loss_params(experiment: Experiment) -> dict[str, str]:
    """Return the parameters that name a loss."""
    encoder = experiment.encoder
    parts = (encoder.architecture, encoder.context, "+".join(encoder.layers))
    values = loss_options(encoder, experiment.distance, experiment.pixel)
    options = dict(zip(OPTIONS, values, strict=True))
    compared = {name: options[option] for option, name in COMPARED.items()}
    return dict(zip(PARTS, parts, strict=True)) | compared


def loss_tags(experiment: Experiment, bank: "EncoderBank") -> dict[str, str]:
    """Return the tags that say what the encoder is fed, its weights, and what is assumed."""
    weights = bank.weights_of(experiment.encoder)
    found = {
        CONTEXT: weights.description,
        DIGEST: weights.digest,
        INPUT: bank.input_of(experiment.encoder),
    }
    caveat = spread_caveat(experiment.encoder.context)
    if caveat:
        found[SPREAD] = caveat
    if experiment.preset:
        found |= {"pi.evidence": experiment.preset.evidence, "pi.assumes": experiment.assumptions}
    return found


def encoder_name(params: Mapping[str, str]) -> str:
    """Return the name of the encoder that parameters name: the inverse of `loss_params`."""
    return ":".join(params[part] for part in PARTS)


def loss_name(params: Mapping[str, str]) -> str:
    """Return the name of the loss that parameters name: its encoder, and what is not usual."""
    options = (
        f"/{option}={params[name]}"
        for option, name in COMPARED.items()
        if params[name] != USUAL[name]
    )
    return encoder_name(params) + "".join(options)


def loss_of(params: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """Return what identifies a run's loss, by name, for two runs to agree on."""
    return {
        "encoder": encoder_name(params),
        "encoder_input": tags.get(INPUT) or params["encoder_input"],
        "weights of the encoder": tags[DIGEST],
        **{name: params.get(name, usual) for name, usual in USUAL.items()},
    }
