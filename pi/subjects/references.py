"""Which slices of a store an image in DICOM names as its source, or is a copy of the header of."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from pi.identity import image_reference
from pi.secret import secret
from pi.slices.store import Store

Address = tuple[int, int]
"""Volume and index, as `Store.pair` takes them."""


class References:
    """The slices of a store by the UIDs of the images that they were read from.

    A store holds no UIDs but keyed hashes of them, so an image is found on a machine that has the
    secret of the lab that prepared the store, and nothing is found with another.
    """

    def __init__(self, store: Store) -> None:
        """Know the images of a store; one of before, or of arrays, has none."""
        self._known: defaultdict[str, set[Address]] = defaultdict(set)
        for number, volume in enumerate(store.volumes):
            for hashes in volume.references.values():
                for index, one in enumerate(hashes):
                    self._known[one].add((number, index))
        self._known.pop("", None)

    def named(self, images: Iterable[str]) -> set[Address]:
        """Return the slices that were read from some of ``images`` (SOPInstanceUIDs)."""
        if not self._known:
            return set()
        hashes = [image_reference(one, self._secret) for one in images if one]
        return set[Address]().union(*(self._known.get(one, set()) for one in hashes))

    @cached_property
    def _secret(self) -> bytes:
        return secret()
