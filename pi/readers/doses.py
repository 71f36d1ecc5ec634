"""At which dose a slice was taken, and at which fraction of the normal one."""

from pi.readers.claims import Claims, settle
from pi.readers.facts import SliceFacts
from pi.readers.names import Dose, text_claims
from pi.readers.refusal import Refusal, RefusedError


def settle_dose(facts: SliceFacts, claims: Claims) -> Dose | Refusal:
    """Return the dose of a slice, or why nobody knows it."""
    if not claims.tell("dose"):
        described = text_claims(facts.text.series_description, "SeriesDescription")
        claims = Claims(described, ())
    try:
        return "low" if settle("dose", claims) == "low" else "normal"
    except RefusedError as refused:
        return refused.refusal
