"""Denoised slices that somebody's network made: a lookup by key, with no network at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pi.choices import Part
from pi.digits import number
from pi.errors import quoted
from pi.evaluation.denoising import Denoising, SliceDenoiser
from pi.evaluation.protocol import Protocol
from pi.places import outputs_folder
from pi.readers.refusal import RefusedError
from pi.readers.spread import spread
from pi.readers.units import HU
from pi.readers.values import Seen, contradiction
from pi.slices.store import Store
from pi.subjects.interface import TAG, Interface, parse_interface
from pi.subjects.keys_table import KEYS_FILE, read_keys
from pi.subjects.matching import Matched, match_places, match_table
from pi.subjects.planes import FoundPlanes, Plane, digest_of, find_planes, read_plane
from pi.subjects.references import Address
from pi.subjects.subject import Requested, Subject, SubjectError, SubjectKind, after

WRITTEN = "outputs:NAME"

SHIFTED = 300.0
"""HU that the mean of a slice cannot move by denoising; a forgotten offset moves it by 1024."""
SQUEEZED = 0.2
"""Of the low dose's standard deviation; below it, and above its inverse, the scale is another."""
_LOOKED_AT = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Outputs(Subject):
    """A folder of denoised slices.

    Attributes:
        folder: where they are; private.
        interface: how their values relate to HU; a file that tells HU itself is not asked.
    """

    folder: Path = field(repr=False)
    interface: Interface
    looked_up: ClassVar[bool] = True
    _by_data: dict[str, Matched] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def model(self) -> str | None:
        """Sha256 of what the files hold."""
        return digest_of(self.folder, self._found.planes)

    def _open(self) -> SliceDenoiser | None:
        raise SubjectError(
            f"{quoted(self.name)} must be asked for the slices that it holds: it is no network, "
            "and denoises no others."
        )

    def denoising(self, store: Store) -> Denoising | None:
        """Return what looks the slices of ``store`` up."""
        matched = self.matched(store)

        def look_up(data: Store, volume: int, indices: Sequence[int], /) -> NDArray[np.float32]:
            return np.stack([self._read(data, matched, (volume, index)) for index in indices])

        return look_up

    def check(
        self, store: Store, part: Part, batch_size: int, protocols: Sequence[Protocol] = ()
    ) -> None:
        """Read every slice of a part once, so that whatever is wrong is known before any work.

        Raises:
            SubjectError: slices are missing, there twice, of another size, not finite, or no HU.
        """
        addresses = [*_slices_of(store, part)]
        matched = self.matched(store)
        self._require_all(matched, addresses)
        sizes = [
            a for a in addresses
            if _size(matched.planes[a]) != (store.volumes[a[0]].rows, store.volumes[a[0]].columns)
        ]  # fmt: skip
        if sizes:
            rows, columns = _size(matched.planes[sizes[0]])
            volume = store.volumes[sizes[0][0]]
            raise SubjectError(
                f"slices of {quoted(self.name)} must have the size of the data but {len(sizes)} of "
                f"{len(addresses)} have not, the first {rows} x {columns} and not {volume.rows} x "
                f"{volume.columns}."
            )
        self._require_values(matched, addresses)
        self._require_likeness(store, matched, addresses)

    def notes_on(self, store: Store) -> tuple[str, ...]:
        """Return how many slices in the folder are none of the data, if some are."""
        strange = self.matched(store).strange
        said = f"note: of the slices of {self.name}, {strange} of no data here were left out."
        return (*super().notes_on(store), *([said] if strange else []))

    def matched(self, store: Store) -> Matched:
        """Return which of the slices are those of ``store``, looked for once.

        Raises:
            SubjectError: a file cannot be read, or there are no slices.
            KeysTableError: the table of keys is damaged.
        """
        if store.digest not in self._by_data:
            planes = self._found.planes
            table = self._table
            self._by_data[store.digest] = (
                match_places(store, planes)
                if table is None
                else match_table(store, planes, read_keys(table))
            )
        return self._by_data[store.digest]

    @cached_property
    def _found(self) -> FoundPlanes:
        found = find_planes(self.folder)
        if found.refused:
            raise SubjectError(
                f"the files of {quoted(self.name)} must be readable images but {len(found.refused)}"
                f" are not, the first because {found.refused[0].refusal.detail}."
            )
        if not found.planes:
            raise SubjectError(
                f"{quoted(self.name)} must hold slices in .npy, .npz, NIfTI or DICOM but holds "
                "none."
            )
        return found

    @property
    def _table(self) -> Path | None:
        """The table of keys: the folder's own, or one beside it for all that lie there."""
        places = (self.folder / KEYS_FILE, self.folder.parent / KEYS_FILE)
        return next((file for file in places if file.is_file()), None)

    def _require_all(self, matched: Matched, addresses: Sequence[Address]) -> None:
        name, every = quoted(self.name), len(addresses)
        of_part = set(addresses)
        if matched.elsewhere:
            raise SubjectError(
                f"slices of {name} must lie where the images lie that they name as their sources "
                f"but {matched.elsewhere} of {len(self._found.planes)} do not: an earlier step "
                f"gave them another slice's header; a {KEYS_FILE} decides."
            )
        if not matched.planes and not matched.ambiguous:
            raise SubjectError(
                f"{name} must hold slices of the data but none of its {len(self._found.planes)} is "
                f"one, by {'its' if self._table else 'a'} {KEYS_FILE}, by source, place or name."
            )
        missing = [a for a in addresses if a not in matched.planes]
        if missing and matched.ambiguous:
            raise SubjectError(
                f"slices of {name} must say of which reconstruction they are but "
                f"{matched.ambiguous} could be of several: give them a {KEYS_FILE}."
            )
        if twice := of_part & matched.twice:
            raise SubjectError(
                f"{name} must hold each slice once but {len(twice)} of {every} are there twice."
            )
        if missing:
            raise SubjectError(
                f"{name} must hold every slice that is evaluated but {len(missing)} of {every} "
                "are not there."
            )

    def _require_values(self, matched: Matched, addresses: Sequence[Address]) -> None:
        infinite, strange, first = 0, 0, ""
        for address in addresses:
            plane = matched.planes[address]
            values = self._values(plane)
            low, high = float(np.min(values)), float(np.max(values))
            if not np.isfinite((low, high)).all():
                infinite += 1
                continue
            unit = HU if plane.in_hu else self.interface.values
            problem = contradiction(unit, Seen(low, high, 0.0, labels=False))
            strange += bool(problem)
            first = first or problem
        name, every = quoted(self.name), len(addresses)
        if infinite:
            raise SubjectError(
                f"slices of {name} must be finite but {infinite} of {every} hold NaN or infinity."
            )
        if strange:
            raise SubjectError(
                f"slices of {name} must have the values that `interface` says, "
                f"{self.interface.values}, but {strange} of {every} cannot: {first}."
            )

    def _require_likeness(
        self, store: Store, matched: Matched, addresses: Sequence[Address]
    ) -> None:
        """Refuse values that are finite and of no denoised slice: 0 to 255, or 1024 too high."""
        looked_at = spread(len(addresses), _LOOKED_AT)
        pairs = [
            (self._read(store, matched, addresses[at]), store.pair(*addresses[at])[0])
            for at in looked_at
        ]
        higher = float(np.median([np.mean(own) - np.mean(low) for own, low in pairs]))
        wider = float(np.median([np.std(own) / max(float(np.std(low)), 1.0) for own, low in pairs]))
        if abs(higher) > SHIFTED or not SQUEEZED < wider < 1 / SQUEEZED:
            raise SubjectError(
                f"slices of {quoted(self.name)} must be denoised slices of the data in the values "
                f"that `interface` says, {self.interface.values}, but lie {higher:+.0f} HU from "
                f"the low dose in the mean and spread {number(wider)} times as wide: say what the "
                "values are, such as `stored:-1024` or `unit:-1024:3072`."
            )

    def _read(self, store: Store, matched: Matched, address: Address) -> NDArray[np.float32]:
        plane = matched.planes.get(address)
        if plane is None:
            key = store.volumes[address[0]].key(address[1])
            raise SubjectError(f"{quoted(self.name)} must hold the slice {key} but does not.")
        values = self._values(plane)
        return values.astype(np.float32) if plane.in_hu else self.interface.to_hu(values)

    def _values(self, plane: Plane) -> NDArray[np.generic]:
        try:
            return read_plane(self.folder, plane)
        except RefusedError as error:
            raise SubjectError(
                f"the files of {quoted(self.name)} must be readable but of one "
                f"{error.refusal.detail}."
            ) from None


def _size(plane: Plane) -> tuple[int, int]:
    return plane.rows, plane.columns


def _slices_of(store: Store, part: Part) -> Iterator[Address]:
    for place, volume in enumerate(store.volumes):
        if volume.split == part:
            yield from ((place, index) for index in range(len(volume.positions)))


def _fetch(asked: Requested) -> Subject:
    """Find the folder.

    Raises:
        PlaceError: PI_OUTPUTS names none.
        SubjectError: the interface is misspelt.
    """
    interface = parse_interface(asked.interface or HU)
    if interface.layout != "nhw":
        raise SubjectError(
            f"`interface` must have no layout with {WRITTEN} but got {interface.written}."
        )
    return Outputs(
        asked.name,
        {"experiment": asked.name},
        tags={TAG: interface.values},
        folder=outputs_folder(asked.after),
        interface=interface,
    )


KIND = SubjectKind(WRITTEN, after("outputs"), _fetch, "interface")
