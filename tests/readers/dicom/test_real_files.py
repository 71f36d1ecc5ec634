"""Real scanner files from pydicom's own package, read where they lie."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from ct_files import SECRET
from pydicom.data import get_testdata_file
from pydicom.pixels import set_pixel_data

from pi.readers.dicom.dataset import quiet
from pi.readers.scan import SourceError
from pi.slices.preparing import Prepared, prepare

ROOT = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
HEAD = ("CT_small.dcm", "693_J2KI.dcm", "J2K_pixelrep_mismatch.dcm")
ABDOMEN = "dicomdirtests/98892001/CT5N"
GAP = "dicomdirtests/77654033/CT2"


def test_all_of_them_together_are_refused_by_reason_without_a_crash(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not-a-ct-image") as caught:
        prepare(ROOT, tmp_path / "store", split="auto", seed=0, secret=SECRET)
    for reason in ("localizer", "no-pixels", "not-dicom", "unknown-dose"):
        assert reason in str(caught.value)


def two_doses(names: tuple[str, ...], folder: Path) -> Path:
    """Copy real slices as full dose; add noise and call that the low dose."""
    generator = np.random.default_rng(0)
    for number, name in enumerate(names):
        with quiet():
            ds = pydicom.dcmread(ROOT / name)
            ds.PatientName, ds.PatientID = "", "Anonymous"
            ds.ConvolutionKernel = ds.get("ConvolutionKernel") or "STANDARD"
            stored = ds.pixel_array.copy()
            for dose, sd in (("full", 0), ("low", 30)):
                target = folder / "volunteer" / dose / f"{number}.dcm"
                target.parent.mkdir(parents=True, exist_ok=True)
                noisy = stored + np.rint(generator.normal(0, sd, stored.shape))
                if sd:
                    info = np.iinfo(stored.dtype)
                    clipped = np.clip(noisy, info.min, info.max).astype(stored.dtype)
                    set_pixel_data(ds, clipped, "MONOCHROME2", ds.BitsStored)
                ds.save_as(target, enforce_file_format=True)
    return folder


def prepared(names: tuple[str, ...], folder: Path) -> Prepared:
    source = two_doses(names, folder / "in")
    return prepare(source, folder / "store", split="auto", seed=0, secret=SECRET)


def files_in(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{path.name}" for path in sorted((ROOT / folder).iterdir()))


def test_a_stack_whose_z_falls_as_instance_numbers_rise(tmp_path: Path) -> None:
    found = prepared(files_in(ABDOMEN), tmp_path)
    (volume,) = found.store.volumes
    assert found.report.refusals == {}
    assert np.diff(volume.positions) == pytest.approx([2.5] * 4)


def test_a_stack_with_a_gap_of_202_mm(tmp_path: Path) -> None:
    found = prepared(files_in(GAP), tmp_path)
    (row,) = found.report.rows
    assert (row.pairs, row.gaps) == (4, 1)


@pytest.mark.parametrize("name", HEAD)
def test_single_slices_of_three_scanners_and_codecs(tmp_path: Path, name: str) -> None:
    found = prepared((name,), tmp_path)
    low, normal = found.store.pair(0, 0)
    assert found.report.pairs == 1
    assert normal.min() >= -1024
    assert low.astype(int).std() > normal.astype(int).std() * 0.9
    assert ("lossy" in found.report.text()) == (name == "693_J2KI.dcm")
