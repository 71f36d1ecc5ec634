"""The low doses of a store: one of them alone, or all, and what several do to one lambda."""

from collections.abc import Iterable
from dataclasses import replace

from pi.identity import DoseError, dose_text
from pi.slices.manifest import Manifest, Volume


def at_dose(manifest: Manifest, dose: float) -> tuple[Manifest, list[int]]:
    """Return the manifest of the volumes of one dose, and the numbers that they had.

    Raises:
        DoseError: there is none; those that there are, are told.
    """
    kept = [n for n, volume in enumerate(manifest.volumes) if volume.dose == dose]
    if not kept:
        known = sorted({volume.dose for volume in manifest.volumes})
        raise DoseError(
            f"`dose` must be one that `data` has ({', '.join(map(dose_text, known))}) but got "
            f"{dose_text(dose)}."
        )
    return replace(manifest, volumes=tuple(manifest.volumes[n] for n in kept)), kept


def dose_notes(volumes: Iterable[Volume]) -> list[str]:
    """Return what is to be said of the low doses that results rest on, a sentence each."""
    volumes = tuple(volumes)
    notes = [told] if (told := unlike_doses(volumes)) else []
    if simulated := simulated_doses(volumes):
        notes.append(
            f"note: the low dose of {', '.join(simulated)} was not scanned: it is simulated from "
            "the full dose, and so is what is found with it."
        )
    return notes


def simulated_doses(volumes: Iterable[Volume]) -> list[str]:
    """Return the low doses that were simulated from the normal one, in words, ascending."""
    found = {volume.dose for volume in volumes if volume.low_dose == "simulated"}
    return [dose_text(dose) for dose in sorted(found)]


def unlike_doses(volumes: Iterable[Volume], part: str = "train") -> str:
    """Return what is to be said of a part whose volumes are of several doses; "" of one dose.

    Args:
        volumes: of a store.
        part: whose patients learn.
    """
    own = [volume for volume in volumes if volume.split == part]
    doses = sorted({volume.dose for volume in own})
    if len(doses) < 2:
        return ""
    counts = [len({volume.patient for volume in own if volume.dose == dose}) for dose in doses]
    said = [
        f"{dose_text(dose)} ({count} patient{'' if count == 1 else 's'})"
        for dose, count in zip(doses, counts, strict=True)
    ]
    return (
        f"note: the training slices are of {len(doses)} doses, {', '.join(said)}: more noise moves "
        "the image loss and the perceptual loss unlike, so that the one lambda of all weighs them "
        "together and fits none of them alone (calibrate tells the lambda of each "
        "reconstruction); `dose` separates them."
    )
