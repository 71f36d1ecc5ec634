"""What a derived slice says of how it was made."""

from dataclasses import dataclass

from pi.version import __version__

PROGRAM = "perceptual-influence"
_LONGEST = 1024
"""Characters of an ST (PS3.5 6.2)."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """By what a series is derived.

    Attributes:
        run: what the denoiser is called: the id of its run, or how it was named.
        digest: of the denoiser.
    """

    run: str
    digest: str

    @property
    def description(self) -> str:
        """DerivationDescription (0008,2111), ASCII."""
        said = (
            f"Denoised by {PROGRAM} {__version__} with {self.run}, digest {self.digest}; slice by "
            "slice; changes rounded to the nearest stored value; padding and values above 3072 HU "
            "as in the source"
        )
        plain = said.encode("ascii", "replace").decode("ascii").replace("\\", "?")
        return "".join(letter if letter.isprintable() else "?" for letter in plain)[:_LONGEST]


def after(former: str, description: str) -> str:
    """Return the description behind that of an earlier derivation, which is cut if need be."""
    if not former:
        return description
    return f"{former[: _LONGEST - len(description) - 2]}; {description}"
