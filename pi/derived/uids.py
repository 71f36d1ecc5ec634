"""New UIDs that are the same whenever the same is derived of the same (PS3.5 B.2)."""

import uuid
from typing import Literal

RECIPE = 1
"""Version of how a slice is derived; raised whenever the same source and model would give other
pixels or attributes, which must not have the same UIDs."""

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "perceptual-influence.denoise")

Level = Literal["series", "instance"]


def derived_uid(level: Level, source: str, digest: str) -> str:
    """Return the UID of what is derived, below 2.25, the root of UUIDs.

    Args:
        level: what it is of.
        source: UID of what it is derived of.
        digest: of the model that derives it.
    """
    return f"2.25.{uuid.uuid5(_SPACE, f'{RECIPE} {level} {source} {digest}').int}"
