"""How protocols are called, without what they do: read where no library may be slow to load."""

import re
from collections.abc import Mapping
from typing import get_args

from pi.choices import EvaluationProtocol

NAMES: tuple[str, ...] = get_args(EvaluationProtocol)
"""Those that have a name of their own; `pi.evaluation.protocol` says what each does."""

USUAL = NAMES[:4]
"""Those that an evaluation measures unless it is told others."""

GROUPS: Mapping[str, tuple[str, ...]] = {"usual": USUAL, "all": NAMES}
"""Words that stand for several."""

WINDOW = "window"
NUMBER = r"[+-]?\d{1,6}(?:\.\d{1,6})?"

WRITTEN = f"one of {', '.join(NAMES)}, or {WINDOW}:LOW:HIGH in HU with LOW < HIGH"
WRITTEN_LIST = (
    f"made of {', '.join([*NAMES, *GROUPS])}, and {WINDOW}:LOW:HIGH in HU with LOW < HIGH,"
)
"""What a parameter must be, in words."""


def window_bounds(text: str) -> tuple[float, float] | None:
    """Return LOW and HIGH of ``window:LOW:HIGH``, rising numbers in HU; None of anything else."""
    found = re.fullmatch(rf"{WINDOW}:({NUMBER}):({NUMBER})", text, re.ASCII)
    if found is None:
        return None
    low, high = (float(bound) for bound in found.groups())
    return (low, high) if low < high else None


def window_name(low: float, high: float) -> str:
    """Return how a window is always called: ``window:-160:240`` of ``window:-160.0:+240`` too."""
    return f"{WINDOW}:{_spelt(low)}:{_spelt(high)}"


def protocol_name(text: str) -> str | None:
    """Return how the protocol that is meant is always called; None where none is."""
    word = text.strip()
    bounds = window_bounds(word)
    if bounds is not None:
        return window_name(*bounds)
    return word if word in NAMES else None


def are_protocols(text: str) -> bool:
    """Tell whether a comma-separated list is made of protocols and `GROUPS`, at least one."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    return bool(words) and all(word in GROUPS or protocol_name(word) for word in words)


def first_of(text: str) -> str | None:
    """Return the first protocol of a comma-separated list by its usual name; None where none is."""
    word = next((word.strip() for word in text.split(",") if word.strip()), "")
    return protocol_name(GROUPS.get(word, (word,))[0])


def metric_key(protocol: str) -> str:
    """Return how metrics of the tracking store spell a protocol.

    MLflow on Windows allows no colon in them, and takes them for files: ``window_-160_240``.
    """
    return protocol.replace(":", "_")


def _spelt(hu: float) -> str:
    return f"{hu + 0.0:.6f}".rstrip("0").rstrip(".")
