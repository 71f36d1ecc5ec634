"""The user's own function: called with slices in HU, and each way in which it is none."""

from pathlib import Path

import numpy as np
import pytest
from subjects.small_store import small_store

from pi.errors import PiError
from pi.subjects import fetch_subject, origin_of

CODE = """
import numpy as np
number = 3
def half(hu):
    assert hu.dtype == np.float32 and hu.ndim == 3
    return hu.astype(np.float64) / 2
def first(hu): return hu[:1]
def unit(hu): return (hu + 1024) / 4096
def nothing(hu): return None
def ragged(hu): return [[1.0], [2.0, 3.0]]
def hole(hu):
    hu = hu.copy()
    hu[1, 0, 0] = np.inf
    return hu
def raising(hu): raise ValueError("a pixel is -98.7")
"""


@pytest.fixture(autouse=True)
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "denoising_of_mine.py").write_text(CODE)
    (tmp_path / "my_package" / "needing.py").write_text("import a_package_that_is_not_there\n")
    (tmp_path / "my_package" / "misspelt.py").write_text("def half(:\n")
    (tmp_path / "my_package" / "failing.py").write_text("half = 1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_function_is_given_hu_and_its_values_are_kept() -> None:
    subject = fetch_subject("own:my_package.denoising_of_mine:half")
    subject.check(small_store(), "test", 2)
    denoise = subject.load()
    assert denoise is not None
    found = denoise(np.full((2, 4, 4), 101, np.int16))
    assert found.dtype == np.float32
    assert (found == 50.5).all()


def test_the_run_says_that_nothing_identifies_it() -> None:
    subject = fetch_subject("own:my_package.denoising_of_mine:half")
    assert subject.model is None
    assert origin_of(subject).tags == {}
    assert "is your own code, which nothing here identifies" in subject.remark


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("denoising_of_mine:first", r"of the shape that it is given, \(2, 24, 20\), but gave"),
        ("denoising_of_mine:unit", "must give slices in HU but the values lie between 0"),
        ("denoising_of_mine:nothing", "must give an array of real numbers but gave NoneType"),
        ("denoising_of_mine:ragged", "must give an array of real numbers but gave list"),
        ("denoising_of_mine:hole", "NaN or infinity in 1 of 2 slices"),
        ("denoising_of_mine:number", "must have a function 'number' but has none"),
        ("denoising_of_mine:other", "must have a function 'other' but has none"),
        ("denoising_of_mine", "`run` must be own:package.module:function but got"),
        ("denoising_of_mine:half:x", "`run` must be own:package.module:function but got"),
        ("elsewhere:half", "the module 'my_package.elsewhere' of .* must be found by Python"),
    ],
)
def test_what_is_no_denoiser_is_one_sentence(name: str, said: str) -> None:
    with pytest.raises(PiError, match=said):
        fetch_subject(f"own:my_package.{name}").check(small_store(), "test", 2)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("needing:half", "package 'a_package_that_is_not_there', which the module .* needs, must"),
        ("misspelt:half", "must be one that Python can import but raises SyntaxError in"),
        ("failing:half", "must be one that Python can import but raises ZeroDivisionError in <mod"),
        ("denoising_of_mine:raising", r"arrays \(2, 24, 20\) float32 but raises ValueError in rai"),
    ],
)
def test_what_their_code_raises_is_one_sentence_with_its_place(name: str, said: str) -> None:
    with pytest.raises(PiError, match=said) as caught:
        fetch_subject(f"own:my_package.{name}").check(small_store(), "test", 2)
    assert "-98.7" not in str(caught.value)
    assert caught.value.__cause__ is not None
