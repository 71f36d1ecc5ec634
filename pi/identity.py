"""Who a slice is: the key it carries from the DICOM header to the p-value."""

import hashlib
import hmac
import re
from dataclasses import dataclass

SIMULATED_MANUFACTURER = "SIMULATED"
"""Manufacturer (0008,0070) of the simulated study; only its patient ids are logged as they are."""


UNKNOWN_DOSE = 0.0
"""The dose fraction that nobody tells: outside (0, 1), and joined and ordered as any number is."""

UNKNOWN_THICKNESS = 0.0
"""Thickness that nobody told, as of arrays without a header; no slice is 0 mm thick."""

UNKNOWN_KERNEL = "unknown"
"""Kernel that nobody told."""


@dataclass(frozen=True, order=True, slots=True)
class Reconstruction:
    """How a volume was reconstructed.

    Attributes:
        thickness: SliceThickness (0018,0050) in mm. Not the distance between slices.
        kernel: ConvolutionKernel (0018,1210) in its short form, such as ``B30`` or ``D45``.
        dose: fraction of the normal dose at which the low dose was taken, or `UNKNOWN_DOSE`.
    """

    thickness: float
    kernel: str
    dose: float = UNKNOWN_DOSE

    def __str__(self) -> str:
        return f"{self.thickness:g}mm {self.kernel}"


@dataclass(frozen=True, order=True, slots=True)
class SliceKey:
    """The identity of one slice; two doses of it share the key, and runs are joined on it.

    Attributes:
        patient: pseudonym of the patient (see `pseudonym`), never a name.
        thickness: SliceThickness in mm.
        kernel: short form of the convolution kernel.
        position: position along the slice normal in mm, rounded to 0.01 mm.
    """

    patient: str
    thickness: float
    kernel: str
    position: float

    @property
    def reconstruction(self) -> Reconstruction:
        """How the slice was reconstructed."""
        return Reconstruction(self.thickness, self.kernel)

    def __str__(self) -> str:
        return f"{self.patient}/{self.thickness:g}mm/{self.kernel}/{self.position:+.2f}"


def short_kernel(kernel: str) -> str:
    """Return the short form of a convolution kernel: ``B30f`` and ``b30`` are ``B30``."""
    kernel = kernel.strip().upper()
    match = re.fullmatch(r"([A-Z]+\d+)[A-Z]?", kernel)
    return match.group(1) if match else kernel


def pseudonym(patient: str, secret: bytes) -> str:
    """Return a name for ``patient`` that cannot be turned back without ``secret``.

    A plain hash of ``L067`` or of a record number is found by trying them all; a keyed one
    (HMAC-SHA256) is not.
    """
    return "P-" + hmac.new(secret, patient.encode(), hashlib.sha256).hexdigest()[:10]
