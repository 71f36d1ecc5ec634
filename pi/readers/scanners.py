"""Scanner models: the vendors' names of them, and nothing that might be a person's.

ManufacturerModelName (0008,1090) is free text that a hospital may fill with its own words, and
reaches a store's manifest. Only a text all of whose words are of a vendor's model passes.
"""

import re

OTHER = "other"
"""A scanner that calls itself something else."""

_SIEMENS = (
    *("somatom", "definition", "sensation", "emotion", "perspective", "scope", "spirit", "force"),
    *("drive", "edge", "confidence", "flash", "go", "up", "now", "top", "all", "open", "pro", "x"),
    *("cite", "plus", "as", "ds", "cardiac", "volume", "zoom", "naeotom", "alpha", "biograph"),
    *("mct", "vision", "horizon", "truepoint"),
)
_GE = (
    *("lightspeed", "brightspeed", "discovery", "revolution", "optima", "hispeed", "prospeed"),
    *("bright", "speed", "light", "vct", "apex", "evo", "maxima", "frontier", "ace", "elite"),
    *("gsi", "hd", "rt", "pet", "qx", "i", "ultra", "performix", "essential", "hdx", "xte", "ste"),
)
_PHILIPS = (
    *("brilliance", "ingenuity", "iqon", "ict", "incisive", "mx", "idt", "gemini", "big", "bore"),
    *("spectral", "access", "tf", "core", "flex", "elite", "dual", "sp"),
)
_CANON = ("aquilion", "one", "prime", "lightning", "precision", "genesis", "vision", "cx", "lb")
_OTHERS = ("uct", "neuviz", "scenaria", "supria", "eclos", "anatom", "ct", "scanner")
_WORDS = frozenset((*_SIEMENS, *_GE, *_PHILIPS, *_CANON, *_OTHERS))
_PART = re.compile(r"[a-z]+|\d{1,4}")
_REST = re.compile(r"[\s+./()_-]*")


def stated_scanner(model: str) -> str:
    """Return a model's name in capitals, `OTHER` where it may be anything, empty where absent."""
    shown = " ".join(model.upper().split())
    if not shown:
        return ""
    lowered = shown.lower()
    words = [part for part in _PART.findall(lowered) if not part.isdigit()]
    clean = _REST.fullmatch(_PART.sub("", lowered)) is not None
    return shown if words and clean and _WORDS.issuperset(words) else OTHER
