"""Words that stand where a name was, and names as they are compared."""

import re
import unicodedata
from functools import lru_cache

_NOBODY = re.compile(
    r"anon(ym\w*)?|unknown|none|null|nil|na|nan|n|a|no|not|name|names|noname|id|ids|"
    r"patients?|patientid|patientname|subject|person|somebody|nobody|unnamed|untitled|empty|blank|"
    r"removed?|redacted|deleted|cleared|hidden|masked|confidential|private|withheld|available|"
    r"de|identified|deidentif\w*|pseudonym\w*|tests?|dummy|default|undefined|unspecified|the|of"
)
_NOTHING = re.compile(r"[0 ]*|[x ]*|[9 ]{4,}")
_NEVER = frozenset({"a", "n", "no"})
"""Words that mean nobody only beside others: n/a, no name."""
_NO_BIRTH = re.compile(r"\D*|0+|(0001|1800|1900|1901|1970|9999)0?1?0?1?")


@lru_cache(maxsize=4096)
def comparable(text: str) -> str:
    """Return ``text`` as names are compared: case, ``^`` and spaces do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(word for word in re.split(r"[\W_]+", folded) if word)


@lru_cache(maxsize=4096)
def is_placeholder(text: str) -> bool:
    """Tell whether ``text`` names nobody: empty, ``REMOVED``, ``Anonymous``, ``0000``, ``n/a``."""
    name = comparable(text)
    if _NOTHING.fullmatch(name):
        return True
    words = name.split()
    return all(_NOBODY.fullmatch(word) for word in words) and (
        len(words) != 1 or words[0] not in _NEVER
    )


def birth_told(text: str) -> str:
    """Return PatientBirthDate, empty where it is none's (19000101, 00010101)."""
    return "" if _NO_BIRTH.fullmatch(text.strip()) else text.strip()


def sex_told(text: str) -> str:
    """Return PatientSex, empty unless it is ``M`` or ``F``; ``O`` is what anonymisers write."""
    sex = text.strip().upper()
    return sex if sex in {"M", "F"} else ""
