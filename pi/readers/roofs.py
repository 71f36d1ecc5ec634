"""Folders over the slices of both doses, whose names can hardly mean one of them."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from pi.readers.claims import Claims
from pi.readers.facts import SliceFacts


def without_roof(slices: Sequence[SliceFacts], claims: Sequence[Claims]) -> list[Claims]:
    """Return the claims without what folders over the whole of both doses say of the dose.

    A data set may well be called LDCT. Where nothing nearer tells a normal dose from a low one,
    such a folder is asked last, after tube current and noise.
    """
    roof = common_folders(slices)
    if not roof:
        return list(claims)
    near = [_below(facts, claimed, roof) for facts, claimed in zip(slices, claims, strict=True)]
    left = (claim for one in near for claim in (*one.path, *one.header))
    said = {claim.value for claim in left if claim.fact == "dose"}
    return list(claims) if len(said) == 1 else near


def common_folders(slices: Sequence[SliceFacts]) -> int:
    """Return how many of the outermost folders hold all slices."""
    parents = [PurePath(folder).parts for folder in folders_of(slices)]
    levels = itertools.takewhile(lambda names: len(set(names)) == 1, zip(*parents, strict=False))
    return sum(1 for _ in levels)


def folders_of(slices: Iterable[SliceFacts]) -> set[str]:
    """Return the folders in which slices lie, each once."""
    return {facts.file.rpartition("/")[0] for facts in slices}


def _below(facts: SliceFacts, claims: Claims, roof: int) -> Claims:
    folders = len(PurePath(facts.file).parts) - 1
    roofs = {f"folder {level}" for level in range(folders - roof + 1, folders + 1)}
    kept = (one for one in claims.path if one.fact != "dose" or one.source not in roofs)
    return Claims(tuple(kept), claims.header)
