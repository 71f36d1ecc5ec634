"""Which encoders there are, as data, and the name of one encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pi.errors import PiError, quoted
from pi.losses.input_convention import input_convention
from pi.losses.torch_names import Named, stack_layer, stage_layer

Tap = Literal["post", "pre"]
"""Whether a layer is read after its ReLU or before it."""

KernelShape = tuple[int, int, int, int]
"""Rows, columns, channels in, channels out."""


class EncoderError(PiError):
    """An encoder, or a layer, that does not exist."""


@dataclass(frozen=True, slots=True)
class LayerStack:
    """3x3 convolutions, each with its ReLU, in blocks behind each of which an image is halved.

    Attributes:
        blocks: channels of each convolution, block by block.
        channels: of the image that the weights were trained on.
    """

    blocks: tuple[tuple[int, ...], ...]
    channels: int = 3

    @property
    def layers(self) -> tuple[str, ...]:
        """What can be tapped: the convolutions, as Keras names them (``block1_conv1``)."""
        return tuple(
            f"block{block}_conv{k}"
            for block, widths in enumerate(self.blocks, start=1)
            for k in range(1, len(widths) + 1)
        )

    @property
    def convolutions(self) -> tuple[str, ...]:
        """Names of the convolutions."""
        return self.layers

    @property
    def kernels(self) -> tuple[KernelShape, ...]:
        """Shape of each convolution's kernel."""
        widths = [width for block in self.blocks for width in block]
        pairs = zip([self.channels, *widths[:-1]], widths, strict=True)
        return tuple((3, 3, before, after) for before, after in pairs)

    def feature_count(self, layer: str, rows: int, columns: int) -> int:
        """Return the number of features of ``layer`` for an image of that size."""
        block, k = (int(part[-1]) - 1 for part in layer.split("_"))
        return (rows >> block) * (columns >> block) * self.blocks[block][k]


@dataclass(frozen=True, slots=True)
class Residual:
    """ResNet with bottlenecks (He et al. 2016, Table 1); each stage but the first halves.

    Batch normalisation is no layer of its own: it is frozen, and part of the convolutions.

    Attributes:
        stages: blocks and channels of each stage; a stage's output has four times the channels.
        channels: of the image that the weights were trained on.
        halving: which convolution of a stage's first block halves: its first, as published and in
            Keras, or its second, the 3x3, as in torchvision. Weights of one do not fit the other.
    """

    stages: tuple[tuple[int, int], ...]
    channels: int = 3
    halving: Literal[1, 2] = 1

    @property
    def layers(self) -> tuple[str, ...]:
        """What can be tapped: the output of each stage."""
        return tuple(f"stage{number}" for number in range(1, len(self.stages) + 1))

    @property
    def convolutions(self) -> tuple[str, ...]:
        """Names of the convolutions, as Keras's; ``0`` is a stage's projection of its input."""
        return (
            "conv1",
            *(
                f"conv{stage}_block{block}_{part}"
                for stage, (blocks, _) in enumerate(self.stages, start=2)
                for block in range(1, blocks + 1)
                for part in ((0, 1, 2, 3) if block == 1 else (1, 2, 3))
            ),
        )

    @property
    def kernels(self) -> tuple[KernelShape, ...]:
        """Shape of each convolution's kernel."""
        shapes: list[KernelShape] = [(7, 7, self.channels, 64)]
        before = 64
        for blocks, width in self.stages:
            for block in range(blocks):
                if block == 0:
                    shapes.append((1, 1, before, 4 * width))
                shapes += [(1, 1, before, width), (3, 3, width, width), (1, 1, width, 4 * width)]
                before = 4 * width
        return tuple(shapes)

    def feature_count(self, layer: str, rows: int, columns: int) -> int:
        """Return the number of features of ``layer`` for an image of that size."""
        stage = self.layers.index(layer)
        step = 4 << stage
        return -(-rows // step) * -(-columns // step) * 4 * self.stages[stage][1]


Architecture = LayerStack | Residual

ARCHITECTURES: Mapping[str, Architecture] = {
    # Simonyan and Zisserman 2015, Table 1, columns D and E.
    "vgg16": LayerStack(((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)),
    "vgg19": LayerStack(((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4)),
    # Of the authors' code, whose weights are private. One channel, because it is trained on CT
    # and on nothing else: three equal ones would act through the sum of their kernels.
    "autoencoder": LayerStack(((64,) * 2, (128,) * 2, (256,) * 4), channels=1),
    "resnet50": Residual(((3, 64), (4, 128), (6, 256), (3, 512))),
    "resnet50_torch": Residual(((3, 64), (4, 128), (6, 256), (3, 512)), halving=2),
    "resnet152": Residual(((3, 64), (8, 128), (36, 256), (3, 512)), halving=2),
}
"""Encoders by name."""

OWN = "own"
"""Architecture of an encoder that is a function of the user's: ``own:package.module:function``."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """E of the paper's Eq. (3): which network, trained on what, fed what, tapped where.

    Attributes:
        architecture: a key of `ARCHITECTURES`, or `OWN`: then the context is a module, and the
            layers are functions in it.
        context: what it was pre-trained on: ``imagenet``, ``natural-offline``, ``medical``,
            ``random``, ``medical:NAME@ALIAS``, or ``own`` or ``own:NAME``, see
            `pi.places.weights_file`.
        layers: names of what is tapped, in the network's order.
        tap: after or before the ReLU.
        input: name of an input convention of its own; empty: the one that a run gives to all.

    Raises:
        EncoderError: unknown architecture, or a layer that the architecture lacks.
        InputConventionError: unknown input convention.
    """

    architecture: str
    context: str
    layers: tuple[str, ...]
    tap: Tap = "post"
    input: str = ""

    def __post_init__(self) -> None:
        if not self.layers:
            raise EncoderError("`layers` must name at least one layer but is empty.")
        if self.architecture == OWN:
            _require_function(self)
            return
        known = layer_names(self.architecture)
        for layer in self.layers:
            if layer not in known:
                raise EncoderError(
                    f"`layer` must be one of {self.architecture}'s {', '.join(known)} "
                    f"but got {quoted(layer, known)}."
                )
        if self.input:
            input_convention(self.input)

    @classmethod
    def parse(cls, text: str) -> "EncoderSpec":
        """Read ``architecture:context:layer+layer``; a context may itself hold a colon."""
        parts = text.split(":")
        if len(parts) < 3 or not all(parts):
            raise EncoderError(
                "an encoder must be written architecture:context:layer+layer but got "
                f"{quoted(text)}."
            )
        layers, side = read_layers(parts[0], parts[-1])
        return cls(parts[0], ":".join(parts[1:-1]), layers, side or "post")

    def __str__(self) -> str:
        return f"{self.architecture}:{self.context}:{'+'.join(self.layers)}"


def read_layers(architecture: str, text: str) -> tuple[tuple[str, ...], Tap | None]:
    """Return layers as Keras names them, and the side of the ReLU that PyTorch's names imply.

    Args:
        architecture: of the encoder.
        text: names joined by ``+``, of Keras, or of PyTorch as in `pi.losses.torch_names`.

    Raises:
        EncoderError: a pooling, or names that mean both sides.
    """
    found = [(word, _of_torch(architecture, word)) for word in dict.fromkeys(text.split("+"))]
    pooling = next((word for word, named in found if named and not named.layer), None)
    if pooling is not None:
        raise EncoderError(
            f"`layer` must be a convolution or its ReLU but {pooling} of {architecture} is a "
            "pooling."
        )
    layers = tuple(dict.fromkeys(named.layer if named else word for word, named in found))
    sides: set[Tap] = {named.side if named else "post" for _, named in found}
    if not any(named for _, named in found):
        return layers, None
    if len(sides) > 1:
        raise EncoderError(
            f"`layers` must all be read before their ReLU or all after it but got {quoted(text)}: "
            "conv is before, relu and Keras's names are after."
        )
    return layers, sides.pop()


def _of_torch(architecture: str, word: str) -> Named | None:
    network = ARCHITECTURES.get(architecture)
    if isinstance(network, LayerStack):
        return stack_layer(word, [len(block) for block in network.blocks])
    return stage_layer(word, len(network.stages)) if network else None


def _require_function(encoder: EncoderSpec) -> None:
    """Refuse what is no ``own:package.module:function``.

    Raises:
        EncoderError: misspelt, or read before a ReLU that nobody knows of.
    """
    modules = encoder.context.split(".")
    if not all(word.isidentifier() for word in (*modules, *encoder.layers)):
        raise EncoderError(
            f"an encoder of yours must be written {OWN}:package.module:function but got "
            f"{quoted(str(encoder))}."
        )
    if encoder.tap != "post":
        raise EncoderError(f"`tap` must be post with an encoder `{OWN}` but got {encoder.tap}.")
    if encoder.input:
        input_convention(encoder.input)


def find_architecture(name: str) -> Architecture:
    """Return the architecture called ``name``.

    Raises:
        EncoderError: unknown architecture.
    """
    if name not in ARCHITECTURES:
        raise EncoderError(
            f"`architecture` must be one of {', '.join(ARCHITECTURES)} but got "
            f"{quoted(name, ARCHITECTURES)}."
        )
    return ARCHITECTURES[name]


def layer_names(architecture: str) -> tuple[str, ...]:
    """Return what can be tapped, in the network's order: ``block1_conv1`` and so on.

    Raises:
        EncoderError: unknown architecture.
    """
    return find_architecture(architecture).layers


def kernel_shapes(architecture: str) -> tuple[KernelShape, ...]:
    """Return the shape of each convolution's kernel, (rows, columns, channels in, channels out)."""
    return find_architecture(architecture).kernels
