"""A few places spread over a series."""

from collections.abc import Iterable


def spread(count: int, parts: Iterable[float]) -> list[int]:
    """Return the indices of ``count`` places that lie at ``parts`` of the way, each once.

    Args:
        count: 1 or more.
        parts: from 0, the first place, to 1, the last one; their order is kept.
    """
    return list(dict.fromkeys(round(part * (count - 1)) for part in parts))
