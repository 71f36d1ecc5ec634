"""Is reading ever the bottleneck of training, and does its memory grow with the store?

    python -m benchmarks.input_pipeline

1. `reading`: patches per second of the feed (random patches of a memory-mapped int16 store, read
   ahead by a thread) against what is usually done: a float64 .npy file for each patch and dose,
   read in the same order and made float32. Both are HU, from the system's file cache, in turn, the
   best of seven rounds. A store of up to 512 MB stays mapped; of a larger one pages are mapped
   anew, which costs as much again. Beside it the time of a batch as a share of a train step, where
   `--step` says how long that is.
2. `memory`: peak memory of a whole training step loop (unet:2, MSE) on sparse stores of 1,000
   and of 16,628 pairs of 512 x 512 slices, every slice touched, each in a process of its own.

Sparse files hold zeros and take no room on disk. A few minutes on two cores.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

# Only light imports here: a child inherits the peak memory of its parent (getrusage(2)).
PAIRS = (1_000, 16_628)
SIZE = 512
SLICES = 250  # of a volume
ROUNDS = 7
KILOBYTE = 1 if sys.platform == "darwin" else 1024


def write_sparse_store(folder: Path, pairs: int) -> None:
    """Write a store of ``pairs`` slices of zeros, and one more pair to validate on."""
    import numpy as np

    from pi.slices.manifest import DOSES, Manifest, Volume, ordered, to_json
    from pi.slices.store import MANIFEST, volume_file

    crc = zlib.crc32(bytes(2 * SIZE * SIZE))
    parts = [(min(SLICES, pairs - start), "train") for start in range(0, pairs, SLICES)]
    volumes = [
        Volume(
            patient=f"P{number}", thickness=1.0, kernel="B30", split=split,  # type: ignore[arg-type]
            positions=tuple(float(k) for k in range(count)), rows=SIZE, columns=SIZE,
            pixel_spacing=0.7, checksums=dict.fromkeys(DOSES, (crc,) * count),
            content=f"{number:064d}", sheared=False, simulated=True, padded=0, clipped=0,
        )
        for number, (count, split) in enumerate([*parts, (1, "validation")])
    ]  # fmt: skip
    volumes = [volumes[k] for k in ordered(volumes)]
    (folder / "volumes").mkdir(parents=True)
    for number, volume in enumerate(volumes):
        for dose in DOSES:
            shape = (len(volume.positions), SIZE, SIZE)
            file = volume_file(folder, number, dose)
            np.lib.format.open_memmap(file, "w+", np.dtype("<i2"), shape)
    (folder / MANIFEST).write_text(to_json(Manifest(tuple(volumes), {}, "sparse")))


def reading(batches: int, step: float) -> None:
    """Print the rates of the feed and of a file for each patch."""
    import numpy as np

    from pi.slices.patches import PatchPopulation
    from pi.slices.store import Store

    count = 16 * batches
    with tempfile.TemporaryDirectory() as scratch:
        write_sparse_store(Path(scratch, "store"), count // 8)
        patches, others = (  # each mapped by itself
            PatchPopulation(Store.open(Path(scratch, "store")), "train", 96, 96, "paper")
            for _ in range(2)
        )
        order = np.random.default_rng(5).integers(len(patches), size=count)
        groups = np.split(order, batches)
        files = _write_patch_files(patches, np.unique(order), Path(scratch))
        ways: dict[str, Callable[[], None]] = {
            "a float64 file for each patch": lambda: _read_files(files, groups),
            "the feed, on a store that stays mapped": lambda: _read_ahead(patches, groups),
            "the feed, on one eight times too large for it": lambda: _read_ahead(
                others, groups, others.store_bytes // 8
            ),
        }
        for read in ways.values():
            read()  # all in the file cache, every slice's checksum verified
        rounds = [{name: _timed(read) for name, read in ways.items()} for _ in range(ROUNDS)]
    best = {name: min(times[name] for times in rounds) for name in ways}
    literal = best[next(iter(ways))]
    print(f"reading, {count} pairs of patches of 96 x 96 from the file cache")
    for name, seconds in best.items():
        batch = f"{1e3 * seconds / batches:.2f} ms a batch of 16"
        share = f", {100 * seconds / batches / step:.3f} % of a step of {step:g} s" if step else ""
        print(f"  {name}: {count / seconds:.0f} pairs/s, {literal / seconds:.1f}x; {batch}{share}")


def measure(folder: Path) -> dict[str, float]:
    """Train one epoch over the store, each slice touched once; return peak memory in bytes."""
    from pi.denoisers import DenoiserSpec
    from pi.influence.schedule import Fixed
    from pi.network.bank import FrozenLoss
    from pi.slices.patches import PatchPopulation
    from pi.slices.store import Store
    from pi.training.build import Adam, build_trainer
    from pi.training.fit import Listener, Settings, fit
    from pi.training.state import TrainingState

    patches = PatchPopulation(Store.open(folder), "train", 96, SIZE, "paper")
    settings = Settings(5, 1, 16, 0, 60.0, "last", 1, 1)
    adam = Adam(1e-3, 0.9, 0.999, 1e-7)
    trainer = build_trainer(
        settings, Fixed(0.0), patches, FrozenLoss(), DenoiserSpec("unet", 2), adam, "float32",
        "none", start="half",
    )  # fmt: skip
    nothing = Listener(lambda *_: None, lambda _: None, lambda _: None)
    fit(trainer, TrainingState(trainer.schedule.start()), [], nothing)
    return {"peak": KILOBYTE * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def memory() -> None:
    """Print the peaks and their ratio."""
    print("memory of training, every slice of the store touched")
    peaks = []
    for pairs in PAIRS:
        with tempfile.TemporaryDirectory() as scratch:
            store = Path(scratch) / "store"
            _child("write", str(store), str(pairs))
            start = time.perf_counter()
            peaks.append(_child("measure", str(store))["peak"])
            seconds = time.perf_counter() - start
        print(f"  {pairs} pairs: {peaks[-1] / 1e9:.2f} GB at its peak, {seconds:.0f} s", flush=True)
    print(f"  ratio {peaks[1] / peaks[0]:.2f}")


def _write_patch_files(patches: object, numbers: object, folder: Path) -> dict[int, list[Path]]:
    import numpy as np

    files: dict[int, list[Path]] = {}
    for number in numbers:  # type: ignore[attr-defined]
        both = patches.read([number])  # type: ignore[attr-defined]
        files[int(number)] = [folder / f"{number}_{dose}.npy" for dose in ("low", "normal")]
        for file, pixels in zip(files[int(number)], both, strict=True):
            np.save(file, pixels[0].astype(np.float64))
    return files


def _read_files(files: dict[int, list[Path]], groups: object) -> None:
    import numpy as np

    for group in groups:  # type: ignore[attr-defined]
        for dose in (0, 1):
            np.stack([np.load(files[int(n)][dose]) for n in group]).astype(np.float32)


def _read_ahead(patches: object, groups: object, *mapped_at_most: int) -> None:
    from pi.training.feed import read_ahead

    for _ in read_ahead(patches, groups, *mapped_at_most):  # type: ignore[arg-type]
        pass


def _timed(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def _child(*words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.input_pipeline", "--child", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Run both parts, or be a child of the second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=200, help="of `reading`")
    parser.add_argument("--step", type=float, default=0.0, help="seconds of a train step")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child and a.child[0] == "write":
        write_sparse_store(Path(a.child[1]), int(a.child[2]))
        print("{}")
    elif a.child:
        print(json.dumps(measure(Path(a.child[1]))))
    else:
        reading(a.batches, a.step)
        memory()


if __name__ == "__main__":
    main()
