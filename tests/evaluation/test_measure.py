"""A part of a store, measured whole: doing nothing, a known bias, any size of slice."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import DenoiserSpec, Sizes
from pi.evaluation.choice import choose_slices, read_choice, require_some_value
from pi.evaluation.denoising import DenoisedBatch, of_pixels
from pi.evaluation.feature_distance import FeatureWitness
from pi.evaluation.measure import Evaluation, evaluate
from pi.evaluation.metrics import measured_metrics
from pi.evaluation.pair import HuErrors
from pi.evaluation.protocol import FULL_FLOAT, PAPER8, EvaluationError
from pi.evaluation.scores import scores
from pi.evaluation.summary import summary_text
from pi.evaluation.table import IDENTITY, KEY
from pi.evaluation.whole_slices import slice_denoiser
from pi.figures.denoised_slices import draw_details, draw_slices, slice_rows, to_uint8
from pi.figures.noise_power import draw_noise_power, noise_spectra
from pi.figures.tissue_bias import draw_tissue_bias, tissue_biases
from pi.slices.intensity import denormalise, normalise
from pi.slices.store import Store


def nothing(_: int) -> None: ...


def add_5_hu(low_dose: tf.Tensor) -> tf.Tensor:
    return low_dose + 5 / 4096


@pytest.fixture
def biased(tiny_store: Store) -> Evaluation:
    """The tiny study's test patients; the denoiser returns what it is given, 5 HU brighter."""
    denoise = slice_denoiser(add_5_hu, Sizes())
    return evaluate(tiny_store, "test", of_pixels(denoise), (PAPER8, FULL_FLOAT), 4, nothing)


def test_every_slice_is_measured_once_with_doing_nothing_beside_it(
    tiny_store: Store, biased: Evaluation
) -> None:
    keys = {
        volume.key(k)
        for volume in tiny_store.volumes
        if volume.split == "test"
        for k in range(len(volume.positions))
    }
    assert list(biased.slices.columns) == [*IDENTITY, *measured_metrics("basic")]
    assert len(biased.slices) == 4 * len(keys)
    counts = biased.slices.groupby(KEY)["image"].value_counts()
    assert (counts == 2).all()
    assert set(biased.slices["patient"]) == {key.patient for key in keys}


def test_a_bias_of_5_hu_is_found_everywhere(biased: Evaluation) -> None:
    for table in (biased.slices, biased.tissues):
        names = [c for c in (*KEY, "protocol", "tissue") if c in table]
        bias = table.pivot(index=names, columns="image", values="bias_hu")
        assert (bias["denoised"] - bias["low_dose"]).to_numpy() == pytest.approx(5, abs=1e-3)


def test_a_bias_changes_no_noise(biased: Evaluation) -> None:
    by_image = biased.noise.pivot(
        index=["patient", "thickness", "kernel"], columns="image", values="noise_hu"
    )
    assert by_image["denoised"].to_numpy() == pytest.approx(by_image["low_dose"], rel=1e-4)
    power = biased.noise_power
    assert (power["power"] > 0).all()


def test_the_sharp_kernel_is_noisier_and_at_higher_frequencies(biased: Evaluation) -> None:
    mean = biased.noise.groupby("kernel")[["noise_hu", "mean_frequency"]].mean()
    assert (mean.loc["D45"] > mean.loc["B30"]).all()


def test_scores_name_judged_low_dose_gain_reconstruction_and_patient(biased: Evaluation) -> None:
    found = scores(biased)
    slices = biased.slices
    of = slices[(slices["protocol"] == "paper8") & (slices["image"] == "denoised")]
    assert found["paper8/ssim"] == pytest.approx(of["ssim"].mean())
    assert found["paper8/ssim_sd"] == pytest.approx(of["ssim"].std(ddof=0))
    gain = found["paper8/ssim"] - found["paper8/ssim_low_dose"]
    assert found["paper8/ssim_gain"] == pytest.approx(gain)
    assert found["bias_hu"] - found["bias_hu_low_dose"] == pytest.approx(5, abs=1e-3)
    patient = of["patient"].iloc[0]
    own = of[of["patient"] == patient]["psnr"].mean()
    assert found[f"paper8/psnr_of/{patient}"] == pytest.approx(own)
    inside = of[(of["thickness"] == 3.0) & (of["kernel"] == "D45")]["ssim"].mean()
    assert found["paper8/ssim_in/3mm_D45_25pct"] == pytest.approx(inside)
    assert found["bias_hu_of_tissue/air"] - found["bias_hu_of_tissue/air_low_dose"] == (
        pytest.approx(5, abs=1e-3)
    )
    assert "paper8/rmse_clipped_hu" not in found  # which would only repeat rmse_hu
    assert all(np.isfinite(value) for value in found.values())


def test_doing_nothing_is_judged_by_the_low_dose(tiny_store: Store) -> None:
    evaluation = evaluate(tiny_store, "validation", None, (PAPER8,), 4, nothing)
    assert set(evaluation.slices["image"]) == {"low_dose"}
    found = scores(evaluation)
    assert found["paper8/ssim"] == found["paper8/ssim_low_dose"]
    assert found["paper8/ssim_gain"] == 0
    assert len(draw_noise_power(noise_spectra(evaluation.noise_power, evaluation.noise)).axes) == 4


def test_a_part_without_patients_is_refused(tiny_store: Store) -> None:
    volumes = [n for n, v in enumerate(tiny_store.volumes) if v.split == "train"]
    training = Store(
        type(tiny_store.manifest)(tuple(tiny_store.volumes[n] for n in volumes), {}, "mine"),
        tuple(tiny_store.maps[n] for n in volumes),
    )
    with pytest.raises(EvaluationError, match="patients in the part `test` but has none"):
        evaluate(training, "test", None, (PAPER8,), 4, nothing)


@pytest.mark.parametrize("shape", [(1, 16, 32), (3, 17, 40), (2, 33, 15)])
def test_slices_of_any_size_pass_a_u_net(shape: tuple[int, int, int]) -> None:
    spec = DenoiserSpec("unet", 2)
    unet = spec.build(seed=0)
    hu = np.random.default_rng(0).integers(-1024, 1000, shape).astype(np.int16)
    found = slice_denoiser(unet, spec.design.sizes)(hu)
    assert found.shape == shape
    assert found.dtype == np.float32
    _, rows, columns = shape
    padded = np.pad(hu, ((0, 0), (0, -rows % 16), (0, -columns % 16)), mode="reflect")
    whole = denormalise(unet(normalise(padded)[..., np.newaxis]).numpy()[..., 0])
    assert found == pytest.approx(whole[:, :rows, :columns], abs=1e-2)


def test_a_denoiser_that_does_nothing_returns_the_same_hu() -> None:
    hu = np.arange(-1024, 3072, 2, dtype=np.int16).reshape(1, 32, 64)
    assert slice_denoiser(lambda x: x, Sizes())(hu) == pytest.approx(hu, abs=1e-3)


def test_who_else_looks_sees_every_slice_once_as_it_was_denoised(tiny_store: Store) -> None:
    given: list[int] = []

    def brighter(hu: np.ndarray) -> np.ndarray:
        given.append(len(hu))
        return hu.astype(np.float32) + 5

    seen: list[DenoisedBatch] = []
    features = FeatureWitness(lambda images: [images[:, ::2, ::2]])
    found = evaluate(tiny_store, "test", of_pixels(brighter), (PAPER8,), 3, nothing, "basic",
                     [seen.append, features])  # fmt: skip
    every = [(b.volume, i) for b in seen for i in b.indices]
    assert len(set(every)) == len(every) == sum(given) == found.slices["position"].size / 2
    for batch in seen:
        assert batch.denoised is not None
        for k, (low, normal) in enumerate(batch.pairs):
            np.testing.assert_array_equal(batch.denoised[k], low.astype(np.float32) + 5)
            expected = tiny_store.pair(batch.volume, batch.indices[k])
            np.testing.assert_array_equal((low, normal), expected)
    slices = features.added_to(found).slices
    assert slices["features"].between(0, 2).all()
    apart = slices.groupby("image")["features"].mean()
    assert apart["denoised"] != apart["low_dose"]


def test_texture_is_measured_and_what_small_slices_lack_is_said(tiny_store: Store) -> None:
    found = evaluate(tiny_store, "test", None, (FULL_FLOAT,), 4, nothing, "all")
    slices, numbers = found.slices, scores(found)
    assert slices["ms_ssim"].isna().all()
    assert (
        "MS-SSIM (ms_ssim) has no value on 32 of 32 slices, each a slice of fewer" in found.remark
    )
    assert numbers["full_float/ms_ssim_undefined"] == 32
    assert numbers["noise_distance"] == pytest.approx(slices["noise_distance"].mean())
    # A quarter of the dose has four times the power, in every octave.
    assert numbers["noise_distance"] == pytest.approx(np.log(4), abs=0.1)
    assert numbers["full_float/haarpsi_gain"] == 0
    assert "undefined" in summary_text(slices)
    with pytest.raises(EvaluationError, match=r"MS-SSIM .* but none of 32 has: each is a slice of"):
        choose_slices(slices, "full_float", "ms_ssim")
    with pytest.raises(EvaluationError, match="ms_ssim has none of fewer than 176 rows"):
        require_some_value(tiny_store, "test", "ms_ssim")
    for name in ("haarpsi", "vifp", "noise_distance", "hallucination"):
        require_some_value(tiny_store, "test", name)


class Airy(Store):
    """A store of air alone."""

    def pair(self, volume: int, index: int) -> tuple[np.ndarray, np.ndarray]:
        low, normal = super().pair(volume, index)
        return low, np.full_like(normal, -1000)


@pytest.mark.parametrize(
    ("metric", "why"),
    [("noise_distance", "each a slice without a flat region of soft tissue"),
     ("hallucination", "each a slice without a patch of soft tissue"),
     ("vifp", "or a target without structure")],
)  # fmt: skip
def test_a_metric_that_no_slice_has_is_refused_before_any_work(
    tiny_store: Store, metric: str, why: str
) -> None:
    air = Airy(tiny_store.manifest, tiny_store.maps)
    said = f"`objective` must have a value .* {metric} has none of the 32 of the part test, .*{why}"
    with pytest.raises(EvaluationError, match=said):
        require_some_value(air, "test", metric, "objective")
    require_some_value(air, "test", "ssim")


def test_chosen_slices_are_read_again_by_their_key(tiny_store: Store, biased: Evaluation) -> None:
    for choice in choose_slices(biased.slices, "full_float", "ssim"):
        shown = read_choice(tiny_store, choice, of_pixels(slice_denoiser(add_5_hu, Sizes())))
        errors = HuErrors(shown.images["low_dose"], shown.normal_dose)
        rows = biased.slices.set_index([*KEY, "protocol", "image"])
        key = [getattr(choice.key, name) for name in KEY]
        assert rows.loc[(*key, "full_float", "low_dose"), "rmse_hu"] == errors.rmse_hu
        bias = shown.errors["denoised"].bias_hu - shown.errors["low_dose"].bias_hu
        assert bias == pytest.approx(5, abs=1e-3)


def test_figures_show_what_was_chosen_on_fixed_scales(
    tiny_store: Store, biased: Evaluation
) -> None:
    choices = choose_slices(biased.slices, "paper8", "ssim")
    shown = [
        read_choice(tiny_store, choice, of_pixels(slice_denoiser(add_5_hu, Sizes())))
        for choice in choices
    ]
    rows = slice_rows(shown, "ssim")
    assert [row.rank for row in rows] == ["worst", "median", "best", "reference"]
    names = [panel.name for panel in rows[0].panels]
    assert names == ["low_dose", "denoised", "normal_dose", "low_dose_error", "denoised_error"]
    for row in rows:
        assert row.side == 24
        low, _, target, error, _ = row.panels
        assert (error.hu == np.abs(low.hu - target.hu)).all()
    for draw in (draw_slices, draw_details):
        images = [axes.images[0].get_clim() for axes in draw(rows).axes if axes.images]
        assert set(images) == {(-160.0, 240.0), (0.0, 100.0)}


def test_without_a_pixel_spacing_there_is_no_spectrum_and_no_scale_and_both_are_said(
    tiny_store: Store, biased: Evaluation
) -> None:
    volumes = tuple(replace(v, pixel_spacing=None) for v in tiny_store.volumes)
    store = Store(replace(tiny_store.manifest, volumes=volumes), tiny_store.maps)
    found = evaluate(store, "test", None, (FULL_FLOAT,), 4, nothing)
    assert found.noise.empty
    assert found.noise_power.empty
    assert "pixel spacing of 32 slices is unknown" in found.remark
    assert biased.remark == ""
    assert not any(name.startswith("noise/") for name in scores(found))
    figure = draw_noise_power(noise_spectra(found.noise_power, found.noise))
    assert "pixel spacing is unknown" in figure.axes[0].get_title()
    (choice, *_) = choose_slices(found.slices, "full_float", "ssim")
    for data, lines in ((store, 0), (tiny_store, 1)):
        rows = slice_rows([read_choice(data, choice, None)], "ssim")
        assert len(draw_slices(rows).axes[0].lines) == lines
        assert ("pixel spacing unknown" in rows[0].label) == (lines == 0)


def test_pixels_become_grey_levels_of_a_fixed_window(tiny_store: Store, biased: Evaluation) -> None:
    (choice, *_) = choose_slices(biased.slices, "paper8", "ssim")
    shown = read_choice(tiny_store, choice, None)
    image, _, error = slice_rows([shown], "ssim")[0].panels
    levels = to_uint8(image)
    assert levels.dtype == np.uint8
    assert (levels[image.hu <= -160] == 0).all()
    assert (levels[image.hu >= 240] == 255).all()
    assert (to_uint8(error)[error.hu >= 100] == 255).all()


def test_bias_is_drawn_by_reconstruction(biased: Evaluation) -> None:
    found = tissue_biases(biased.tissues)
    assert len(found) == 8
    assert len(draw_tissue_bias(found).axes) == 4
