"""A slice that is identified: whose, at which dose, how reconstructed, and where it lies."""

from dataclasses import dataclass, field

from pi.identity import Reconstruction
from pi.readers.facts import SliceFacts
from pi.readers.geometry import Frame, Vector, dot
from pi.readers.names import Dose


@dataclass(frozen=True, slots=True)
class Identification:
    """What a slice is.

    Attributes:
        patient: who, as the mapping, the folder or the header says; never leaves the store's
            private folder.
        dose: ``low`` or ``normal``.
        reconstruction: thickness, kernel and, of a low dose, its fraction of the normal one.
    """

    patient: str = field(repr=False)
    dose: Dose
    reconstruction: Reconstruction


@dataclass(frozen=True, slots=True)
class SliceHeader:
    """What must be known of one slice before its pixels are read.

    Attributes:
        what: patient, dose and reconstruction.
        facts: what the file says.
    """

    what: Identification
    facts: SliceFacts

    @property
    def patient(self) -> str:
        """The patient as the source names it; private."""
        return self.what.patient

    @property
    def dose(self) -> Dose:
        """``low`` or ``normal``."""
        return self.what.dose

    @property
    def reconstruction(self) -> Reconstruction:
        """Thickness, kernel and, of a low dose, its fraction of the normal one."""
        return self.what.reconstruction

    @property
    def pair_key(self) -> str:
        """What the user's mapping calls the slice and its partner, or empty; private."""
        return self.facts.told.pair_key

    @property
    def file(self) -> str:
        """Path below the source folder; private."""
        return self.facts.file

    @property
    def frame(self) -> Frame:
        """Grid and direction."""
        return self.facts.frame

    @property
    def origin(self) -> Vector:
        """Centre of the first pixel in mm."""
        return self.facts.origin

    @property
    def numbered(self) -> bool:
        """Whether `position` is the slice's number, because its file tells no place in mm."""
        return self.frame.spacing is None

    @property
    def position(self) -> float:
        """Position along the slice normal in mm; see `numbered`."""
        return dot(self.origin, self.frame.normal)
