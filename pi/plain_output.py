"""What is printed, whatever the log takes: a letter that its encoding lacks is spelt."""

import codecs
import io
import sys

SPELT = {"Ψ": "Psi", "λ": "lambda", "·": "-", "–": "-", "—": "-", "…": "...", "×": "x", "±": "+-",
         "−": "-", "≤": "<=", "≥": ">=", "²": "2", "√": "sqrt", "∇": "grad ", "’": "'",
         "₁": "1", "₀": "0"}  # fmt: skip
"""Of the letters and marks that are printed, how they are spelt in ASCII."""

_NAME = "pi.spelt"


def spelt(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for letters that an encoding lacks, as `codecs.register_error` asks.

    Raises:
        UnicodeError: ``error``, where it is none of encoding.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SPELT.get(one, f"\\u{ord(one):04x}") for one in lacking), error.end


def spell_what_is_lacking() -> None:
    """Have stdout and stderr spell what their encoding lacks, as of a log that is no UTF-8.

    The result of hours is not lost for a letter.
    """
    codecs.register_error(_NAME, spelt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors != _NAME:
            stream.reconfigure(errors=_NAME)
