"""What every run that has an encoder says of it, and how it is read back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pi.architecture import EncoderSpec

if TYPE_CHECKING:  # it would load TensorFlow, which reading back needs none of
    from pi.network.bank import EncoderBank

PARTS = ("architecture", "context", "layers")
"""Parameters that name an encoder; joined by colons they are its name."""

CONTEXT = "pi.context"
"""Tag that says what its weights are, in words."""

DIGEST = "pi.weights_digest"
"""Tag that tells its weights from others of the same name."""


def encoder_params(encoder: EncoderSpec) -> dict[str, str]:
    """Return the parameters that name an encoder; of a weight file not where it lies."""
    values = (encoder.architecture, encoder.logged_context, "+".join(encoder.layers))
    return dict(zip(PARTS, values, strict=True))


def encoder_tags(encoder: EncoderSpec, bank: "EncoderBank") -> dict[str, str]:
    """Return the tags that say what the encoder's weights in ``bank`` are."""
    weights = bank.weights_of(encoder)
    return {CONTEXT: weights.description, DIGEST: weights.digest}


def encoder_name(params: Mapping[str, str]) -> str:
    """Return the name of the encoder that parameters name: the inverse of `encoder_params`."""
    return ":".join(params[part] for part in PARTS)
