"""A prepared data set, read slice by slice from memory-mapped volumes of HU."""

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.errors import quoted
from pi.readers.names import Dose
from pi.slices.dose_levels import at_dose
from pi.slices.folded import in_fold
from pi.slices.folds import Fold
from pi.slices.manifest import DOSES, Manifest, StoreError, Volume, from_json
from pi.slices.split import Part

__all__ = ["Store", "StoreError", "Volume"]

MANIFEST = "manifest.json"
PRIVATE = "private"


def volume_file(folder: Path, volume: int, dose: Dose) -> Path:
    """Return the file of one dose of one volume: (slices, rows, columns) int16 HU."""
    return folder / "volumes" / f"{volume}_{dose}.npy"


class Store:
    """Paired slices on disk; opened, never changed.

    Attributes:
        manifest: what is in it.
        maps: of each volume and dose, the memory-mapped (slices, rows, columns) int16 HU.
    """

    def __init__(self, manifest: Manifest, maps: tuple[dict[Dose, NDArray[np.int16]], ...]) -> None:
        self.manifest = manifest
        self.maps = maps
        self._verified: set[tuple[int, int]] = set()

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Return the store in ``folder``; maps its volumes without reading them.

        Raises:
            StoreError: no store there, half-written, of another schema version, changed, or with
                a volume missing or cut short.
        """
        manifest = from_json(_manifest_text(folder))
        maps = tuple(
            {dose: _map(folder, volume, index, dose) for dose in DOSES}
            for index, volume in enumerate(manifest.volumes)
        )
        return cls(manifest, maps)

    @property
    def digest(self) -> str:
        """What the data set is, independent of names: see `Manifest.digest`."""
        return self.manifest.digest

    @property
    def notes(self) -> tuple[str, ...]:
        """What `prepare` had to say of the scans, a sentence each, names nobody."""
        return self.manifest.notes

    @property
    def simulated(self) -> bool:
        """Whether no volume comes from a patient."""
        return self.manifest.simulated

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes, in the order of their numbers."""
        return self.manifest.volumes

    def without(self, part: Part) -> "Store":
        """Return the same data set with the pixels of one part's patients out of reach.

        Whoever chooses by the validation patients cannot look at the test patients then, not even
        by mistake. The digest is that of the whole.
        """
        kept = zip(self.volumes, self.maps, strict=True)
        return Store(self.manifest, tuple({} if v.split == part else maps for v, maps in kept))

    def in_fold(self, fold: Fold) -> "Store":
        """Return a view of the same volumes with the parts of a fold, see `pi.slices.folded`.

        Nothing is copied. The digest is the fold's own.

        Raises:
            FoldError: more folds than patients, or so few patients that nobody would train.
        """
        manifest, numbers = in_fold(self.manifest, fold)
        return Store(manifest, tuple(self.maps[number] for number in numbers))

    def at_dose(self, dose: float) -> "Store":
        """Return a view of the volumes of one low dose alone.

        Nothing is copied. The digest is the view's own.

        Raises:
            DoseError: the store has no such dose; those that it has are told.
        """
        manifest, numbers = at_dose(self.manifest, dose)
        return Store(manifest, tuple(self.maps[number] for number in numbers))

    def pair(self, volume: int, index: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Return low and normal dose of one slice, (rows, columns) int16 HU, read-only.

        A slice's checksum is verified when it is first touched in this process.

        Raises:
            StoreError: the pixels on disk are not those that were written, or out of reach.
        """
        maps = self.maps[volume]
        if not maps:
            raise StoreError(
                f"the {self.volumes[volume].split} patients must stay out of reach here but slice "
                f"{self.volumes[volume].key(index)} was asked for."
            )
        low_dose, normal_dose = maps["low"][index], maps["normal"][index]
        if (volume, index) not in self._verified:
            _verify(self.volumes[volume], index, {"low": low_dose, "normal": normal_dose})
            self._verified.add((volume, index))
        return low_dose, normal_dose


def _verify(volume: Volume, index: int, slices: dict[Dose, NDArray[np.int16]]) -> None:
    for dose, pixels in slices.items():
        if zlib.crc32(pixels.tobytes()) != volume.checksums[dose][index]:
            raise StoreError(
                f"slice {volume.key(index)} must have the pixels that were written but its "
                f"{dose}-dose checksum differs; prepare the store again."
            )


def _manifest_text(folder: Path) -> str:
    name = folder.name
    try:
        return (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        if folder.is_dir():
            raise StoreError(
                f"store {quoted(name)} must be complete but has no manifest; prepare it again."
            ) from None
        raise StoreError(
            f"store {quoted(name)} must exist but does not; make it with `prepare`."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise StoreError(
            f"store {quoted(name)} must be readable but its manifest is not."
        ) from None


def _map(folder: Path, volume: Volume, index: int, dose: Dose) -> NDArray[np.int16]:
    shape = (len(volume.positions), volume.rows, volume.columns)
    label = f"{volume.patient} {volume.reconstruction} {dose} dose"
    try:
        mapped: NDArray[np.int16] = np.load(
            volume_file(folder, index, dose), mmap_mode="r", allow_pickle=False
        )
    except FileNotFoundError:
        raise StoreError(f"the store must hold {label} but the volume is missing.") from None
    except (OSError, ValueError, EOFError):
        raise StoreError(f"the store must hold {label} whole but the volume is cut.") from None
    if mapped.shape != shape or mapped.dtype != np.dtype("<i2"):
        raise StoreError(
            f"the volume {label} must be {shape} int16 but is {mapped.shape} {mapped.dtype}."
        )
    return mapped.view(np.ndarray)
