"""Where the influence lies: by reconstruction, and by layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.figures.influence_curve import COLOURS
from pi.influence.calibration import Calibration
from pi.influence.psi import Floats

MARKERS = ("o", "s", "D", "^", "v", "P", "X")
IMAGE_COLOUR = "#BBBBBB"
ROW = 0.42  # inches


@dataclass(frozen=True)
class Strata:
    """Psi within each reconstruction, at the one lambda that was chosen for all.

    Attributes:
        places: the reconstructions, as they are labelled.
        names: of the calibrations.
        psi: (calibrations, places) shares; NaN where nothing was measured.
        target: the Psi asked for, of all.
    """

    places: tuple[str, ...]
    names: tuple[str, ...]
    psi: Floats
    target: float


@dataclass(frozen=True)
class LayerShares:
    """What each tapped layer has of the total loss, at the chosen lambda.

    Attributes:
        layers: all that occur, in the network's order.
        names: of the calibrations.
        shares: (calibrations, layers) shares; 0 where a layer is not tapped.
    """

    layers: tuple[str, ...]
    names: tuple[str, ...]
    shares: Floats

    @property
    def image(self) -> Floats:
        """What is left for the image loss, (calibrations,)."""
        return np.asarray(1 - self.shares.sum(axis=1))


def strata_of(calibrations: Sequence[Calibration]) -> Strata:
    """Return the breakdown of some calibrations by reconstruction."""
    places = sorted({stratum.reconstruction for c in calibrations for stratum in c.strata})
    found = [{s.reconstruction: s.psi for s in c.strata} for c in calibrations]
    return Strata(
        tuple(str(place) for place in places),
        _names(calibrations),
        np.array([[own.get(place, np.nan) for place in places] for own in found]),
        calibrations[0].precision.target_psi,
    )


def layer_shares_of(calibrations: Sequence[Calibration]) -> LayerShares:
    """Return the breakdown of some calibrations by layer."""
    layers = sorted({layer for c in calibrations for layer in c.experiment.encoder.layers})
    found = [dict(zip(c.experiment.encoder.layers, c.shares, strict=True)) for c in calibrations]
    return LayerShares(
        tuple(layers),
        _names(calibrations),
        np.array([[float(own.get(layer, 0.0)) for layer in layers] for own in found]),
    )


def share_table(shares: LayerShares) -> pd.DataFrame:
    """Return the layers' shares: one row a calibration, one column a layer, and the image loss."""
    table = pd.DataFrame(shares.shares, columns=list(shares.layers))
    table.insert(0, "calibration", list(shares.names))
    return table.assign(image_loss=shares.image)


def draw_strata(strata: Strata) -> Figure:
    """Draw a row for each reconstruction, a point for each calibration, the target upright."""
    height = 1.5 + ROW * len(strata.places) + 0.2 * len(strata.names)
    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    rows = np.arange(len(strata.places))
    offsets = np.linspace(-0.22, 0.22, len(strata.names)) if len(strata.names) > 1 else [0.0]
    for k, (name, offset) in enumerate(zip(strata.names, offsets, strict=True)):
        axes.plot(100 * strata.psi[k], rows + offset, MARKERS[k % len(MARKERS)], label=name,
                  color=COLOURS[k % len(COLOURS)], markersize=6, linestyle="none")  # fmt: skip
    axes.axvline(100 * strata.target, color="#888888", linewidth=0.8)
    axes.set_yticks(rows, strata.places)
    axes.set_ylim(len(strata.places) - 0.5, -0.5)
    axes.set_xlabel(f"Ψ within the reconstruction (%), target {100 * strata.target:g} %")
    axes.grid(alpha=0.25, axis="x")
    figure.legend(fontsize=8, loc="outside lower left", frameon=False)
    return figure


def draw_layer_shares(shares: LayerShares) -> Figure:
    """Draw a bar for each calibration, divided among the image loss and the layers."""
    height = 1.5 + 1.5 * ROW * len(shares.names) + 0.1 * len(shares.layers)
    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    rows, begun = np.arange(len(shares.names)), np.zeros(len(shares.names))
    parts = [("image loss", IMAGE_COLOUR, shares.image)]
    parts += [
        (layer, COLOURS[k % len(COLOURS)], shares.shares[:, k])
        for k, layer in enumerate(shares.layers)
    ]
    for label, colour, widths in parts:
        axes.barh(rows, 100 * widths, 0.5, 100 * begun, color=colour, label=label,
                  edgecolor="white", linewidth=0.8)  # fmt: skip
        begun = begun + widths
    for row, name in enumerate(shares.names):  # above its bar: names are often longer than bars
        axes.annotate(name, (0, row - 0.3), (0, 2), textcoords="offset points", fontsize=8)
    axes.set_yticks([])
    axes.set_ylim(len(shares.names) - 0.5, -0.7)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the total loss (%)")
    figure.legend(fontsize=8, loc="outside lower left", frameon=False, ncols=3)
    return figure


def _names(calibrations: Sequence[Calibration]) -> tuple[str, ...]:
    return tuple(f"{c.experiment.name}, {c.state}" for c in calibrations)
