"""Noise power spectra before and after denoising, by reconstruction."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import NDArray

from pi.digits import number
from pi.evaluation.table import DENOISED, LOW_DOSE, RECONSTRUCTION, Image, by_reconstruction
from pi.identity import Reconstruction

COLOURS: dict[Image, str] = {LOW_DOSE: "#0072B2", DENOISED: "#D55E00"}  # Okabe and Ito


@dataclass(frozen=True)
class SpectrumLine:
    """One spectrum.

    Attributes:
        image: of which.
        patient: pseudonym; empty of a mean.
        frequencies: (rings,) 1/mm.
        power: (rings,) HU^2 mm^2.
    """

    image: Image
    patient: str
    frequencies: NDArray[np.float64] = field(repr=False)
    power: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True)
class Spectra:
    """The spectra of one reconstruction.

    Attributes:
        reconstruction: which.
        patients: one line per patient and image.
        means: over patients, one line per image, on the frequencies that all patients have.
        summary: noise and mean frequency of each image, averaged over patients, as text.
    """

    reconstruction: Reconstruction
    patients: tuple[SpectrumLine, ...]
    means: tuple[SpectrumLine, ...]
    summary: str


def noise_spectra(power: pd.DataFrame, noise: pd.DataFrame) -> list[Spectra]:
    """Return what is drawn, one entry a reconstruction.

    Args:
        power: the table ``noise_power`` of an `pi.evaluation.measure.Evaluation`.
        noise: its table ``noise``.
    """
    spectra = []
    summaries = dict(by_reconstruction(noise))
    for place, rows in by_reconstruction(power):
        lines = [
            SpectrumLine(image, str(patient), one["frequency"].to_numpy(np.float64),
                 one["power"].to_numpy(np.float64))
            for image in COLOURS
            for patient, one in rows[rows["image"] == image].groupby("patient", sort=True)
        ]  # fmt: skip
        present = [image for image in COLOURS if any(line.image == image for line in lines)]
        of = summaries[place]
        spectra.append(
            Spectra(
                place,
                tuple(lines),
                tuple(_mean([line for line in lines if line.image == i]) for i in present),
                "\n".join(_summary(of[of["image"] == image], image) for image in present),
            )
        )
    return spectra


def spectrum_table(spectra: Sequence[Spectra]) -> pd.DataFrame:
    """Return the data of the figure: a row a frequency of a line; a mean's patient is empty."""
    rows = [
        (*astuple(one.reconstruction), line.patient, line.image, *point)
        for one in spectra
        for line in (*one.patients, *one.means)
        for point in zip(line.frequencies, line.power, strict=True)
    ]
    names = [*RECONSTRUCTION, "patient", "image", "frequency_per_mm", "power_hu2_mm2"]
    return pd.DataFrame(rows, columns=names)


def draw_noise_power(spectra: Sequence[Spectra]) -> Figure:
    """Draw the radial spectra; thin lines are patients, thick ones their mean.

    The power axis is logarithmic: a line that keeps its shape and sinks is less of the same
    noise, one that bends down at high frequencies is blur.
    """
    figure = Figure(figsize=(3.6 * max(len(spectra), 1) + 0.6, 3.8), layout="constrained")
    grid = figure.subplots(1, max(len(spectra), 1), sharey=True, squeeze=False)[0]
    for one, axes in zip(spectra, grid, strict=False):
        _draw_spectra(axes, one)
    grid[0].set_ylabel("noise power (HU² mm²)")
    if spectra:
        grid[0].legend(fontsize=9, loc="lower left")
    else:
        why = "no region of soft tissue is large enough,\nor the pixel spacing is unknown"
        grid[0].set_title(why, fontsize=10)
    return figure


def _draw_spectra(axes: Axes, spectra: Spectra) -> None:
    for line in spectra.patients:
        axes.plot(line.frequencies, line.power, color=COLOURS[line.image], alpha=0.3, linewidth=0.8)
    for line in spectra.means:
        axes.plot(line.frequencies, line.power, color=COLOURS[line.image], linewidth=2,
                  label=line.image.replace("_", " "))  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(LogFormatter())  # the usual one writes mathematics
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
    axes.set_xlabel("spatial frequency (1/mm)")
    axes.set_title(f"{spectra.reconstruction}", fontsize=11)
    axes.annotate(spectra.summary, (0.98, 0.97), xycoords="axes fraction", ha="right", va="top",
                  fontsize=8)  # fmt: skip
    axes.margins(y=0.2)
    axes.grid(alpha=0.25)


def _mean(lines: Sequence[SpectrumLine]) -> SpectrumLine:
    """Return the mean of spectra whose frequencies differ by the patients' pixel spacings."""
    low = max(line.frequencies[0] for line in lines)
    high = min(line.frequencies[-1] for line in lines)
    grid = np.linspace(low, high, max(line.frequencies.size for line in lines))
    power = np.mean([np.interp(grid, line.frequencies, line.power) for line in lines], axis=0)
    return SpectrumLine(lines[0].image, "", grid, power)


def _summary(noise: pd.DataFrame, image: Image) -> str:
    return (
        f"{image.replace('_', ' ')}: {number(noise['noise_hu'].mean())} HU, "
        f"mean {number(noise['mean_frequency'].mean())}/mm"
    )
