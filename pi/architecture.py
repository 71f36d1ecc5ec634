"""Which encoders there are, as data, and the name of one encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pi.errors import PiError


class EncoderError(PiError):
    """An encoder, a layer or an input convention that does not exist."""


@dataclass(frozen=True, slots=True)
class Stack:
    """3x3 convolutions, each with its ReLU, in blocks behind each of which an image is halved.

    Attributes:
        blocks: channels of each convolution, block by block.
        channels: of the image that the weights were trained on.
    """

    blocks: tuple[tuple[int, ...], ...]
    channels: int = 3

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the convolutions, as Keras names them: ``block1_conv1`` and so on."""
        return tuple(
            f"block{block}_conv{k}"
            for block, widths in enumerate(self.blocks, start=1)
            for k in range(1, len(widths) + 1)
        )

    @property
    def kernels(self) -> tuple[tuple[int, int, int, int], ...]:
        """Shape of each convolution's kernel, (3, 3, channels in, channels out)."""
        widths = [width for block in self.blocks for width in block]
        return tuple(
            (3, 3, i, o) for i, o in zip([self.channels, *widths[:-1]], widths, strict=True)
        )


ARCHITECTURES: Mapping[str, Stack] = {
    # Simonyan and Zisserman 2015, Table 1, columns D and E.
    "vgg16": Stack(((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)),
    "vgg19": Stack(((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4)),
    # Of the authors' code, whose weights are private. One channel, for it is trained on CT and on
    # nothing else: three equal ones would act through the sum of their kernels.
    "autoencoder": Stack(((64,) * 2, (128,) * 2, (256,) * 4), channels=1),
}
"""Encoders by name."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """E of the paper's Eq. (3): which network, trained on what, tapped where.

    Attributes:
        architecture: a key of `ARCHITECTURES`.
        context: what it was pre-trained on: ``imagenet``, ``natural-offline``, ``medical``,
            ``random`` or ``file:PATH``.
        layers: names of the tapped convolutions (after their ReLU), in the network's order.

    Raises:
        EncoderError: unknown architecture, or a layer that the architecture lacks.
    """

    architecture: str
    context: str
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        known = layer_names(self.architecture)
        if not self.layers:
            raise EncoderError("`layers` must name at least one layer but is empty.")
        for layer in self.layers:
            if layer not in known:
                raise EncoderError(
                    f"`layer` must be one of {self.architecture}'s {', '.join(known)} "
                    f"but got {layer!r}."
                )

    @classmethod
    def parse(cls, text: str) -> "EncoderSpec":
        """Read ``architecture:context:layer+layer``; a context may itself hold a colon."""
        parts = text.split(":")
        if len(parts) < 3 or not all(parts):
            raise EncoderError(
                f"an encoder must be written architecture:context:layer+layer but got {text!r}."
            )
        layers = tuple(dict.fromkeys(parts[-1].split("+")))
        return cls(parts[0], ":".join(parts[1:-1]), layers)

    @property
    def logged_context(self) -> str:
        """The context as it is logged: of a weight file its name, not where it lies."""
        if self.context.startswith("file:"):
            return "file:" + PurePath(self.context.removeprefix("file:")).name
        return self.context

    def __str__(self) -> str:
        return f"{self.architecture}:{self.logged_context}:{'+'.join(self.layers)}"


def find_architecture(name: str) -> Stack:
    """Return the architecture called ``name``.

    Raises:
        EncoderError: unknown architecture.
    """
    if name not in ARCHITECTURES:
        raise EncoderError(
            f"`architecture` must be one of {', '.join(ARCHITECTURES)} but got {name!r}."
        )
    return ARCHITECTURES[name]


def layer_names(architecture: str) -> tuple[str, ...]:
    """Return what can be tapped, in the network's order: ``block1_conv1`` and so on.

    Raises:
        EncoderError: unknown architecture.
    """
    return find_architecture(architecture).layers


def kernel_shapes(architecture: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return the shape of each convolution's kernel, (rows, columns, channels in, channels out)."""
    return find_architecture(architecture).kernels
