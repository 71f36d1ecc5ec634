"""What a sentence may repeat of what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.errors import is_path, nearest, quoted


@pytest.mark.parametrize(
    "text",
    ["mayo", "simulated:tiny:5", "psi:0.95", "vgg16:random:block1_conv1/tap=pre/layers=shares:1+2",
     "models:/ct-context@champion", "metrics.`full_float/ssim` > 0.9", "0.1,1e-5", ""],
)  # fmt: skip
def test_names_are_repeated(text: str) -> None:
    assert not is_path(text)
    assert quoted(text) == repr(text)


@pytest.mark.parametrize(
    "text",
    ["/a", "a/b", "~/a", "C:\\a", "file:/a", "models:/a/b", "models:/../a", "x/tap=/a",
     "vgg16:own:/a:block1_conv1", "tags.x = '/a'", "`/a`", "models://a"],
)  # fmt: skip
def test_paths_are_not(text: str) -> None:
    assert is_path(text)
    assert quoted(text) == "a path, which is not repeated here"


@given(
    st.text(max_size=9), st.sampled_from("/\\"), st.text("abc^ ", min_size=1, max_size=9),
    st.text(max_size=9),
)  # fmt: skip
def test_whatever_is_around_a_folder_it_is_not_repeated(
    before: str, slash: str, folder: str, after: str
) -> None:
    assert quoted(f"{before}{slash}home{slash}{folder}{after}").startswith("a path")


@pytest.mark.parametrize("name", ["Eichendorff.h5", "mine.JSON", "own:x.nii.gz", "1.dcm"])
def test_the_name_of_a_file_is_not_repeated_either(name: str) -> None:
    assert quoted(name) == "a file's name, which is not repeated here"


LAYERS = ("block1_conv1", "block3_conv2", "block5_conv4")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("block3_conv", "block3_conv2"),
        ("Block3_Conv2", "block3_conv2"),
        ("blok5_conv4", "block5_conv4"),
        ("block3", "block3_conv2"),
        ("bl", ""),
        ("block3_conv2", ""),
        ("pooling", ""),
        ("", ""),
    ],
)
def test_of_what_there_is_the_nearest_is_asked_about(text: str, meant: str) -> None:
    assert nearest(text, LAYERS) == meant
    asked = f" (did you mean {meant}?)" if meant else ""
    assert quoted(text, LAYERS) == repr(text) + asked


def test_of_a_path_nothing_is_asked_either() -> None:
    assert quoted("/block3_conv2", LAYERS) == "a path, which is not repeated here"
