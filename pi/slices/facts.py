"""What headers tell of a slice beside its key, declared once: columns that reach the comparison.

What a reader puts into a field of `pi.readers.facts.HeaderText` that is a name of `FACTS` comes
into `pi.slices.manifest.Volume.facts`. From there it goes by itself into the slice table, through
the pairing of runs and into each contrast: a stratum divides the gains, a covariate is correlated
with them. Texts must have passed a whitelist in the reader: a manifest holds no free text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pi.readers.facts import HeaderText

Kind = Literal["stratum", "covariate"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A column.

    Attributes:
        name: of the column.
        title: as people read it, with its unit.
        kind: ``stratum``: a few values, of each of which a gain is told; ``covariate``: a number.
    """

    name: str
    title: str
    kind: Kind


FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("scanner", "scanner", "stratum"),
        Fact("tube_current", "tube current (mA)", "covariate"),
    )
}


def facts_of(texts: Sequence[HeaderText]) -> dict[str, tuple[float | str, ...]]:
    """Return the facts that every one of these headers tells, a value each in their order."""
    found = {name: tuple(getattr(text, name) for text in texts) for name in FACTS}
    return {name: told for name, told in found.items() if told and None not in told and all(told)}


def find_fact(name: str, *, numeric: bool) -> Fact:
    """Return a fact that is declared; one that is not is known by its values alone."""
    return FACTS.get(name) or Fact(
        name, name.replace("_", " "), "covariate" if numeric else "stratum"
    )
