"""Which encoders there are: VGG-16 and VGG-19 as data, and the name of one encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pi.errors import PiError

CONVOLUTIONS: Mapping[str, tuple[int, ...]] = {
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
"""Convolutions per block (Simonyan and Zisserman 2015, Table 1, columns D and E)."""

WIDTHS = (64, 128, 256, 512, 512)
"""Channels per block."""


class EncoderError(PiError):
    """An encoder, a layer or an input convention that does not exist."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """E of the paper's Eq. (3): which network, trained on what, tapped where.

    Attributes:
        architecture: ``vgg16`` or ``vgg19``.
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


def layer_names(architecture: str) -> tuple[str, ...]:
    """Return the names of the convolutions, as Keras names them: ``block1_conv1`` and so on.

    Raises:
        EncoderError: unknown architecture.
    """
    if architecture not in CONVOLUTIONS:
        raise EncoderError(
            f"`architecture` must be one of {', '.join(CONVOLUTIONS)} but got {architecture!r}."
        )
    return tuple(
        f"block{block}_conv{k}"
        for block, count in enumerate(CONVOLUTIONS[architecture], start=1)
        for k in range(1, count + 1)
    )


def kernel_shapes(architecture: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return the shape of each convolution's kernel, (3, 3, channels in, channels out)."""
    widths = [
        width
        for width, count in zip(WIDTHS, CONVOLUTIONS[architecture], strict=True)
        for _ in range(count)
    ]
    return tuple((3, 3, i, o) for i, o in zip([3, *widths[:-1]], widths, strict=True))
