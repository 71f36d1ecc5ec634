"""A low dose made from the full dose: which are asked for, and what becomes of a folder."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ct_files import SECRET, write_ct, write_stack
from numpy.typing import NDArray

from pi.identity import DoseError
from pi.readers.noise import high_pass_sd
from pi.readers.scan import SourceError
from pi.slices.low_dose import find_simulated_doses
from pi.slices.preparing import Prepared, prepare


@pytest.mark.parametrize(
    ("text", "doses"),
    [("scanned", ()), ("simulated:0.25", (0.25,)), ("simulated:25%,0.1", (0.25, 0.1))],
)
def test_low_doses_are_read_in_their_order(text: str, doses: tuple[float, ...]) -> None:
    assert find_simulated_doses(text) == doses


@pytest.mark.parametrize("said", ["0", "1", "1.5", "abc", "", "all", "unknown", "0.25,25%", "0.1,"])
def test_a_bad_fraction_is_told_of_the_parameter_that_was_given(said: str) -> None:
    with pytest.raises(DoseError, match=r"^`low_dose` must hold fractions .* in \(0, 1\)"):
        find_simulated_doses(f"simulated:{said}")


def body(seed: int) -> NDArray[np.int16]:
    """(96, 96) int16 HU: a disc of tissue in air, with noise as if it were a scan's."""
    y, x = (np.mgrid[:96, :96] - 47.5) / 48
    hu = np.where(x**2 + y**2 < 0.7, 40.0, -1000.0)
    return np.rint(hu + np.random.default_rng(seed).normal(0, 12, hu.shape)).astype(np.int16)


def full_dose_alone(folder: Path, *, reverse: bool = False) -> None:
    """Write two patients at one dose that no name tells."""
    for patient in ("PT-00", "PT-01"):
        for number, z in enumerate((0.0, 2.0, 4.0)):
            name = f"{9 - number if reverse else number}.dcm"
            write_ct(
                folder / patient / name, z=z, hu=body(number + 10 * (patient == "PT-01")),
                PatientID=patient, PatientName="", SeriesInstanceUID=f"1.2.{patient[-1]}",
                StudyInstanceUID=f"1.3.{patient[-1]}", SOPInstanceUID=f"1.4.{patient[-1]}.{number}",
            )  # fmt: skip


def simulated(folder: Path, doses: tuple[float, ...], seed: int = 5) -> Prepared:
    return prepare(
        folder / "in", folder / f"store{len(list(folder.iterdir()))}", split="auto", seed=seed,
        secret=SECRET, low_doses=doses,
    )  # fmt: skip


def test_a_folder_of_full_doses_gets_the_low_doses_that_are_asked_for(tmp_path: Path) -> None:
    full_dose_alone(tmp_path / "in")
    prepared = simulated(tmp_path, (0.25, 0.1))
    volumes = prepared.store.volumes
    assert Counter((one.dose, one.low_dose) for one in volumes) == {
        (0.25, "simulated"): 2, (0.1, "simulated"): 2,
    }  # fmt: skip
    assert prepared.report.pairs == 12
    text = prepared.report.text()
    assert "note: the low dose of 10%, 25% was simulated from the full dose." in text
    assert "6 slices whose dose nothing tells are taken for the normal dose" in text
    for number, volume in enumerate(volumes):
        low, normal = prepared.store.pair(number, 0)
        # Quantum noise goes with the inverse of the dose; the full dose's own noise stays.
        tissue = slice(30, 66), slice(30, 66)
        ratio = high_pass_sd(low[tissue]) / high_pass_sd(normal[tissue])
        assert ratio == pytest.approx(math.sqrt(1 / volume.dose), rel=0.25)
        assert abs(float(low.mean()) - float(normal.mean())) < 3


def test_the_noise_depends_on_the_slice_and_the_seed_and_on_no_order(tmp_path: Path) -> None:
    full_dose_alone(tmp_path / "in")
    full_dose_alone(tmp_path / "turned" / "in", reverse=True)
    digest = simulated(tmp_path, (0.25,)).store.digest
    assert simulated(tmp_path, (0.25,)).store.digest == digest
    assert simulated(tmp_path / "turned", (0.25,)).store.digest == digest
    assert simulated(tmp_path, (0.25,), seed=6).store.digest != digest


def test_a_scanned_low_dose_gives_way_and_is_counted(tmp_path: Path) -> None:
    for dose, name in (("FD", "full"), ("QD", "quarter")):
        for number, z in enumerate((0.0, 2.0, 4.0)):
            path = tmp_path / "in/L067" / name / f"{number}.dcm"
            write_ct(path, z=z, dose=dose, hu=body(number + (dose == "QD")))
    report = simulated(tmp_path, (0.5,)).report
    assert (report.pairs, report.refusals) == (3, {"low-dose-replaced": 3})


def test_a_series_without_tissue_to_measure_is_refused_with_its_reason(tmp_path: Path) -> None:
    write_stack(tmp_path / "in/L067/full_3mm", hu=np.full((32, 32), -1000, np.int16))
    with pytest.raises(SourceError, match="unknown-noise: "):
        simulated(tmp_path, (0.25,))
