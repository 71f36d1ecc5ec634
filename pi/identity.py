"""Who a slice is: the key it carries from the DICOM header to the p-value."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pi.errors import PiError

SIMULATED_MANUFACTURER = "SIMULATED"
"""Manufacturer (0008,0070) of the simulated study; only its patient ids are logged as they are."""

UNKNOWN_DOSE = 0.0
"""Dose fraction that nobody told. No low dose has it, for those lie in (0, 1), and it joins and
orders like any number: None does not order, and NaN does not even equal itself."""

UNKNOWN_THICKNESS = 0.0
"""Thickness that nobody told, as of arrays without a header; no slice is 0 mm thick."""

UNKNOWN_KERNEL = "unknown"
"""Kernel that nobody told."""


class DoseError(PiError):
    """A dose that is no fraction of the normal one, or that the data do not have."""


UNKNOWN_THICKNESS = 0.0
"""Thickness that nobody told, as of arrays without a header; no slice is 0 mm thick."""

UNKNOWN_KERNEL = "unknown"
"""Kernel that nobody told."""


@dataclass(frozen=True, order=True, slots=True)
class Reconstruction:
    """How a volume was reconstructed, and at which dose.

    Attributes:
        thickness: SliceThickness (0018,0050) in mm, or `UNKNOWN_THICKNESS`. Not the distance
            between slices.
        kernel: ConvolutionKernel (0018,1210) in its short form, such as ``B30`` or ``D45``, or
            `UNKNOWN_KERNEL`.
        dose: of the low dose, as a fraction of the normal one, or `UNKNOWN_DOSE`.
    """

    thickness: float
    kernel: str
    dose: float = UNKNOWN_DOSE

    @property
    def spelt(self) -> str:
        """The same in the name of a metric, where MLflow allows neither blanks nor ``%``."""
        return str(self).replace(" ", "_").replace("%", "pct")

    def __str__(self) -> str:
        return " ".join(_words(self))


@dataclass(frozen=True, order=True, slots=True)
class SliceKey:
    """The identity of one slice; its low and its normal dose share it, and runs are joined on it.

    Attributes:
        patient: pseudonym of the patient (see `pseudonym`), never a name.
        thickness: SliceThickness in mm, or `UNKNOWN_THICKNESS`.
        kernel: short form of the convolution kernel, or `UNKNOWN_KERNEL`.
        position: position along the slice normal in mm, rounded to 0.01 mm.
        dose: of the low dose, as a fraction of the normal one, or `UNKNOWN_DOSE`.
    """

    patient: str
    thickness: float
    kernel: str
    position: float
    dose: float = UNKNOWN_DOSE

    @property
    def reconstruction(self) -> Reconstruction:
        """How the slice was reconstructed, and at which dose."""
        return Reconstruction(self.thickness, self.kernel, self.dose)

    def __str__(self) -> str:
        return "/".join([self.patient, *_words(self), f"{self.position:+.2f}"])


def place_named(spelt: str) -> str:
    """Return what a reconstruction is called where people read: the inverse of its ``spelt``."""
    return spelt.replace("_", " ").replace("pct", "%")


def find_dose(text: str) -> float | None:
    """Return the dose fraction that a text means: ``0.25`` or ``25%``; of ``all`` None.

    ``unknown`` means the slices whose dose nobody told.

    Raises:
        DoseError: it is none of these, or no fraction in (0, 1).
    """
    said = text.strip().lower()
    if said in ("all", "unknown"):
        return None if said == "all" else UNKNOWN_DOSE
    try:
        # In decimals, where 7% is 0.07 and nothing else.
        fraction = Decimal(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except InvalidOperation:
        fraction = Decimal(0)
    if not (fraction.is_finite() and 0 < fraction < 1):
        raise DoseError(
            "`dose` must be all, unknown, or the fraction of a normal dose in (0, 1), such as 0.25 "
            f"or 25%, but got {text!r}."
        )
    return float(fraction)


def is_dose(text: str) -> bool:
    """Tell whether `find_dose` understands a text."""
    try:
        find_dose(text)
    except DoseError:
        return False
    return True


def dose_text(dose: float) -> str:
    """Return a dose for reading, nothing rounded: ``25%``, ``12.5%``; ``unknown dose``."""
    if dose == UNKNOWN_DOSE:
        return "unknown dose"
    return f"{(100 * Decimal(repr(float(dose)))).normalize():f}%"


def thickness_text(thickness: float) -> str:
    """Return a thickness for reading: ``3mm``; ``unknown thickness``."""
    return "unknown thickness" if thickness == UNKNOWN_THICKNESS else f"{thickness:g}mm"


def short_kernel(kernel: str) -> str:
    """Return the short form of a convolution kernel: ``B30f`` and ``b30`` are ``B30``."""
    kernel = kernel.strip().upper()
    match = re.fullmatch(r"([A-Z]+\d+)[A-Z]?", kernel)
    return match.group(1) if match else kernel


def pseudonym(patient: str, secret: bytes) -> str:
    """Return a name for ``patient`` that cannot be turned back without ``secret``.

    A plain hash of ``L067`` or of a record number is found by trying them all; a keyed one
    (HMAC-SHA256) is not. Any name has one, also a folder's that is no text in UTF-8.
    """
    return f"P-{_keyed(patient, secret)[:10]}"


def image_reference(image: str, secret: bytes) -> str:
    """Return what an image (SOPInstanceUID) is known by without its UID; empty where it has none.

    Keyed as `pseudonym` is, because a UID often holds a date and a machine's serial number.
    """
    if not image:
        return ""
    return _keyed(f"image {image}", secret)[:16]


def fingerprint(secret: bytes) -> str:
    """Return what two secrets may be told apart by, and what says nothing of either."""
    return _keyed("fingerprint of a secret", secret)[:12]


def _keyed(text: str, secret: bytes) -> str:
    """Return the HMAC-SHA256 of a text in hexadecimal digits."""
    return hmac.new(secret, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _words(one: Reconstruction | SliceKey) -> list[str]:
    """Return how a slice was made, a word a fact; a dose only where it is known."""
    kernel = "unknown kernel" if one.kernel == UNKNOWN_KERNEL else one.kernel
    dose = [dose_text(one.dose)] if one.dose != UNKNOWN_DOSE else []
    return [thickness_text(one.thickness), kernel, *dose]
