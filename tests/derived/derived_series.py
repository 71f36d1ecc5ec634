"""A folder denoised without a command: what `denoise` does between its checks and its result."""

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from pi.derived.chosen_series import choose_series
from pi.derived.derivation import Derivation
from pi.derived.dicom_slices import waiting_slices
from pi.derived.found_scan import find_scan
from pi.derived.streaming import DenoiseHu, Done, denoise_all
from pi.readers.dicom.pixels import read_hounsfield

BY = Derivation("a run", "sha256 12ab")


def same(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    return hu


def derive(source: Path, out: Path, denoise: DenoiseHu = same, series: int = 0) -> list[Done]:
    """Denoise a series of ``source`` into the new folder ``out``."""
    out.mkdir()
    chosen = choose_series(find_scan(source).slices, series)
    return list(denoise_all(waiting_slices(source, chosen, BY, out), denoise, 2))


def read_all(folder: Path) -> list[FileDataset]:
    return [pydicom.dcmread(file) for file in sorted(folder.iterdir())]


def hu_of(folder: Path) -> list[list[list[int]]]:
    """HU by our own reader, in the order of files."""
    return [read_hounsfield(file).hu.tolist() for file in sorted(folder.iterdir())]
