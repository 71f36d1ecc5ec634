"""`export` from its command line to its folder; out to somebody's numpy, and back by `evaluate`."""

import csv
import re
import shlex
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest

from entrypoints.export import main
from pi import compare
from pi.command_line import parse, run
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.jobs.evaluate import evaluate
from pi.jobs.exported.pairs import file_names
from pi.jobs.exported.volume_files import affine_of
from pi.parameters import DenoiseParameters, EvaluateParameters, ExportParameters
from pi.readers.formats.nifti import READER
from pi.slices.store import Store

TINY = ("--data", "simulated:tiny")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    monkeypatch.setenv("PI_EXPORT", str(tmp_path / "out"))


def export(*arguments: str) -> int:
    return run(main, ExportParameters, "", arguments)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "keys.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_pair_of_every_part_is_there_bit_for_bit_under_its_key(
    tmp_path: Path, tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(*TINY) == 0
    printed = capsys.readouterr().out
    assert "160 pairs of slices" in printed
    assert f"digest {tiny_store.digest}" in printed
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    pixels = {
        (v.split, str(v.key(index))): (number, index)
        for number, v in enumerate(tiny_store.volumes)
        for index in range(len(v.positions))
    }
    for part in ("train", "validation", "test"):
        folders = [tmp_path / "out" / part / dose for dose in ("low_dose", "normal_dose")]
        assert rows_of(folders[0]) == rows_of(folders[1])
        for row in rows_of(folders[0]):
            volume = next(
                v for v in tiny_store.volumes
                if (v.patient, v.kernel, repr(v.thickness), repr(v.dose))
                == (row["patient"], row["kernel"], row["thickness"], row["dose"])
            )  # fmt: skip
            key = volume.key(int(row["index"]))
            assert repr(key.position) == row["position"]
            pair = tiny_store.pair(*pixels.pop((part, str(key))))
            for folder, stored in zip(folders, pair, strict=True):
                exported = np.load(folder / row["file"], mmap_mode="r")
                assert exported.dtype == np.int16
                np.testing.assert_array_equal(exported[int(row["index"])], stored)
    assert pixels == {}


def test_a_nifti_lies_where_the_slices_lie(tmp_path: Path, tiny_store: Store) -> None:
    assert export(*TINY, "--part", "test", "--format", "nifti") == 0
    folder = tmp_path / "out" / "test" / "low_dose"
    row = rows_of(folder)[0]
    of = (row["patient"], row["kernel"], row["thickness"])
    volume = next(v for v in tiny_store.volumes if (v.patient, v.kernel, repr(v.thickness)) == of)
    image = nibabel.load(folder / row["file"])
    assert image.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(image.affine, affine_of(volume), atol=1e-5)
    assert READER.stacks is not None
    with (folder / row["file"]).open("rb") as file:
        (stack,) = READER.stacks(file, Path(row["file"]))  # and by our own reader
    number = tiny_store.volumes.index(volume)
    for index, position in enumerate(volume.positions):
        np.testing.assert_array_equal(stack.read(index), tiny_store.pair(number, index)[0])
        assert stack.origins[index][2] == pytest.approx(position, abs=1e-3)


def test_a_fold_has_parts_of_its_own(tmp_path: Path) -> None:
    assert export(*TINY, "--folds", "5", "--fold", "2", "--part", "test") == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["test"]
    assert len({row["patient"] for row in rows_of(tmp_path / "out" / "test" / "low_dose")}) == 2


def test_nothing_is_overwritten_and_no_place_is_guessed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "theirs").touch()
    assert export(*TINY) == 2
    assert "PI_EXPORT must name a folder that is new" in capsys.readouterr().err
    monkeypatch.delenv("PI_EXPORT")
    assert export(*TINY) == 2
    assert "PI_EXPORT must name the new folder" in capsys.readouterr().err
    assert export(*TINY, "--part", "everything") == 2


def test_files_of_volumes_have_names_of_their_own(tiny_store: Store) -> None:
    names = file_names([*tiny_store.volumes, *tiny_store.volumes], ".npy")
    assert len({*names}) == len(names)
    assert all(name == Path(name).name for name in names)


def evaluated(name: str) -> object:
    protocol = {"data": "simulated:tiny", "part": "test", "protocols": "full_float"}
    return evaluate(EvaluateParameters(run=name, **protocol)).evaluation.slices  # type: ignore[arg-type]


def test_out_to_a_denoiser_elsewhere_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export(*TINY, "--part", "test") == 0
    low = tmp_path / "out" / "test" / "low_dose"
    outputs = tmp_path / "outputs" / "mean"
    outputs.mkdir(parents=True)
    for file in low.glob("*.npy"):  # somebody's own code: numpy alone
        hu = np.load(file).astype(np.float32)
        padded = np.pad(hu, ((0, 0), (1, 1), (1, 1)), mode="edge")
        shifted = [padded[:, i : i + hu.shape[1], j : j + hu.shape[2]]
                   for i in range(3) for j in range(3)]  # fmt: skip
        np.save(outputs / file.name, np.mean(shifted, axis=0))
    shutil.copy(low / "keys.csv", outputs)
    shutil.copytree(low, tmp_path / "outputs" / "same")
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path / "outputs"))

    same = evaluated("outputs:same").set_index("image").sort_index()  # type: ignore[attr-defined]
    denoised, low_dose = (same.loc[image].reset_index(drop=True) for image in (DENOISED, LOW_DOSE))
    assert denoised.equals(low_dose)  # bit for bit

    mean = evaluated("outputs:mean")
    found = compare(
        {"mean": mean, "nothing": evaluated("outputs:same")},
        metrics=["psnr"],
        reference="nothing",  # type: ignore[dict-item]
    )
    (contrast,) = found.contrasts
    assert contrast.other == "mean"
    direct = mean[mean["image"] == DENOISED]["psnr"].mean()  # type: ignore[index]
    assert direct > mean[mean["image"] == LOW_DOSE]["psnr"].mean()  # type: ignore[index]


def test_the_documented_commands_are_understood() -> None:
    page = (Path(__file__).parents[2] / "docs" / "network.md").read_text()
    declared = {"export": ExportParameters, "denoise": DenoiseParameters}
    seen = []
    for name, rest in re.findall(r"make (export|denoise)(.*?)(?: #.*)?$", page, re.MULTILINE):
        words = dict(word.partition("=")[::2] for word in shlex.split(rest))
        asked = shlex.split(words.get("ARGS", ""))
        if name == "denoise":
            asked = ["--run", words["RUN"], *asked]
        seen.append(parse(declared[name], asked, "", name))
    assert len(seen) == 4
