"""A low dose that was not scanned: made from the normal dose of a series, labelled as such."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pi.identity import DoseError, find_dose, is_dose
from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.reading import read_hounsfield
from pi.readers.refusal import Refusal, Refused, RefusedError
from pi.readers.spread import spread
from pi.slices.pairing import Pair, PairedVolume
from pi.slices.series import Series, gaps

if TYPE_CHECKING:  # slow to import, and seldom needed
    from pi.simulation.insertion import InsertionError, Setting

SCANNED = "scanned"
SIMULATED = "simulated:"
SAMPLED = 6
"""Slices of a series whose noise tells its photons and its kernel."""


def find_simulated_doses(text: str) -> tuple[float, ...]:
    """Return the dose fractions that are to be simulated; none for ``scanned``.

    Args:
        text: ``scanned``, or ``simulated:0.25``, with further fractions or percentages after
            commas.

    Raises:
        DoseError: it is none of these, a fraction is not in (0, 1), or stands there twice.
    """
    if text.strip() == SCANNED:
        return ()
    if not text.startswith(SIMULATED):
        raise DoseError(
            f"`low_dose` must be {SCANNED} or {SIMULATED} and fractions, such as "
            f"{SIMULATED}0.25,0.1, but got {text!r}."
        )
    words = text.removeprefix(SIMULATED).split(",")
    doses = {dose for word in words if is_dose(word) and (dose := find_dose(word))}
    if len(doses) < len(words):
        raise DoseError(
            "`low_dose` must hold fractions of the normal dose in (0, 1), such as 0.25 or 25%, "
            f"each once, but got {text!r}."
        )
    return tuple(dict.fromkeys(dose for word in words if (dose := find_dose(word))))


def with_simulated_doses(
    series: Iterable[Series], doses: Sequence[float]
) -> tuple[tuple[PairedVolume, ...], tuple[Refused, ...]]:
    """Return a volume for every normal-dose series and every dose that is to be simulated.

    Low-dose series are left out, each slice counted as what takes its place.
    """
    volumes: list[PairedVolume] = []
    refused: list[Refused] = []
    for one in series:
        if one.dose == "normal":
            volumes += [_simulated(one, dose) for dose in doses]
            continue
        replaced = Refusal("low-dose-replaced", "`low_dose` asks for a simulated low dose instead")
        refused += [Refused(header.file, replaced) for header in one.slices]
    return tuple(volumes), tuple(refused)


def sampled(count: int, most: int = SAMPLED) -> list[int]:
    """Return which of ``count`` slices tell a series' noise; the ends only where there are few."""
    if count <= most:
        return list(range(count))
    return spread(count, [(n + 1) / (most + 1) for n in range(most)])


class LowDoseScanner:
    """Gives a series at a lower dose, slice by slice, in any order.

    Attributes:
        setting: photons and kernel that explain the series' own noise.
        dose: fraction of the normal dose.
        seed: with a slice's pixels and the dose it decides the noise.
    """

    def __init__(self, setting: "Setting", dose: float, seed: int) -> None:
        self.setting, self.dose, self.seed = setting, dose, seed

    @classmethod
    def of(cls, source: Path, volume: PairedVolume, seed: int) -> "LowDoseScanner":
        """Return the scanner for a volume of `with_simulated_doses`.

        Raises:
            RefusedError: ``unknown-noise``, where the series' noise cannot be measured.
        """
        from pi.simulation.insertion import InsertionError
        from pi.simulation.insertion_setting import estimate, known_kernel

        slices = [_readable(source, volume.pairs[place]) for place in sampled(len(volume.pairs))]
        frame = volume.pairs[0].normal.frame
        try:
            setting = estimate(
                [one.hu for one in slices if one is not None],
                frame.spacing,
                known_kernel(volume.reconstruction.kernel, frame.rows),
                np.random.default_rng(seed),
            )
        except InsertionError as error:
            raise RefusedError("unknown-noise", _clause(error)) from None
        return cls(setting, volume.reconstruction.dose, seed)

    def low(self, normal: HounsfieldSlice) -> HounsfieldSlice:
        """Return a normal-dose slice at the lower dose; its padding stays padding."""
        from pi.simulation.insertion import insert, slice_rng

        rng = slice_rng(normal.hu, self.seed, self.dose)
        hu = insert(normal.hu, self.setting, self.dose, rng)
        hu[normal.padding] = normal.hu[normal.padding]
        return HounsfieldSlice(hu, normal.padding, 0)


def _simulated(one: Series, dose: float) -> PairedVolume:
    return PairedVolume(
        patient=one.patient,
        reconstruction=replace(one.reconstruction, dose=dose),
        pairs=tuple(Pair(header, header) for header in one.slices),
        low_left=0,
        normal_left=0,
        gaps=gaps(one.positions),
        sheared=one.sheared,
        low_dose="simulated",
    )


def _readable(source: Path, pair: Pair) -> HounsfieldSlice | None:
    try:
        return read_hounsfield(source, pair.normal.facts)
    except RefusedError:
        return None  # it is refused when its turn comes


def _clause(error: "InsertionError") -> str:
    said = str(error).rstrip(".")
    return said[:1].lower() + said[1:]
