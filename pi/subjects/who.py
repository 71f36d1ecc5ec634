"""Which patient of a store somebody's names mean: the pseudonym itself, or what it stands for."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePath

from pi.identity import pseudonym
from pi.secret import secret
from pi.slices.store import Store

_ENDING = re.compile(r"(\.(npy|npz|nii|gz|dcm|ima|h5|hdf5|mat))+$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s_.,]+")


def words_of(path: PurePath) -> tuple[str, ...]:
    """Return the words of a file's name and its folders' that may name a patient, or a kernel."""
    names = [*path.parts[:-1], _ENDING.sub("", path.name)]
    return tuple(dict.fromkeys(w for name in names for w in (name, *_BETWEEN.split(name)) if w))


class Patients:
    """The patients of a store by whatever names them."""

    def __init__(self, store: Store) -> None:
        """Know those of a store."""
        self._known = frozenset(volume.patient for volume in store.volumes)
        self._hidden = any(not volume.simulated for volume in store.volumes)
        self._meant = cache(self._look_up)

    def named(self, words: Iterable[str]) -> set[str]:
        """Return the patients that some of ``words`` mean; those of a simulation go by their ids.

        A pseudonym of this machine's is found by the name that it stands for.
        """
        return {found for word in words if word and (found := self._meant(word))}

    def _look_up(self, word: str) -> str:
        if word in self._known:
            return word
        if self._hidden and (hidden := pseudonym(word, secret())) in self._known:
            return hidden
        return ""
