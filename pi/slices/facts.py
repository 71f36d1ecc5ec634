"""What headers tell of a slice beside its key, declared once: columns that reach the comparison.

A reader puts what it is told into `pi.slices.manifest.Volume.facts` under a name of `FACTS`. From
there it goes by itself into the slice table, through the pairing of runs and into each contrast:
a stratum divides the gains, a covariate is correlated with them.
"""

from dataclasses import dataclass
from typing import Literal

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


def find_fact(name: str, *, numeric: bool) -> Fact:
    """Return a fact that is declared; one that is not is known by its values alone."""
    return FACTS.get(name) or Fact(
        name, name.replace("_", " "), "covariate" if numeric else "stratum"
    )
