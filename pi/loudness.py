"""How much a command says on the way to its result: asked for once, on its command line."""

from contextvars import ContextVar
from typing import Literal

Loudness = Literal["quiet", "usual", "verbose"]

LOUDNESS: ContextVar[Loudness] = ContextVar("loudness", default="usual")
"""``quiet``: the result and errors alone. ``verbose``: the time of day before what
happens, and where there is no terminal a line of progress every ten seconds, not every minute."""
