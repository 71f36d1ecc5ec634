"""A manifest whose parts are those of a fold, with a digest of its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from pi.slices.folds import Fold, parts_in
from pi.slices.manifest import Manifest, Volume, ordered, told_dose
from pi.slices.split import Membership


def in_fold(manifest: Manifest, fold: Fold) -> tuple[Manifest, list[int]]:
    """Return the manifest with the parts of a fold, and the numbers that its volumes had.

    Folds, digest and order depend on the scans alone: not on a seed, so that trainings of
    several seeds see the same folds; not on the parts that the split gave; not on names, which
    a machine's secret makes. Patients whom the split leaves unassigned stay so.

    Raises:
        FoldError: see `parts_in`.
    """
    scans: dict[str, list[str]] = {}
    for volume in manifest.volumes:
        if volume.split != "unassigned":
            scans.setdefault(volume.patient, []).append(_content(volume))
    patients = sorted(scans, key=lambda patient: sorted(scans[patient]))
    parts: Mapping[str, Membership] = parts_in(fold, patients)
    volumes = [_in_part(one, parts.get(one.patient, "unassigned")) for one in manifest.volumes]
    order = ordered(volumes)
    return replace(manifest, volumes=tuple(volumes[n] for n in order), fold=fold), order


def _in_part(volume: Volume, part: Membership) -> Volume:
    return replace(volume, split=part, content=_content(volume, part))


def _content(volume: Volume, part: Membership | None = None) -> str:
    """Sha256 of a volume's scans, and of a part; a slice's checksum stands for its pixels."""
    names = ("thickness", "kernel", "positions", "rows", "columns", "pixel_spacing", "checksums")
    facts = {name: getattr(volume, name) for name in names} | {"split": part}
    facts |= told_dose(volume.dose)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
