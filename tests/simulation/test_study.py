import errno
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from pydicom import dcmread

from benchmarks.simulator import EXPECTED, measure
from pi.simulation import dataset as study
from pi.simulation.dataset import SIZES, SimulationError, StudySize, simulate
from pi.simulation.patient import scan_patient, thick_slices

TOY = StudySize("toy", pixels=48, views=60, slices=5, patients=2)


def digest(folder: Path) -> str:
    """A hash of every name and byte below ``folder``."""
    total = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        total.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(TOY, tmp_path_factory.mktemp("cache") / "toy", seed=5, workers=1)


@pytest.fixture
def never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise AssertionError("the study was made again")

    monkeypatch.setattr(study, "_make", fail)


def test_all_series_of_all_patients_are_there(made: Path) -> None:
    assert TOY.files == 2 * 2 * 2 * (5 + 2)
    assert len(list(made.rglob("*.IMA"))) == TOY.files
    assert len({file.parent for file in made.rglob("*.IMA")}) == 2 * 8


def test_same_seed_gives_the_same_bytes_on_one_worker_and_on_two(
    made: Path, tmp_path: Path
) -> None:
    again = simulate(TOY, tmp_path / "other name", seed=5, workers=2)
    assert digest(again) == digest(made)


def test_another_seed_gives_another_study(made: Path, tmp_path: Path) -> None:
    assert digest(simulate(TOY, tmp_path / "toy", seed=6, workers=1)) != digest(made)


def test_thick_slice_is_the_mean_of_three_thin_ones(made: Path) -> None:
    stacks = {}
    for part in ("1mm B30/QD_1mm", "3mm B30/QD_3mm"):
        slices = [dcmread(f) for f in (made / "Training_Image_Data" / part).rglob("S001*.IMA")]
        slices.sort(key=lambda ds: -ds.ImagePositionPatient[2])
        z = [float(ds.ImagePositionPatient[2]) for ds in slices]
        stacks[part[0]] = z, np.stack([ds.pixel_array.astype(float) for ds in slices])
    (z1, thin), (z3, thick) = stacks["1"], stacks["3"]
    np.testing.assert_allclose(np.diff(z1), -1.0)
    np.testing.assert_allclose(z3, z1[1::2])
    mean = np.stack([thin[0:3].mean(axis=0), thin[2:5].mean(axis=0)])
    unclipped = thin.min(axis=0) > 0
    assert np.abs(thick - mean)[:, unclipped].max() < 1.01


def test_thick_slices_by_hand() -> None:
    thin = np.array([1, 2, 6, 8, 10, 99], dtype=np.float32)
    np.testing.assert_allclose(thick_slices(thin), [3, 8])


def test_a_slice_does_not_depend_on_the_others() -> None:
    whole, placement = scan_patient(TOY, 1, 5)
    part, same = scan_patient(TOY, 1, 5, range(3, 4))
    np.testing.assert_array_equal(part[0], whole[3])
    assert placement == same


@pytest.mark.usefixtures("never_made")
def test_a_whole_study_is_found_again(made: Path) -> None:
    assert simulate(TOY, made, seed=5, workers=1) == made


@pytest.mark.parametrize("harm", ["older recipe", "lost file"])
def test_an_outdated_or_holed_study_is_made_anew(made: Path, tmp_path: Path, harm: str) -> None:
    folder = simulate(TOY, tmp_path / "toy", seed=5, workers=1)
    if harm == "lost file":
        next(folder.rglob("*.IMA")).unlink()
    else:
        record = folder / study.RECORD
        record.write_text(json.dumps({**json.loads(record.read_text()), "recipe": 0}))
    assert digest(simulate(TOY, folder, seed=5, workers=1)) == digest(made)
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


@pytest.mark.usefixtures("never_made")
def test_a_study_of_another_seed_is_refused_and_kept(made: Path) -> None:
    before = digest(made)
    with pytest.raises(
        SimulationError, match="must hold the study toy of seed 6 but got toy of seed 5"
    ):
        simulate(TOY, made, seed=6, workers=1)
    assert digest(made) == before


@pytest.mark.usefixtures("never_made")
@pytest.mark.parametrize("content", ["", "[]", "{", '{"size": 1}'])
def test_a_folder_of_something_else_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    if content:
        (tmp_path / study.RECORD).write_text(content)
    with pytest.raises(SimulationError, match="must be new, empty or hold a simulated study"):
        simulate(TOY, tmp_path, seed=5, workers=1)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def _fails_at(call: int, error: BaseException) -> Callable[..., int]:
    calls = iter(range(1000))

    def write(*_: object) -> int:
        if next(calls) == call:
            raise error
        return 0

    return write


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(study, "write_patient", _fails_at(1, full))
    with pytest.raises(
        SimulationError, match=r"room for the study \(1 MB\).*No space left on device"
    ):
        simulate(TOY, tmp_path / "toy", seed=5, workers=1)
    assert not any(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "write_patient", _fails_at(1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        simulate(TOY, tmp_path / "toy", seed=5, workers=1)
    assert not any(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "toy").write_text("")
    with pytest.raises(SimulationError, match="must be"):
        simulate(TOY, tmp_path / "toy", seed=5, workers=1)


@pytest.mark.parametrize(("seed", "workers", "name"), [(-1, 1, "seed"), (5, -1, "workers")])
def test_negative_numbers_are_refused(tmp_path: Path, seed: int, workers: int, name: str) -> None:
    with pytest.raises(SimulationError, match=f"`{name}` must be 0 or greater but got -1"):
        simulate(TOY, tmp_path / "toy", seed=seed, workers=workers)


def _accepted(size: StudySize, patients: range, count: int) -> None:
    """The acceptance table: PSNR within 1 dB, noise correlation .40 to .55, and its relatives."""
    rows = [measure(size, patient, 5, count) for patient in patients]
    for configuration, expected in EXPECTED.items():

        def mean(name: str, configuration: str = configuration) -> float:
            return float(np.mean([row[configuration][name] for row in rows]))

        psnr = float(expected["windowed PSNR"][0])
        assert mean("windowed PSNR") == pytest.approx(psnr, abs=1.0), configuration
        assert 0.40 < mean("corr(FD, QD)") < 0.55, configuration
        assert 1.85 < mean("QD / FD") < 2.15, configuration
        assert 1.59 < mean("(QD-FD) / FD") < 1.89, configuration
        assert abs(mean("corr(FD, QD-FD)")) < 0.1, configuration


@pytest.mark.slow  # it scans ten patients of every size anew, 20 to 300 s
@pytest.mark.parametrize("size", ["tiny", "small", "full"])
def test_every_size_is_as_noisy_as_the_real_study(size: str) -> None:
    _accepted(SIZES[size], range(1, 11), 3)
