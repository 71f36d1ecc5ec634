"""A denoiser as it is written, what is said of it, and what every one of them keeps."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.denoisers import (
    NAMES,
    DenoiserError,
    DenoiserSpec,
    Sizes,
    as_written_now,
    find_denoiser,
    is_written,
    said,
)

ROOT = Path(__file__).parents[2]


def test_every_module_of_the_room_is_a_denoiser() -> None:
    files = {file.stem for file in (ROOT / "pi" / "denoisers").glob("*.py")}
    assert set(NAMES) == files - {"__init__"}
    assert {"unet", "redcnn", "dncnn"} <= set(NAMES)


@given(st.sampled_from(NAMES), st.integers(1, 999_999))
def test_it_is_read_as_it_is_written(name: str, width: int) -> None:
    assert DenoiserSpec.parse(str(DenoiserSpec(name, width))) == DenoiserSpec(name, width)


@pytest.mark.parametrize(
    "text",
    ["", "unet", "unet:", ":32", "unet:0", "unet:-1", "unet:3.5", "unet:32:1", "vnet:32", "unet:²",
     "32", "unet 32", " unet:32", "unet:32\n", "UNET:32"],
)  # fmt: skip
def test_what_is_written_otherwise_is_one_sentence_with_the_rule(text: str) -> None:
    assert not is_written(text)
    with pytest.raises(DenoiserError, match=f"must be NAME:WIDTH, with one of {', '.join(NAMES)}"):
        DenoiserSpec.parse(text)


def test_a_path_is_not_repeated() -> None:
    with pytest.raises(DenoiserError) as caught:
        DenoiserSpec.parse("/ward 7/Eichendorff/w.h5")
    assert "Eichendorff" not in str(caught.value)


def test_it_is_checked_before_a_network_library_is_loaded() -> None:
    code = (
        "import sys; from pi.denoisers import DenoiserSpec; DenoiserSpec.parse('dncnn:64')\n"
        "print([m for m in ('tensorflow', 'keras', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@given(st.integers(1, 64), st.integers(1, 200), st.integers(1, 1000))
def test_what_is_missing_is_the_least_that_a_network_then_takes(
    divisor: int, least: int, size: int
) -> None:
    sizes = Sizes(divisor, least)
    missing = sizes.missing(size)
    assert missing >= 0
    assert sizes.take(size + missing)
    assert not any(sizes.take(size + less) for less in range(missing))


@pytest.mark.parametrize(
    ("text", "patch_size", "start", "sentence"),
    [
        (
            "redcnn:4",
            16,
            "auto",
            "`patch_size` must be at least 21, with redcnn:4 but got 16",
        ),
        ("unet:4", 40, "auto", "`patch_size` must be a multiple of 16, at least 16, with unet:4"),
        ("unet:4", 32, "residual", "`start` must be auto or mean or half with unet:4 but got"),
        ("dncnn:4", 32, "half", "`start` must be auto or residual with dncnn:4 but got half"),
    ],
)
def test_what_a_denoiser_cannot_do_is_refused(
    text: str, patch_size: int, start: str, sentence: str
) -> None:
    with pytest.raises(DenoiserError, match=sentence):
        find_denoiser(text, patch_size, start)
    assert find_denoiser(text, 96).start("auto") in ("mean", "residual")


def test_the_channels_of_older_runs_are_the_u_net_of_today() -> None:
    assert said({"channels": "32"}) == DenoiserSpec("unet", 32)
    assert said({"channels": 8}) == DenoiserSpec("unet", 8)
    assert said({"denoiser": "redcnn:96"}) == DenoiserSpec("redcnn", 96)
    assert said({"channels": "0"}) is None  # of an evaluation: as the evaluated run says
    assert said({"denoiser": ""}) is None
    assert said({}) is None
    written = as_written_now({"channels": "8", "start": "mean", "seed": "5"})
    assert written == {"denoiser": "unet:8", "start": "auto", "seed": "5"}
    assert as_written_now({"channels": "0"}) == {"denoiser": ""}
    assert as_written_now({"channels": "8", "start": "half"})["start"] == "half"
    now = {"denoiser": "dncnn:64", "start": "residual"}
    assert as_written_now(now) == now
    overrides = "train.epochs=1,train.channels=8"
    assert as_written_now({"overrides": overrides}) == {
        "overrides": "train.epochs=1,train.denoiser=unet:8"
    }


# What every denoiser keeps


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_the_sizes_that_it_says_and_no_smaller(name: str) -> None:
    spec = DenoiserSpec(name, 2)
    sizes, network = spec.design.sizes, spec.build(0)
    rows, columns = (size + sizes.missing(size) for size in (sizes.least, sizes.least + 1))
    image = np.random.default_rng(0).random((2, rows, columns, 1)).astype(np.float32)
    assert network(image).shape == image.shape
    assert spec.design.starts
    assert network.layers[-1].name == "denoised"
    if sizes.least > 1:
        with pytest.raises(Exception, match=r"."):  # Keras's own, of whatever kind
            assert network(image[:, : sizes.least - 1]).shape == image[:, : sizes.least - 1].shape


@pytest.mark.parametrize("name", NAMES)
def test_its_output_stays_in_the_range_that_it_says(name: str) -> None:
    spec = DenoiserSpec(name, 4)
    image = np.random.default_rng(0).normal(0, 1e4, (2, 32, 32, 1)).astype(np.float32)
    found = np.asarray(spec.build(1)(image))
    lowest = {"unit": 0.0, "not negative": 0.0, "unbounded": -np.inf}[spec.design.range]
    highest = 1.0 if spec.design.range == "unit" else np.inf
    assert found.min() >= lowest
    assert found.max() <= highest
    assert (found.max() > 1) == (highest > 1)
    assert (found.min() < 0) == (lowest < 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_alone_decides_its_weights_and_no_two_layers_are_equal(name: str) -> None:
    spec = DenoiserSpec(name, 3)
    one, same, other = (
        [w.numpy() for w in spec.build(seed).weights if len(w.shape) == 4] for seed in (5, 5, 6)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(a, b) for a in one for b in other if a.shape == b.shape)
    pairs = [(a, b) for k, a in enumerate(one) for b in one[:k] if a.shape == b.shape]
    assert pairs
    assert not any(np.array_equal(a, b) for a, b in pairs)
