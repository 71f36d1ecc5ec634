"""The collection LDCT-and-Projection-data of The Cancer Imaging Archive, whose low doses are known.

References:
    C. McCollough et al., Low Dose CT Image and Projection Data (LDCT-and-Projection-data), The
    Cancer Imaging Archive, doi:10.7937/9NPB-2637: heads (N) and abdomens (L) at 25 % of the
    routine dose, chests (C) at 10 %.
"""

import re
from pathlib import PurePath

from pi.readers.dose_words import UNTOLD
from pi.readers.facts import SliceFacts
from pi.readers.names import tokens

_FRACTIONS = {"L": 0.25, "N": 0.25, "C": 0.1}
_PATIENT = re.compile(r"([LNC])\d{3}", re.IGNORECASE)
_NAME = ("ldct", "and", "projection", "data")
_SERIES = ("low", "dose", "images")


def collection_fraction(facts: SliceFacts, patient: str) -> float:
    """Return the fraction of a low dose of the collection, `UNTOLD` for any other slice."""
    found = _PATIENT.fullmatch(patient)
    if found is None:
        return UNTOLD
    names = [f" {' '.join(tokens(name))} " for name in PurePath(facts.file).parts]
    names.append(f" {' '.join(tokens(facts.text.series_description))} ")
    known = any(f" {' '.join(said)} " in name for name in names for said in (_NAME, _SERIES))
    return _FRACTIONS[found[1].upper()] if known else UNTOLD
