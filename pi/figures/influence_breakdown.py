"""Where the influence lies: by reconstruction, and by layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.figures.colours import COLOURS, colour_of
from pi.influence.calibration import ExperimentCalibration
from pi.influence.psi import Floats

MARKERS = ("o", "s", "D", "^", "v", "P", "X")
ROW = 0.42  # inches


@dataclass(frozen=True)
class Strata:
    """What each reconstruction alone would ask for, as a multiple of the lambda chosen for all.

    By the ratio of sums it is the same for every target: lambda scales with the odds of Psi.

    Attributes:
        places: the reconstructions, as they are labelled.
        names: of the calibrations.
        multiples: (calibrations, places) lambdas over the chosen one; NaN where nothing was
            measured.
        colours: of the calibrations' experiments.
    """

    places: tuple[str, ...]
    names: tuple[str, ...]
    multiples: Floats
    colours: tuple[str, ...]


@dataclass(frozen=True)
class LayerShares:
    """What each tapped layer has of the perceptual loss; of the total it has Psi times as much.

    Attributes:
        layers: all that occur, in the network's order.
        names: of the calibrations.
        shares: (calibrations, layers) shares; 0 where a layer is not tapped.
    """

    layers: tuple[str, ...]
    names: tuple[str, ...]
    shares: Floats

    @property
    def divided(self) -> bool:
        """Whether any calibration taps more than one layer."""
        return bool((np.count_nonzero(self.shares, axis=1) > 1).any())


def strata_of(calibrations: Sequence[ExperimentCalibration]) -> Strata:
    """Return the breakdown of some calibrations by reconstruction."""
    places = sorted({stratum.reconstruction for c in calibrations for stratum in c.strata})
    found = [{s.reconstruction: s.weight / c.weight for s in c.strata} for c in calibrations]
    return Strata(
        tuple(str(place) for place in places),
        _names(calibrations),
        np.array([[own.get(place, np.nan) for place in places] for own in found]),
        tuple(colour_of(c.experiment.name) for c in calibrations),
    )


def layer_shares_of(calibrations: Sequence[ExperimentCalibration]) -> LayerShares:
    """Return the breakdown of some calibrations by layer."""
    layers = sorted({layer for c in calibrations for layer in c.experiment.encoder.layers})
    found = [
        dict(zip(c.experiment.encoder.layers, c.losses.mean(c.losses.perceptual), strict=True))
        for c in calibrations
    ]
    losses = np.array([[float(own.get(layer, 0.0)) for layer in layers] for own in found])
    return LayerShares(
        tuple(layers), _names(calibrations), losses / losses.sum(axis=1, keepdims=True)
    )


def share_table(shares: LayerShares) -> pd.DataFrame:
    """Return the layers' shares: one row per calibration, one column per layer."""
    table = pd.DataFrame(shares.shares, columns=list(shares.layers))
    table.insert(0, "calibration", list(shares.names))
    return table


def draw_strata(strata: Strata) -> Figure:
    """Draw a row for each reconstruction, a point for each calibration; 1 is the chosen lambda."""
    height = 1.5 + ROW * len(strata.places) + 0.2 * len(strata.names)
    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    rows = np.arange(len(strata.places))
    offsets = np.linspace(-0.22, 0.22, len(strata.names)) if len(strata.names) > 1 else [0.0]
    for k, (name, offset) in enumerate(zip(strata.names, offsets, strict=True)):
        axes.plot(strata.multiples[k], rows + offset, MARKERS[k % len(MARKERS)], label=name,
                  color=strata.colours[k], markersize=6, linestyle="none")  # fmt: skip
    axes.axvline(1, color="#888888", linewidth=0.8)
    axes.set_xscale("log", base=2)
    low, high = np.nanmin([strata.multiples.min(), 0.5]), np.nanmax([strata.multiples.max(), 2.0])
    axes.set_xlim(low / 1.15, high * 1.15)
    axes.xaxis.set_major_formatter(lambda x, _: f"×{x:g}")
    axes.set_yticks(rows, strata.places)
    axes.set_ylim(len(strata.places) - 0.5, -0.5)
    axes.set_xlabel("λ that the reconstruction alone would ask for, of the λ chosen for all")
    axes.grid(alpha=0.25, axis="x")
    figure.legend(fontsize=8, loc="outside lower left", frameon=False)
    return figure


def draw_layer_shares(shares: LayerShares) -> Figure:
    """Draw a bar for each calibration, divided among its layers."""
    height = 1.5 + 1.5 * ROW * len(shares.names) + 0.1 * len(shares.layers)
    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    rows, begun = np.arange(len(shares.names)), np.zeros(len(shares.names))
    for k, layer in enumerate(shares.layers):
        axes.barh(rows, 100 * shares.shares[:, k], 0.5, 100 * begun, label=layer,
                  color=COLOURS[k % len(COLOURS)], edgecolor="white", linewidth=0.8)  # fmt: skip
        begun = begun + shares.shares[:, k]
    for row, name in enumerate(shares.names):  # above its bar: names are often longer than bars
        axes.annotate(name, (0, row - 0.3), (0, 2), textcoords="offset points", fontsize=8)
    axes.set_yticks([])
    axes.set_ylim(len(shares.names) - 0.5, -0.7)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the perceptual loss (%)")
    figure.legend(fontsize=8, loc="outside lower left", frameon=False, ncols=3)
    return figure


def _names(calibrations: Sequence[ExperimentCalibration]) -> tuple[str, ...]:
    return tuple(f"{c.experiment.name}, {c.state}" for c in calibrations)
