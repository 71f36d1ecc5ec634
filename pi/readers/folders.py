"""Which level of the tree is the patient's, where nothing but folders tells patients apart."""

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

from pi.readers.carriers import Bundle, Voice
from pi.readers.facts import SliceFacts
from pi.readers.person_names import free_folders, stack_name
from pi.readers.placeholders import comparable, is_placeholder


def folder_voices(bundles: Sequence[Bundle]) -> list[Voice | None]:
    """Return what folders name the patient of every bundle, None where they do not tell.

    What all paths share names nobody, unless it is all there is. Of what is left, the highest
    level is the patient's if each of its folders holds one chain of folders at most; where a
    folder branches again, its branches may be patients or sessions of one, and nobody is named.
    A file that holds a whole series is a level of its own.
    """
    free = lru_cache(maxsize=None)(free_folders)
    chains = [(*free(PurePath(one.first.file)), *_stack(one)) for one in bundles]
    levels = zip(*chains, strict=False)
    shared = len(list(itertools.takewhile(lambda names: len(set(names)) == 1, levels)))
    if all(len(chain) == shared for chain in chains):
        return [_voice(chain[-1]) if chain else None for chain in chains]
    below: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for chain in chains:
        if len(chain) > shared:
            below[chain[shared]].add(chain[shared + 1 :])
    clear = all(len(branches) == 1 for branches in below.values())
    return [_voice(chain[shared]) if clear and len(chain) > shared else None for chain in chains]


def mixed_folders(slices: Sequence[SliceFacts], fact: str) -> frozenset[str]:
    """Return the folders of which a line of the mapping could not tell ``fact``.

    It would make one patient of several, or one dose of two series: files lie there side by side,
    or in no folder at all.
    """
    kinds: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for one in slices:
        folder, _, name = one.file.rpartition("/")
        text = one.text
        headed = (text.patient_id, text.patient_name) if fact == "patient" else (one.series,)
        kinds[folder].add((*headed, "" if any(headed) else _kind(name, fact), one.inside))
    return frozenset(folder for folder, found in kinds.items() if not folder or len(found) > 1)


def _kind(name: str, fact: str) -> str:
    """Return a file's name without the last number in it, which may count the slices."""
    told = stack_name(PurePath(name)) if fact == "patient" else name.partition(".")[0]
    return re.sub(r"\d+(?=\D*$)", "#", told)


def _stack(bundle: Bundle) -> tuple[str, ...]:
    """Return the name of the one file that holds all slices of a bundle, if there is one."""
    name = stack_name(PurePath(bundle.first.file)) if bundle.stack else ""
    return (name,) if name else ()


def _voice(name: str) -> Voice | None:
    key = comparable(name)
    return Voice("folder", name, False, key) if key and not is_placeholder(name) else None
