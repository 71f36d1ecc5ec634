"""Convolution kernels: the vendors' names of them, short, and nothing that might be a person's.

ConvolutionKernel (0018,1210) is free text and reaches a store's manifest. Only what looks like
a vendor's kernel passes; any other text is numbered.
"""

import re
from collections.abc import Iterable, Mapping

from pi.identity import UNKNOWN_KERNEL, short_kernel

_SIEMENS = r"(?:B|H|U|A|C|D|E|S|T|I|J|Q|F|B[RLVFOM]|H[RCVFP]|Q[R]|U[RB]|S[ADT]|[TER]R)\d{2,3}[A-Z]?"
_GE_WORDS = (
    *("STANDARD", "STND", "STD", "SOFT", "LUNG", "BONE", "BONEPLUS", "BONE PLUS", "DETAIL"),
    *("CHEST", "CHST", "EDGE", "ULTRA", "SHARP", "SMOOTH", "MEDIUM", "BRAIN", "HEAD", "BODY"),
)
_GE = rf"(?:HD ?)?(?:{'|'.join(_GE_WORDS)})\+?"
_PHILIPS = r"[A-FL]|Y[A-E]|U[A-C]|E[A-D]|I[AB]|CB|S[AB]|XC[AB]"
_CANON = r"F[CL]\d{2}(?:-H)?"
_UNITED = r"[BHCL]_V?(?:SOFT|SHARP|SMOOTH)_[A-F]+"
_FILTERS = r"RAMP|RAM-?LAK|SHEPP(?:-LOGAN)?|HANN|HAMMING|COSINE|PARZEN|QIAC|IMR\d?|UHR"
_VENDORS = re.compile("|".join((_SIEMENS, _GE, _PHILIPS, _CANON, _UNITED, _FILTERS)))
_STRENGTH = re.compile(r"\d{1,2}")
_NUMBERED = re.compile(r"other-\d+")


def stated_kernel(values: Iterable[str]) -> str:
    """Return the values of ConvolutionKernel as one short text, empty where there are none.

    ``B30f`` is ``B30``; ``Br40d`` and ``3``, the strength of an iterative method, are ``BR40-3``.
    """
    parts = [short_kernel(" ".join(value.split())) for value in values]
    return "-".join(part for part in parts if part)


def base_kernel(kernel: str) -> str:
    """Return a kernel without the strength: ``BR40`` of ``BR40-3``."""
    base, _, strength = kernel.rpartition("-")
    return base if base and _STRENGTH.fullmatch(strength) else kernel


def is_public(kernel: str) -> bool:
    """Tell whether a kernel may be written into a manifest as it is."""
    known = (UNKNOWN_KERNEL, "soft", "sharp")
    if kernel in known or _NUMBERED.fullmatch(kernel):
        return True
    return any(_VENDORS.fullmatch(one) for one in (kernel, base_kernel(kernel)))


def public_kernels(kernels: Iterable[str]) -> Mapping[str, str]:
    """Return what each kernel of a folder is called in the open.

    Kernels that no vendor uses become ``other-1``, ``other-2``... in the alphabetical order of
    their texts: the same for the same folder, whatever the order and the names of its files. A
    hash would tell the text to whoever tries names; the number tells its rank alone. A number that
    is there already, from the user's mapping, is not given twice.
    """
    found = set(kernels)
    taken = {kernel for kernel in found if _NUMBERED.fullmatch(kernel)}
    numbers = (f"other-{number}" for number in range(1, 2 * len(found) + 1))
    free = (name for name in numbers if name not in taken)
    hidden = sorted(kernel for kernel in found if not is_public(kernel))
    return {kernel: kernel for kernel in found} | dict(zip(hidden, free, strict=False))
