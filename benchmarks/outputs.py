"""What `evaluate` of somebody's outputs costs beside its metrics alone.

    python -m benchmarks.outputs
    python -m benchmarks.outputs --slices 3780

Slices of 512 x 512 in memory as a store of simulated patients; as many float32 .npy files with a
`keys.csv` as somebody's outputs. Under the four protocols that are usual it measures

1. the metrics alone: the same denoised slices, which are there already;
2. `outputs:`: every file found, read and checked before any work, its sha256 taken, then read again
   and measured, as the command does;
3. the files alone: the same without the metrics, which is what they add.

Ratios to the first are printed, of the wall clock and of the processor, each the median of
alternating repetitions; on a busy machine that of the files alone is the steadiest. Half a minute
with the few slices of the default. No number is asserted.
"""

import argparse
import os
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.evaluation.measure import evaluate
from pi.evaluation.protocol import find_protocols
from pi.slices.manifest import Manifest, Volume
from pi.slices.store import Store
from pi.subjects import fetch_subject
from pi.subjects.keys_table import KEYS_FILE, KeyedFile, write_keys

SIDE = 512
PROTOCOLS = "paper8,full_float,abdomen_redcnn,ldctbench"


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--slices", type=int, default=16)
    parser.add_argument("--repetitions", type=int, default=3)
    asked = parser.parse_args()
    store = made_up(asked.slices)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "mine"
        images = write_outputs(store, folder)
        os.environ["PI_OUTPUTS"] = scratch
        fetch_subject("outputs:mine")  # imports what every kind needs
        alone, whole, files = [], [], []
        for _ in range(asked.repetitions):
            alone.append(timed(lambda: metrics_alone(store, images)))
            whole.append(timed(lambda: by_files(store)))
            files.append(timed(lambda: files_alone(store)))
    print(f"{asked.slices} slices of {SIDE} x {SIDE}, {PROTOCOLS}")
    for what, at in (("wall clock", 0), ("processor", 1)):
        one, other, read = (
            statistics.median(each[at] for each in times) for times in (alone, whole, files)
        )
        print(f"{what}: metrics {one:.2f} s, outputs {other:.2f} s, ratio {other / one:.3f}; "
              f"files alone {read:.2f} s, ratio {1 + read / one:.3f}")  # fmt: skip


def metrics_alone(store: Store, images: NDArray[np.float32]) -> None:
    """Measure denoised slices that are in memory."""

    def given(_: Store, volume: int, indices: Sequence[int], /) -> NDArray[np.float32]:
        return images[[*indices]]

    evaluate(store, "test", given, find_protocols(PROTOCOLS), 4, lambda _: None)


def by_files(store: Store) -> None:
    """Do what `evaluate --run outputs:mine` does but for keeping it."""
    subject, protocols = fetch_subject("outputs:mine"), find_protocols(PROTOCOLS)
    subject.check(store, "test", 4, protocols)
    if subject.model is None:
        raise RuntimeError("outputs must have a digest")
    subject.evaluation(store, "test", protocols, 4, lambda _: None)


def files_alone(store: Store) -> None:
    """Find, check, digest and read the files."""
    subject = fetch_subject("outputs:mine")
    subject.check(store, "test", 4)
    denoising = subject.denoising(store)
    if subject.model is None or denoising is None:
        raise RuntimeError("outputs must have a digest and slices")
    for index in range(len(store.volumes[0].positions)):
        denoising(store, 0, [index])


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return seconds of the wall clock and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def made_up(slices: int) -> Store:
    """Return one patient's slices, in memory."""
    rng = np.random.default_rng(5)
    normal = np.empty((slices, SIDE, SIDE), np.int16)
    for image in normal:
        image[:] = rng.normal(40, 120, image.shape).clip(-1024, 3072)
    low = (normal + rng.normal(0, 25, normal.shape[1:])).astype(np.int16)
    maps = {"low": low, "normal": normal}
    volume = Volume(
        "S001", 3.0, "B30", "test", tuple(3.0 * i for i in range(slices)), SIDE, SIDE, 0.7,
        {dose: tuple(zlib.crc32(s.tobytes()) for s in p) for dose, p in maps.items()},  # type: ignore[misc]
        "made up", sheared=False, simulated=True, padded=0, clipped=0, dose=0.25,
    )  # fmt: skip
    return Store(Manifest((volume,), {}, "simulated"), (maps,))  # type: ignore[arg-type]


def write_outputs(store: Store, folder: Path) -> NDArray[np.float32]:
    """Write the low dose, a little calmer, as somebody's outputs; return it."""
    folder.mkdir()
    images = store.maps[0]["low"] * np.float32(0.9)
    rows = []
    for index, image in enumerate(images):
        np.save(folder / f"{index:05}.npy", image)
        rows.append(KeyedFile(f"{index:05}.npy", store.volumes[0].key(index), index))
    write_keys(rows, folder / KEYS_FILE)
    return images


if __name__ == "__main__":
    main()
