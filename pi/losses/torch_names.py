"""What PyTorch and Caffe call the layers of the networks that Keras numbers by block.

``conv5_4`` is a convolution before its ReLU and ``relu5_4`` what is behind it. torchvision counts
both, and the poolings, through: in VGG-19 ``features.34`` is conv5_4 and ``features.35`` relu5_4.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Side = Literal["post", "pre"]
"""After a ReLU, or before it."""

Kind = Literal["conv", "relu", "pool"]
SIDES: dict[str, Side] = {"conv": "pre", "relu": "post"}


class Named(NamedTuple):
    """A layer of another program's name.

    Attributes:
        layer: as Keras calls it; empty of a pooling, at which nothing is read.
        side: of its ReLU.
    """

    layer: str
    side: Side


def stack_layer(name: str, widths: Sequence[int]) -> Named | None:
    """Return the layer of a VGG that ``name`` means; None where it is no such name.

    Args:
        name: ``convB_K``, ``reluB_K`` or ``features.N``.
        widths: convolutions of each block.
    """
    found = re.fullmatch(r"(conv|relu)(\d+)_(\d+)", name, re.ASCII)
    if found:
        block, k = int(found[2]), int(found[3])
        inside = 1 <= block <= len(widths) and 1 <= k <= widths[block - 1]
        return Named(f"block{block}_conv{k}", SIDES[found[1]]) if inside else None
    counted = re.fullmatch(r"features\.(\d+)", name, re.ASCII)
    layers = _counted(widths)
    if counted is None or int(counted[1]) >= len(layers):
        return None
    return layers[int(counted[1])]


def stage_layer(name: str, stages: int) -> Named | None:
    """Return the stage of a ResNet that ``layerN`` means; None where it is no such name."""
    found = re.fullmatch(r"layer(\d)", name, re.ASCII)
    if found is None or not 1 <= int(found[1]) <= stages:
        return None
    return Named(f"stage{found[1]}", "post")


def _counted(widths: Sequence[int]) -> list[Named]:
    """Return torchvision's ``features`` in their order."""
    layers = []
    for block, count in enumerate(widths, start=1):
        for k in range(1, count + 1):
            layers += [Named(f"block{block}_conv{k}", side) for side in SIDES.values()]
        layers.append(Named("", "post"))
    return layers
