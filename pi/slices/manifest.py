"""What a store holds, as one JSON file: keys, checksums, counts, and no identity."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pi.errors import PiError
from pi.identity import UNKNOWN_DOSE, Reconstruction, SliceKey
from pi.readers.names import Dose
from pi.simulation.lesion import LESIONS, Lesion, told_lesions
from pi.slices.folds import Fold
from pi.slices.pairing import LowDose
from pi.slices.split import Membership

SCHEMA = 2
READ = (1, SCHEMA)
"""Schema versions that are read; the first knows no dose, whose volumes are of an unknown one."""

DOSES: tuple[Dose, ...] = ("low", "normal")


class StoreError(PiError):
    """A store that is not there, not whole, of another version, or cannot be written."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One reconstruction of one patient, at the normal dose and at one low dose.

    Attributes:
        patient: pseudonym, or the plain id of a simulated patient.
        thickness: SliceThickness in mm.
        kernel: short form of the convolution kernel.
        split: part of the patient.
        positions: mm along the slice normal, ascending, one per slice.
        rows: pixels down.
        columns: pixels across.
        pixel_spacing: mm; None where nobody told it, as of arrays without a header.
        checksums: crc32 of every slice's little-endian int16 bytes, by dose.
        content: sha256 over everything above but ``patient``, and over all pixels.
        sheared: the stack leans against its normal (tilted gantry).
        simulated: Manufacturer is ``SIMULATED``.
        padded: pixels outside the measured field, both doses; -1024 HU.
        clipped: measured pixels above 3072 HU, both doses; 3072 HU.
        dose: of the low dose, as a fraction of the normal one, or `UNKNOWN_DOSE`.
        facts: what headers tell beside that, one value per slice by a name of `pi.slices.facts`;
            no part of the data set's identity.
        low_dose: whether the low dose was scanned, or simulated from the normal one.
        references: what each image that was read is known by, by dose, see
            `pi.identity.image_reference`; no part of the data set's identity.
    """

    patient: str
    thickness: float
    kernel: str
    split: Membership
    positions: tuple[float, ...] = field(repr=False)
    rows: int
    columns: int
    pixel_spacing: float | None
    checksums: Mapping[Dose, tuple[int, ...]] = field(repr=False)
    content: str
    sheared: bool
    simulated: bool
    padded: int
    clipped: int
    dose: float = UNKNOWN_DOSE
    facts: Mapping[str, tuple[float | str, ...]] = field(default_factory=dict, repr=False)
    low_dose: LowDose = "scanned"
    references: Mapping[Dose, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def reconstruction(self) -> Reconstruction:
        """Thickness, kernel and dose."""
        return Reconstruction(self.thickness, self.kernel, self.dose)

    def key(self, index: int) -> SliceKey:
        """Return the key of slice ``index``, its position rounded to 0.01 mm."""
        position = round(self.positions[index], 2) + 0.0
        return SliceKey(self.patient, self.thickness, self.kernel, position, self.dose)

    def told(self, index: int) -> dict[str, object]:
        """Return the facts of slice ``index``."""
        return {name: values[index] for name, values in self.facts.items()}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A store's table of contents.

    Attributes:
        volumes: in an order that depends on their content alone, not on names.
        refusals: reason code -> number of files left out.
        split: name of the split.
        notes: what `prepare` had to say, a sentence each, without the name of anybody.
        fold: whose parts these are instead of the split's; None of what is on disk.
        pseudonyms: fingerprint of the secret that made them; empty of simulated patients, who have
            none, and of a store of before.
        lesions: of simulated patients, exactly as they were made; none of most stores.
    """

    volumes: tuple[Volume, ...]
    refusals: Mapping[str, int]
    split: str
    notes: tuple[str, ...] = ()
    fold: Fold | None = None
    pseudonyms: str = ""
    lesions: tuple[Lesion, ...] = ()

    @property
    def digest(self) -> str:
        """Sha256 of pixels, reconstructions, positions and parts: the data set's identity.

        A dose that nobody told is no fact, so it leaves a digest as it was before doses were.

        The same scans give the same digest under any pseudonym, secret, folder or file name.
        """
        contents = sorted(volume.content for volume in self.volumes)
        return hashlib.sha256("\n".join(contents).encode()).hexdigest()

    @property
    def simulated(self) -> bool:
        """Whether no volume comes from a patient."""
        return all(volume.simulated for volume in self.volumes)


def ordered(volumes: Sequence[Volume]) -> list[int]:
    """Return the indices of ``volumes`` in the order of a manifest, which knows no names."""

    def order(index: int) -> tuple[str, Reconstruction, str]:
        volume = volumes[index]
        return (volume.split, volume.reconstruction, volume.content)

    return sorted(range(len(volumes)), key=order)


def told_dose(dose: float) -> dict[str, float]:
    """Return a dose as a fact that is digested; nothing where nobody told it."""
    return {} if dose == UNKNOWN_DOSE else {"dose": dose}


def to_json(manifest: Manifest) -> str:
    """Return the text of ``manifest.json``, which vouches for itself by a checksum."""
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "digest": manifest.digest,
        "simulated": manifest.simulated,
        "split": manifest.split,
        "refusals": dict(sorted(manifest.refusals.items())),
        "notes": list(manifest.notes),
        **({"pseudonyms": manifest.pseudonyms} if manifest.pseudonyms else {}),
        **told_lesions(manifest.lesions),
        "volumes": [asdict(volume) for volume in manifest.volumes],
    }
    content["checksum"] = _checksum(content)
    lines = [f"{json.dumps(key)}: {_lines(value)}" for key, value in content.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_json(text: str) -> Manifest:
    """Return the manifest in ``text``.

    Raises:
        StoreError: not JSON, of another schema version, or changed since it was written.
    """
    try:
        content = json.loads(text)
        schema = content["schema"]
    except (ValueError, KeyError, TypeError):
        raise StoreError("the store's manifest must be JSON with a schema but is not.") from None
    if schema not in READ:
        raise StoreError(
            f"the store must have schema version {SCHEMA} or earlier but has {schema}; prepare it "
            "again."
        )
    if content.pop("checksum", None) != _checksum(content):
        raise StoreError(
            "the store's manifest must be as `prepare` wrote it but was changed; prepare it again."
        )
    volumes = tuple(_volume(entry) for entry in content["volumes"])
    notes = tuple(content.get("notes", ()))  # stores of before have none
    made_by = str(content.get("pseudonyms", ""))
    lesions = tuple(Lesion(**told) for told in content.get(LESIONS, ()))
    return Manifest(
        volumes, content["refusals"], content["split"], notes, pseudonyms=made_by, lesions=lesions
    )


def _volume(entry: dict[str, Any]) -> Volume:
    entry["positions"] = tuple(entry["positions"])
    entry["facts"] = {name: tuple(told) for name, told in entry.get("facts", {}).items()}
    entry["checksums"] = {dose: tuple(entry["checksums"][dose]) for dose in DOSES}
    entry["references"] = {dose: tuple(told) for dose, told in entry.get("references", {}).items()}
    return Volume(**entry)


def _lines(value: object) -> str:
    """One line a volume: short to read, small with thousands of slices."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]"
    return json.dumps(value)


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
