"""The pixels of one pair: two files, or one file and the low dose that is made from it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.names import Dose
from pi.readers.reading import read_hounsfield
from pi.readers.refusal import Refusal, Refused, RefusedError
from pi.slices.low_dose import LowDoseScanner
from pi.slices.manifest import DOSES
from pi.slices.pairing import Pair, PairedVolume

PairReader = Callable[[Pair], tuple[HounsfieldSlice, HounsfieldSlice]]
"""Gives low and normal dose of a pair; raises `PairError`."""


class PairError(Exception):
    """A pair whose pixels cannot be had; carries what is refused; never leaves `transfer`."""

    def __init__(self, *refused: Refused) -> None:
        super().__init__()
        self.refused = refused


def pair_reader(source: Path, volume: PairedVolume, seed: int) -> PairReader:
    """Return what reads the pairs of ``volume``, whose low dose was scanned or is simulated.

    Args:
        source: folder of the files.
        volume: of the pairs.
        seed: of simulated noise.

    Raises:
        PairError: the low dose cannot be simulated; all slices are refused.
    """
    if volume.low_dose == "scanned":
        return lambda pair: _scanned(source, pair)
    try:
        scanner = LowDoseScanner.of(source, volume, seed)
    except RefusedError as error:
        raise PairError(
            *(Refused(pair.normal.file, error.refusal) for pair in volume.pairs)
        ) from None
    return lambda pair: _simulated(source, pair, scanner)


def _scanned(source: Path, pair: Pair) -> tuple[HounsfieldSlice, HounsfieldSlice]:
    slices: dict[Dose, HounsfieldSlice] = {}
    failures: dict[Dose, Refusal] = {}
    headers = {"low": pair.low, "normal": pair.normal}
    for dose in DOSES:
        try:
            slices[dose] = read_hounsfield(source, headers[dose].facts)
        except RefusedError as error:
            failures[dose] = error.refusal
    if failures:
        alone = Refusal("unpaired-slice", "the other dose of this slice cannot be read")
        raise PairError(*(Refused(headers[dose].file, failures.get(dose, alone)) for dose in DOSES))
    if np.array_equal(slices["low"].hu, slices["normal"].hu):
        same = Refusal("identical-doses", "full and low dose are the same image")
        raise PairError(*(Refused(headers[dose].file, same) for dose in DOSES))
    return slices["low"], slices["normal"]


def _simulated(
    source: Path, pair: Pair, scanner: LowDoseScanner
) -> tuple[HounsfieldSlice, HounsfieldSlice]:
    try:
        normal = read_hounsfield(source, pair.normal.facts)
    except RefusedError as error:
        raise PairError(Refused(pair.normal.file, error.refusal)) from None
    return scanner.low(normal), normal
