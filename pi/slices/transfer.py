"""One paired volume from scanner files to disk, a slice at a time."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pi.identity import image_reference
from pi.progress import progress
from pi.readers.bodies import Likeness, cells, likeness
from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.names import Dose
from pi.readers.noise import high_pass_sd
from pi.readers.refusal import Refused
from pi.readers.spread import spread
from pi.slices.facts import facts_of
from pi.slices.manifest import DOSES, Volume, told_dose
from pi.slices.paired_pixels import PairError, pair_reader
from pi.slices.pairing import Pair, PairedVolume
from pi.slices.plausibility import ValueTally, doubt
from pi.slices.split import Membership
from pi.slices.writing import ArrayFile, written_file

_LOOKED_AT = tuple(part / 8 for part in range(9))
"""Where along a volume its doses are compared, as parts of the way."""
_SIMULATED_PATIENT = re.compile(r"S\d{3}")


@dataclass(frozen=True, slots=True)
class Transferred:
    """What came of a paired volume once its pixels were read.

    Attributes:
        source: the volume as it was paired.
        pairs: those on disk, in order.
        volume: None if no pair was fit.
        refused: the files of the other pairs.
        inverted: pairs whose low dose has no more noise than the full dose.
        doubts: dose -> why its values do not look like HU of a patient.
        likeness: of the doses of a few pairs.
    """

    source: PairedVolume
    pairs: tuple[Pair, ...]
    volume: Volume | None
    refused: tuple[Refused, ...]
    inverted: int = 0
    doubts: Mapping[Dose, str] = field(default_factory=dict)
    likeness: Likeness = Likeness()


@dataclass(slots=True)
class _Tally:
    """Grows while a volume is streamed."""

    pairs: list[Pair] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    values: dict[Dose, ValueTally] = field(
        default_factory=lambda: {dose: ValueTally() for dose in DOSES}
    )
    likeness: Likeness = Likeness()

    def add(self, pair: Pair, low: HounsfieldSlice, normal: HounsfieldSlice) -> None:
        self.pairs.append(pair)
        self.counts["padded"] += int(low.padding.sum()) + int(normal.padding.sum())
        self.counts["clipped"] += low.clipped + normal.clipped
        self.counts["inverted"] += high_pass_sd(low.hu) <= high_pass_sd(normal.hu)
        self.values["low"].add(low.hu, low.padding)
        self.values["normal"].add(normal.hu, normal.padding)

    def compare(self, pair: Pair, low: HounsfieldSlice, normal: HounsfieldSlice) -> None:
        spacing = pair.normal.frame.spacing
        self.likeness += likeness(cells(low.hu, spacing), cells(normal.hu, spacing))

    def doubts(self) -> dict[Dose, str]:
        found = {dose: doubt(seen) for dose, seen in self.values.items()}
        return {dose: said for dose, said in found.items() if said}


def transfer(
    folder: Path,
    number: int,
    source: Path,
    paired: PairedVolume,
    name: str,
    part: Membership,
    seed: int,
    secret: bytes,
) -> Transferred:
    """Write both doses of ``paired`` as volume ``number`` of the unfinished store ``folder``.

    Args:
        folder: store being written.
        number: of the volume, in order of writing.
        source: folder of the scanner files.
        paired: what to read.
        name: pseudonym of the patient.
        part: of the patient.
        seed: of the noise where the low dose is simulated.
        secret: hides the UIDs of the images.
    """
    if not paired.pairs:
        return Transferred(paired, (), None, ())
    try:
        read = pair_reader(source, paired, seed)
    except PairError as refused:
        return Transferred(paired, (), None, refused.refused)
    frame = paired.pairs[0].normal.frame
    low_path, normal_path = (written_file(folder, number, dose) for dose in DOSES)
    tally = _Tally()
    with (
        ArrayFile(low_path, frame.rows, frame.columns) as low_file,
        ArrayFile(normal_path, frame.rows, frame.columns) as normal_file,
    ):
        label = f"writing volume {number + 1}"
        looked_at = set(spread(len(paired.pairs), _LOOKED_AT))
        for index, pair in enumerate(
            progress(paired.pairs, label, total=len(paired.pairs), unit="pair")
        ):
            try:
                low, normal = read(pair)
            except PairError as refused:
                tally.refused += refused.refused
                continue
            low_file.append(low.hu)
            normal_file.append(normal.hu)
            tally.add(pair, low, normal)
            if index in looked_at:
                tally.compare(pair, low, normal)
    refused_files = tuple(tally.refused)
    if not tally.pairs:
        low_path.unlink()
        normal_path.unlink()
        return Transferred(paired, (), None, refused_files)
    files: dict[Dose, ArrayFile] = {"low": low_file, "normal": normal_file}
    volume = _describe(paired, tally, files, name, part, secret)
    return Transferred(
        paired,
        tuple(tally.pairs),
        volume,
        refused_files,
        tally.counts["inverted"],
        tally.doubts(),
        tally.likeness,
    )


def is_simulated(paired: PairedVolume) -> bool:
    """Tell whether every slice says SIMULATED and the patient has a simulated id."""
    headers = [header for pair in paired.pairs for header in (pair.low, pair.normal)]
    named = _SIMULATED_PATIENT.fullmatch(paired.patient) is not None
    return named and all(header.facts.simulated for header in headers)


def _describe(
    paired: PairedVolume,
    tally: _Tally,
    files: dict[Dose, ArrayFile],
    name: str,
    part: Membership,
    secret: bytes,
) -> Volume:
    frame = tally.pairs[0].normal.frame
    positions = tuple(round(pair.normal.position, 4) + 0.0 for pair in tally.pairs)
    content = {
        "thickness": paired.reconstruction.thickness,
        "kernel": paired.reconstruction.kernel,
        "split": part,
        "positions": positions,
        "rows": frame.rows,
        "columns": frame.columns,
        "pixel_spacing": frame.spacing,
        **told_dose(paired.reconstruction.dose),
    }
    pixels = {dose: files[dose].digest for dose in DOSES}
    simulated = is_simulated(paired)  # whose scanner is none
    digested = json.dumps(content | {"pixels": pixels}, sort_keys=True)
    return Volume(
        patient=name,
        thickness=paired.reconstruction.thickness,
        kernel=paired.reconstruction.kernel,
        split=part,
        positions=positions,
        rows=frame.rows,
        columns=frame.columns,
        pixel_spacing=frame.spacing,
        checksums={dose: tuple(files[dose].checksums) for dose in DOSES},
        content=hashlib.sha256(digested.encode()).hexdigest(),
        sheared=paired.sheared,
        simulated=simulated,
        padded=tally.counts["padded"],
        clipped=tally.counts["clipped"],
        dose=paired.reconstruction.dose,
        low_dose=paired.low_dose,
        facts={} if simulated else facts_of([pair.normal.facts.text for pair in tally.pairs]),
        references=_references(tally.pairs, secret),
    )


def _references(pairs: Sequence[Pair], secret: bytes) -> dict[Dose, tuple[str, ...]]:
    """Return what the images of both doses are known by; nothing of arrays, which have no UIDs."""
    images: dict[Dose, list[str]] = {
        "low": [pair.low.facts.instance for pair in pairs],
        "normal": [pair.normal.facts.instance for pair in pairs],
    }
    return {
        dose: tuple(image_reference(one, secret) for one in found)
        for dose, found in images.items()
        if any(found)
    }
