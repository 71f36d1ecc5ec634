"""A denoiser as data: how it is written, and what else is to be known of it than its layers.

Every module of this room is one denoiser, of the module's name, and holds a `Design` called
``DESIGN``: a file more is a denoiser more. Those modules load the network library; this one does
not, so that a parameter is checked at once.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pi.errors import PiError

if TYPE_CHECKING:
    import keras

Start = Literal["mean", "half", "residual"]
"""Where an untrained output is put: at the targets' mean, at 0.5, or at the low dose itself."""

Range = Literal["unit", "not negative", "unbounded"]
"""Which values an output may have, whatever the input: [0, 1], 0 or greater, any."""

NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))
"""The denoisers that there are."""

WRITTEN = (
    f"NAME:WIDTH, with one of {', '.join(NAMES)} as NAME and a whole number from 1 as WIDTH, such "
    "as unet:32"
)
"""How a denoiser is written, in words."""


class DenoiserError(PiError):
    """A denoiser that is misspelt, or is asked for what it cannot do."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Which images a network takes.

    Attributes:
        divisor: rows and columns must divide by it.
        least: fewest rows and columns.
    """

    divisor: int = 1
    least: int = 1

    def take(self, size: int) -> bool:
        """Return whether a network takes so many rows, or columns."""
        return size >= self.least and size % self.divisor == 0

    def missing(self, size: int) -> int:
        """Return how many rows, or columns, must be added to ``size`` before a network takes it."""
        wanted = max(size, self.least)
        return wanted + -wanted % self.divisor - size

    def __str__(self) -> str:
        multiple = f"a multiple of {self.divisor}, " if self.divisor > 1 else ""
        return f"{multiple}at least {self.least}"


@dataclass(frozen=True, slots=True)
class Design:
    """What is known of a denoiser.

    Its network takes (n, rows, columns, 1) float32 in the network's range to the same. Its last
    layer is called ``denoised``; it, the last convolution, and all between them, compute in
    float32 whatever the rest does.

    Attributes:
        build: from width and seed to the network, with the weights that it was published to begin
            with.
        width: what the number behind the colon is.
        sizes: of the images it takes.
        starts: what ``start`` may be, the recommended one first.
        range: of its output.
    """

    build: "Callable[[int, int], keras.Model]"
    width: str
    sizes: Sizes
    starts: tuple[Start, ...]
    range: Range


@dataclass(frozen=True, slots=True)
class DenoiserSpec:
    """f_theta by name and width: ``unet:32``, ``redcnn:96``, ``dncnn:64``.

    Attributes:
        name: one of `NAMES`.
        width: see `Design.width`.

    Raises:
        DenoiserError: an unknown name, or a width below 1.
    """

    name: str
    width: int

    def __post_init__(self) -> None:
        if self.name not in NAMES or self.width < 1:
            raise DenoiserError(f"`denoiser` must be {WRITTEN}, but got {self}.")

    @classmethod
    def parse(cls, text: str) -> "DenoiserSpec":
        """Read ``name:width``.

        Raises:
            DenoiserError: it is written otherwise. A path, which it may be, is not repeated.
        """
        written = re.fullmatch(r"(\w+):([0-9]{1,6})", text)
        if not written:
            got = "" if set(text) & set("/\\") else f", but got {text!r}"
            raise DenoiserError(f"`denoiser` must be {WRITTEN}{got}.")
        return cls(written[1], int(written[2]))

    def __str__(self) -> str:
        return f"{self.name}:{self.width}"

    @property
    def design(self) -> Design:
        """What is known of it; the first look at one loads the network library."""
        found: Design = importlib.import_module(f"{__name__}.{self.name}").DESIGN
        return found

    def build(self, seed: int) -> "keras.Model":
        """Return its network, untrained: see `Design`."""
        return self.design.build(self.width, seed)

    def start(self, asked: str) -> Start:
        """Return where its output is to start; ``auto`` is what is recommended.

        Raises:
            DenoiserError: it cannot start there.
        """
        starts = self.design.starts
        for start in starts:
            if asked in ("auto", start):
                return start
        raise DenoiserError(
            f"`start` must be auto or {' or '.join(starts)} with {self} but got {asked}."
        )


PUBLISHED = DenoiserSpec("unet", 32)
"""The paper's (Table 2), and that of a run which does not say."""


def is_written(text: str) -> bool:
    """Return whether ``text`` means a denoiser."""
    try:
        DenoiserSpec.parse(text)
    except DenoiserError:
        return False
    return True


def find_denoiser(text: str, patch_size: int, start: str = "auto") -> DenoiserSpec:
    """Return the denoiser that ``text`` means, if it can be trained as asked.

    Args:
        text: ``name:width``.
        patch_size: side of the patches it is to see.
        start: see `DenoiserSpec.start`.

    Raises:
        DenoiserError: it is misspelt, or does not take such patches, or cannot start so.
    """
    spec = DenoiserSpec.parse(text)
    sizes = spec.design.sizes
    if not sizes.take(patch_size):
        raise DenoiserError(f"`patch_size` must be {sizes}, with {spec} but got {patch_size}.")
    spec.start(start)
    return spec


def said(facts: Mapping[str, object]) -> DenoiserSpec | None:
    """Return the denoiser that parameters, or the facts beside weights, speak of; None of none.

    Before there were others a U-Net was meant by the ``channels`` of its first level, and by 0, in
    an evaluation, that of the evaluated run.

    Args:
        facts: by name, as they were typed.

    Raises:
        DenoiserError: it is none that this version knows.
    """
    if written := str(facts.get("denoiser", "")):
        return DenoiserSpec.parse(written)
    channels = str(facts.get("channels", "0"))
    return None if channels == "0" else DenoiserSpec.parse(f"unet:{channels}")


def as_written_now(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of an older run as they would be typed today.

    ``channels`` was the width of the one denoiser there was, the U-Net, of which ``start=mean`` is
    what ``auto`` means.
    """
    found = dict(parameters)
    if "overrides" in found:
        found["overrides"] = re.sub(
            r"\.channels=([0-9]+)", r".denoiser=unet:\1", found["overrides"]
        )
    if "channels" in found:
        spec = said({"channels": found.pop("channels")})
        found["denoiser"] = str(spec or "")
        if found.get("start") == "mean":
            found["start"] = "auto"
    return found


def layer_seeds(seed: int) -> Iterator[int]:
    """Yield a seed for each layer, so that layers of equal shape start different."""
    return iter(range(seed * 1000, seed * 1000 + 1000))
