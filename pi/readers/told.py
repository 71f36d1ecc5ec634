"""What the user's own mapping says of a slice."""

from dataclasses import dataclass, field

from pi.readers.dose_words import UNTOLD, Dose


@dataclass(frozen=True, slots=True)
class Told:
    """What `pi.readers.mapping` says of one file; empty or None where it says nothing.

    Attributes:
        patient: who; private.
        dose: ``low`` or ``normal``.
        fraction: of a low dose, in (0, 1), or `UNTOLD`.
        kernel: convolution kernel; ``unknown`` where nobody is to ask further.
        thickness: mm; 0 where nobody is to ask further.
        pair_key: slices of the same key are partners.
        unit: how values relate to Hounsfield units: a word of `pi.readers.units`.
    """

    patient: str = field(default="", repr=False)
    dose: Dose | None = None
    fraction: float = UNTOLD
    kernel: str = ""
    thickness: float | None = None
    pair_key: str = field(default="", repr=False)
    unit: str = ""


NOTHING_TOLD = Told()
