"""Every figure with names of sixty characters, twelve runs, one epoch: every text can be read."""

import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from figures.legible import faults
from influence.calibrations import ONE_LAYER, TWO_LAYERS, by_hand
from matplotlib.figure import Figure
from report.compared import compared
from search.studies import objective, worked_at

import pi.figures
from pi.comparison.comparison import Comparison
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.figures import (
    critical_difference,
    denoised_slices,
    effect_forest,
    influence_breakdown,
    influence_curve,
    loss_screen,
    noise_power,
    pair_matrix,
    paired_differences,
    patient_gains,
    perception_distortion,
    pretraining,
    search_front,
    search_history,
    search_importance,
    search_slice,
    slice_viewer,
    tissue_bias,
    training_curves,
    training_influence,
)
from pi.figures.slice_row import SOFT_TISSUE, Pictured, SliceRow, picture_row
from pi.identity import Reconstruction, SliceKey
from pi.influence.screening import QUANTITIES
from pi.influence.table import weight_grid

RUNS = 12
Names = tuple[str, ...]
LONG = tuple(
    f"perceptual_loss_of_the_third_revision_seed_{k:02}_block5_conv4_x" for k in range(RUNS)
)
SHORT = ("a", "mse", "demo1")
NAMES = {"long": LONG, "short": SHORT, "unbroken": tuple(chr(97 + k) * 60 for k in range(4))}
KERNEL = "B30f medium smooth"


@cache
def comparison_of(names: Names, metrics: tuple[str, ...] = ("ssim",)) -> Comparison:
    gains = {name: -0.00004 * k for k, name in enumerate(names)}
    return compared(gains, 8, metrics, None)


@cache
def calibrated(names: Names) -> list[influence_curve.ExperimentCalibration]:
    made = [by_hand(replace(e, name=name), state) for name in names
            for e in (TWO_LAYERS,) for state in ("identity", "untrained")]  # fmt: skip
    return [*made, by_hand(ONE_LAYER)]


def curves_of(names: Names, epochs: int) -> list[training_curves.TrainingCurves]:
    index = pd.RangeIndex(1, epochs + 1, name="epoch")
    columns = {name: np.linspace(0.9, 0.95, epochs) for name in training_curves.SERIES}
    series = pd.DataFrame(columns, index)
    return training_curves.training_curves([(n, n, series, 0.95) for n in names])


def spectra_of(places: int) -> list[noise_power.Spectra]:
    ring = np.linspace(0.05, 0.7, 20)
    lines = [
        noise_power.SpectrumLine(i, "S1", ring, 1e3 * np.exp(-ring)) for i in (LOW_DOSE, DENOISED)
    ]
    said = "low dose: 24.3 HU, mean 0.31/mm\ndenoised: 8.1 HU, mean 0.22/mm"
    return [noise_power.Spectra(Reconstruction(k + 1.0, KERNEL), (), tuple(lines), said)
            for k in range(places)]  # fmt: skip


def biases(places: int) -> list[tissue_bias.TissueBias]:
    where = np.arange(len(tissue_bias.TISSUES))
    return [tissue_bias.TissueBias(Reconstruction(k + 1.0, KERNEL), image, where, where * 0.5)
            for k in range(places) for image in (LOW_DOSE, DENOISED)]  # fmt: skip


def slice_row(names: Names) -> SliceRow:
    rng = np.random.default_rng(1)
    target = rng.normal(0, 30, (64, 64)).astype(np.float32)
    images = [Pictured(LOW_DOSE, "low dose (input)", target + 9, "", 9.0)]
    images += [Pictured(n, n, target + 4, "SSIM 0.9412", 4.0) for n in names[:3]]
    key = SliceKey("S0123456789", 1.0, KERNEL, -123.5)
    return picture_row("largest loss", key, images, target, 0.7)


def history(epochs: int) -> training_influence.InfluenceHistory:
    at, share = np.arange(1.0, epochs + 1), np.linspace(0.9, 0.97, epochs)
    labels = [
        f"{p}, {e}" for p in ("training", "validation") for e in ("ratio of sums", "mean of ratios")
    ]
    two = ("over the parameters", "over the output")
    return training_influence.InfluenceHistory(
        at, dict.fromkeys(labels, share), at, dict.fromkeys(two, share), dict.fromkeys(two, share)
    )


def study(kind: str) -> search_history.SearchHistory:
    _, found = worked_at(objective(kind), 12)
    return search_history.search_history(found.trials, found.objective)


def slices_of(names: Names) -> search_slice.Slices:
    made = np.linspace(-3, 0, 4)
    each = [
        search_slice.Slice(n, "#0072B2", made, made + 4, made + 9, made > -2, 1.0) for n in names
    ]
    return search_slice.Slices("validation SSIM", 0.95, (0.9, 0.97), tuple(each))


def gains(names: Names) -> Figure:
    found = comparison_of(names)
    shown = [c for c in found.contrasts if c.metric == "ssim" and c.reference == names[0]]
    rng = np.random.default_rng(3)
    edges, labels = np.linspace(-0.00031, 0.00052, 62), map(paired_differences.pair_label, shown)
    made = [paired_differences.GainDistribution(n, edges, rng.random(61), 0.0001, 0.5)
            for n in labels]  # fmt: skip
    return paired_differences.draw_gain_distributions(made, "ssim")


def strips(names: Names) -> Figure:
    found = comparison_of(names)
    shown = [c for c in found.contrasts if c.metric == "ssim" and c.reference == names[0]]
    return patient_gains.draw_patient_strips(patient_gains.patient_strips(shown), "ssim")


def forest(names: Names) -> Figure:
    found = comparison_of(names)
    shown = [c for c in found.contrasts if c.reference == names[0]]
    return effect_forest.draw_effect_forest(effect_forest.effects_by_metric(shown))


def matrix(names: Names) -> Figure:
    found = comparison_of(names)
    shown = [c for c in found.contrasts if c.metric == "ssim"]
    return pair_matrix.draw_pair_matrix(pair_matrix.pair_matrix(shown, names))


def influence(names: Names) -> Figure:
    made = calibrated(names)
    return influence_curve.draw_influence(
        influence_curve.influence_curves(made, weight_grid(made)), 0.95, [0.1]
    )


def screened(names: Names) -> Figure:
    made = {name: 0.4 + 0.01 * k for k, name in enumerate(names)}
    rows = [
        {"experiment": name, **{f"{q}{end}": value + more for q in QUANTITIES
                                for end, more in (("", 0.0), ("_low", -0.1), ("_high", 0.1))}}
        for name, value in made.items()
    ]  # fmt: skip
    return loss_screen.draw_screen(pd.DataFrame(rows))


def learned() -> Figure:
    losses = np.linspace(2, 1, 101)
    names = ("kernel", "slice thickness", "dose", "position along the body")
    return pretraining.draw_pretraining([pretraining.TaskCurve(n, 0.9, 0.5, losses) for n in names])


def front() -> Figure:
    points = np.linspace(0.0001, 0.0009, 9)
    return search_front.draw_front(search_front.FrontPoints(0.95, points, points, points, points))


def trade() -> Figure:
    psi = np.array([0.2, 0.5, 0.9, 0.95, 0.99, 0.9995])
    table = pd.DataFrame(
        {"psi": psi, "log_odds": np.log(psi / (1 - psi)), "ssim": np.linspace(0.93, 0.9, 6),
         "noise_distance": np.linspace(0.6, 0.1, 6), "front": True, "feasible": psi < 0.99,
         "label": ["", "", "", "target", "in print (Table 2)", "habit"]}
    ).sort_values("noise_distance")  # fmt: skip
    return perception_distortion.draw_trade(perception_distortion.Trade(table))


def _spectra(places: int) -> Figure:
    return noise_power.draw_noise_power(spectra_of(places))


def _biases(places: int) -> Figure:
    return tissue_bias.draw_tissue_bias(biases(places))


def _history(epochs: int) -> Figure:
    return training_influence.draw_history(history(epochs), 0.95)


def _study(kind: str) -> Figure:
    return search_history.draw_search(study(kind))


OF_NAMES: dict[str, Callable[[Names], Figure]] = {
    "draw_critical_differences": lambda names: critical_difference.draw_critical_differences(
        comparison_of(names).friedman),
    "draw_effect_forest": forest,
    "draw_gain_distributions": gains,
    "draw_patient_strips": strips,
    "draw_pair_matrix": matrix,
    "draw_influence": influence,
    "draw_strata": lambda names: influence_breakdown.draw_strata(
        influence_breakdown.strata_of(calibrated(names))),
    "draw_layer_shares": lambda names: influence_breakdown.draw_layer_shares(
        influence_breakdown.layer_shares_of(calibrated(names))),
    "draw_losses": lambda names: training_curves.draw_losses(curves_of(names, 1)),
    "draw_influences": lambda names: training_curves.draw_influences(curves_of(names, 1)),
    "draw_screen": screened,
    "draw_slices": lambda names: search_slice.draw_slices(slices_of(names)),
    "draw_details": lambda names: denoised_slices.draw_details([slice_row(names)] * 2),
    "draw_viewer": lambda names: slice_viewer.draw_viewer(
        slice_row(names), SOFT_TISSUE, detail=False),
    "draw_importance": lambda names: search_importance.draw_importance(dict.fromkeys(names, 0.3)),
}  # fmt: skip
"""Figures in which names of runs or experiments stand."""

OF_NO_NAMES: dict[str, list[Callable[[], Figure]]] = {
    "draw_noise_power": [partial(_spectra, n) for n in (0, 1, 4)],
    "draw_tissue_bias": [partial(_biases, n) for n in (1, 4)],
    "draw_history": [partial(_history, n) for n in (1, 10)],
    "draw_pretraining": [learned],
    "draw_search": [partial(_study, kind) for kind in ("val_ssim", "psi_target")],
    "draw_front": [front],
    "draw_trade": [trade],
}

DRAWN_ELSEWHERE = {"draw_panel"}
"""Draws into axes of a figure that is in the table."""


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("drawing", OF_NAMES)
def test_no_name_is_cut_or_lies_over_another(drawing: str, kind: str) -> None:
    assert faults(OF_NAMES[drawing](NAMES[kind])) == []


@pytest.mark.parametrize("drawing", OF_NO_NAMES)
def test_no_text_is_cut_or_lies_over_another(drawing: str) -> None:
    assert [fault for draw in OF_NO_NAMES[drawing] for fault in faults(draw())] == []


def test_slices_of_three_runs_are_titled_in_their_own_columns() -> None:
    for names in NAMES.values():
        assert faults(denoised_slices.draw_slices([slice_row(names)] * 2)) == []


def test_every_figure_is_in_one_of_the_tables() -> None:
    known = {*OF_NAMES, *OF_NO_NAMES, *DRAWN_ELSEWHERE}
    modules = [
        import_module(f"pi.figures.{m.name}") for m in pkgutil.iter_modules(pi.figures.__path__)
    ]
    found = {
        name
        for module in modules
        for name, own in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("draw_") and own.__module__ == module.__name__
    }
    assert found == known


def test_a_text_outside_and_two_over_each_other_are_faults() -> None:
    figure = Figure(figsize=(2, 2))
    figure.text(0.9, 0.5, "too far to the right")
    figure.text(0.1, 0.1, "below")
    figure.text(0.12, 0.1, "over")
    assert faults(figure) == ["'too far to the right' lies outside", "'below' lies over 'over'"]
