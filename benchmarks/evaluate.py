"""How long metrics take, and how long it takes to keep them.

    python -m benchmarks.evaluate

1. `metrics`: SSIM, PSNR, NRMSE and the errors in HU of one 512 x 512 slice under `paper8`, against
   scikit-image's SSIM, PSNR and NRMSE of three equal channels, which the paper's code runs.
   The other protocols likewise, for comparison. Each is the best of some repetitions.
2. `log`: the tables, metrics and figures of 3,780 slices (the paper's test set: 2 patients, 4
   reconstructions), denoised and not, under all protocols, into a new SQLite store. The values
   are made up; nothing is denoised.

Half a minute. No number is asserted.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from skimage.metrics import (
    normalized_root_mse,
    peak_signal_noise_ratio,
    structural_similarity,
)

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.evaluation.compared_values import to_values
from pi.evaluation.measure import VOLUME, Evaluation
from pi.evaluation.metrics import METRICS
from pi.evaluation.pair import HuErrors, measured
from pi.evaluation.protocol import PAPER8, PROTOCOLS, Protocol
from pi.evaluation.scores import scores
from pi.evaluation.ssim import ssim
from pi.evaluation.table import IDENTITY, KEY, checked, wide
from pi.protocol_names import USUAL
from pi.tracking.logged_evaluation import log_evaluation
from pi.tracking.run import Run
from pi.tracking.tracker import Tracked

SLICES = {"L096": 2306, "L506": 1474}
RECONSTRUCTIONS = [(1.0, "B30"), (1.0, "D45"), (3.0, "B30"), (3.0, "D45")]


def main() -> None:
    """Print both tables."""
    metrics()
    log()


def metrics() -> None:
    """Compare with scikit-image, same machine, same minute."""
    rng = np.random.default_rng(0)
    target = np.clip(rng.normal(40, 120, (512, 512)), -1024, 3072).astype(np.int16)
    image = (target + rng.normal(0, 25, target.shape)).astype(np.float32)

    def ours(protocol: Protocol) -> Callable[[], object]:
        return lambda: measured(HuErrors(image, target), [protocol], predicted=True)

    a, b = (to_values(v, PAPER8, predicted=p) for v, p in ((image, True), (target, False)))
    three = _best(lambda: three_channels(image, target), 5)
    print(f"{'one 512 x 512 slice':<44}{'ms':>8}{'ratio':>8}")
    print(f"{'scikit-image, 3 channels, paper8':<44}{three:8.1f}{1:8.1f}")
    for name, protocol in PROTOCOLS.items():
        mine = _best(ours(protocol), 30)
        print(f"{f'all metrics, {name}':<44}{mine:8.1f}{three / mine:8.1f}")
    alone = _best(lambda: three_ssim(a, b), 5)
    mine = _best(lambda: ssim(a, b, data_range=255.0), 30)
    print(f"{'SSIM alone: scikit-image, 3 channels':<44}{alone:8.1f}{1:8.1f}")
    print(f"{'SSIM alone: ours':<44}{mine:8.1f}{alone / mine:8.1f}")
    apart = abs(three_ssim(a, b) - ssim(a, b, data_range=255.0))
    print(f"they differ by {apart:.1e}\n")


def three_channels(image: NDArray[np.float32], target: NDArray[np.int16]) -> tuple[float, ...]:
    """Return SSIM, PSNR and NRMSE as the paper's code computes them."""
    a = to_values(image, PAPER8, predicted=True)
    b = to_values(target, PAPER8, predicted=False)
    x, y = (np.repeat(v[..., np.newaxis], 3, axis=2) for v in (a, b))
    return (
        structural_similarity(y, x, channel_axis=-1),
        peak_signal_noise_ratio(y, x),
        normalized_root_mse(y, x),
    )


def three_ssim(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Return scikit-image's SSIM of three equal channels."""
    x, y = (np.repeat(v[..., np.newaxis], 3, axis=2) for v in (a, b))
    return float(structural_similarity(y, x, channel_axis=-1))


def log() -> None:
    """Log the paper's test set into a new store."""
    evaluation = made_up()
    slices = checked(evaluation.slices)
    print(f"{len(slices.drop_duplicates(KEY))} slices, {len(slices)} rows, a new SQLite store:")
    found, shown = scores(evaluation), wide(slices)
    _timed("checked and sorted", lambda: checked(evaluation.slices))
    _timed("means, deviations, gains", lambda: scores(evaluation))
    with new_run() as run:
        logged = _timed(f"{len(found)} metrics", lambda: run.metrics(found))
        logged += _timed("every row, Parquet", lambda: run.parquet(slices, "slices.parquet"))
        logged += _timed("a row per slice, for the UI", lambda: run.table(shown, "slices.json"))
        print(f"{'logged, these three':<32}{logged:6.2f} s")
    with new_run() as run:
        whole = replace(evaluation, slices=slices)
        _timed("log_evaluation, with its figures", lambda: log_evaluation(run, whole, (PAPER8,)))


def made_up() -> Evaluation:
    """Return an evaluation of the paper's size with random values."""
    rng = np.random.default_rng(0)
    keys = []
    for patient, count in SLICES.items():
        for k in range(count):
            thickness, kernel = RECONSTRUCTIONS[k % 4]
            keys.append((patient, thickness, kernel, 0.0, float(k)))
    rows = [
        (*key, protocol, image)
        for key in keys
        for protocol in USUAL
        for image in ("low_dose", "denoised")
    ]
    slices = pd.DataFrame(rows, columns=IDENTITY)
    slices[[*METRICS]] = rng.uniform(0.1, 0.9, (len(rows), len(METRICS)))
    volumes = slices[VOLUME].drop_duplicates()
    rings = pd.DataFrame({"frequency": np.arange(1, 33) / 45})
    power = volumes.merge(rings, how="cross").assign(power=lambda t: 1e4 * np.exp(-t["frequency"]))
    noise = volumes.assign(regions=1000, noise_hu=30.0, peak_frequency=0.2, mean_frequency=0.25)
    tissue = pd.DataFrame({"tissue": ["air", "bone"], "low_hu": [-1024.0, 200.0],
                           "high_hu": [-900.0, np.inf]})  # fmt: skip
    tissues = volumes.merge(tissue, how="cross").assign(pixels=10**6, bias_hu=1.0, rmse_hu=9.0)
    return Evaluation(slices, power, noise, tissues)


@contextmanager
def new_run() -> Iterator[Run]:
    """Open a run in a new SQLite store, whose making is not measured."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{Path(folder, 'mlflow.db')}"
        os.environ["PI_CACHE"] = folder
        with Tracked().open("evaluate", "benchmark") as run:
            yield run


def _best(work: Callable[[], object], times: int) -> float:
    """Return the shortest of some times, in ms."""
    work()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return 1000 * min(found)


def _timed(what: str, work: Callable[[], object]) -> float:
    """Print and return the seconds that ``work`` takes."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(f"{what:<32}{seconds:6.2f} s")
    return seconds


if __name__ == "__main__":
    main()
