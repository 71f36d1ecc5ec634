"""How fast scanner files become a store, and whether memory grows with their number.

``python -m benchmarks.ingest`` writes series of 512 x 512 slices, then one with four times as
many, prepares each in a process of its own, and prints slices per second, peak memory and their
ratio; then scan and prepare of the first series beside a plain loop of pydicom over the same
files, and beside the same series among 20,000 foreign files, the best of three in turn. Seconds are
the processor's, so that ratios hold on a busy machine; a disk that is waited for does not count.
No number is asserted.
"""

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Only light imports here: a child inherits the peak memory of its parent (getrusage(2)).
SLICES = 200
SIZE = 512
FOREIGN = 20_000
ROUNDS = 3
KILOBYTE = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Print the tables."""
    print(platform.platform(), platform.machine(), _processor())
    print(f"{'slices':>8} {'slices/s':>9} {'peak MB':>8} {'above imports MB':>17}")
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for slices in (SLICES, 4 * SLICES):
            source, destination = Path(scratch, f"in{slices}"), Path(scratch, f"out{slices}")
            _child("write", source, str(slices))
            result = _child("measure", source, str(destination))
            results.append(result)
            print(
                f"{slices:8d} {slices / result['seconds']:9.0f} {result['peak'] / 1e6:8.1f} "
                f"{(result['peak'] - result['before']) / 1e6:17.1f}"
            )
    one, four = results
    slower = four["seconds"] / one["seconds"] / 4
    print(
        f"4x the slices: {four['peak'] / one['peak']:.2f}x the peak memory, "
        f"{slower:.2f}x the time per slice"
    )
    _compare()


def _compare() -> None:
    """Print scan and prepare of one series beside pydicom alone, and among foreign files."""
    best: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"slices": Path(scratch, "alone"), "with foreign files": Path(scratch, "among")}
        for folder in folders.values():
            _child("write", folder, str(SLICES))
        _child("foreign", folders["with foreign files"], str(FOREIGN))
        for turn in range(ROUNDS):
            for name, folder in folders.items():
                for job in ("plain", "scan", "measure"):
                    if (job, name) == ("plain", "with foreign files"):
                        continue  # pydicom alone would try to read each of them
                    seconds = _child(job, folder, Path(scratch, f"{name} {turn}"))["seconds"]
                    best[job, name] = min(seconds, best.get((job, name), seconds))
    plain = best["plain", "slices"]
    print(f"pydicom alone, headers and pixels: {plain:.2f} s for {SLICES} slices")
    for job, label in (("scan", "scan"), ("measure", "prepare")):
        alone, among = best[job, "slices"], best[job, "with foreign files"]
        print(
            f"{label}: {alone:.2f} s, {alone / plain:.2f}x pydicom alone; among {FOREIGN} foreign "
            f"files {among:.2f} s, {among / alone:.2f}x the slices alone"
        )


def write(folder: Path, slices: int) -> dict[str, float]:
    """Write one patient, half of ``slices`` at each dose: noise around water."""
    import numpy as np

    from pi.simulation.challenge import ChallengeSeries, Placement, write_series

    noise = np.random.default_rng(0)
    placement = Placement(pixel=0.7, top=0.0, step=2.0, current=200)
    for dose, sd in (("FD", 16.0), ("QD", 32.0)):
        series = ChallengeSeries(patient=1, dose=dose, thickness=3, kernel="B30", seed=0)  # type: ignore[arg-type]
        stack = noise.normal(0, sd, (slices // 2, SIZE, SIZE)).astype(np.float32)
        write_series(stack, series, placement, folder)
    return {}


def write_foreign(folder: Path, files: int) -> dict[str, float]:
    """Write what lies about: text, PNG, JSON, empty files, volumes and noise, up to 20 kB each."""
    import numpy as np

    draw = np.random.default_rng(0)
    starts = {"txt": b"a note ", "png": b"\x89PNG\r\n\x1a\n", "json": b'{"a": ', "log": b""}
    starts |= {"nii": (348).to_bytes(4, "little") + bytes(300), "bin": b""}
    for number in range(files):
        suffix = list(starts)[number % len(starts)]
        size = 0 if suffix == "log" else int(draw.integers(1, 20_000))
        file = folder / "other" / f"{number // 500:02d}" / f"{number:05d}.{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(starts[suffix] + draw.bytes(size))
    return {}


def plain(source: Path) -> dict[str, float]:
    """Return the seconds of reading every file's header, then its pixels, by pydicom alone."""
    import pydicom

    start = time.process_time()
    for file in sorted(source.rglob("*.*")):
        if file.is_file():
            pydicom.dcmread(file, stop_before_pixels=True)
            _ = pydicom.dcmread(file).pixel_array
    return {"seconds": time.process_time() - start}


def scanned(source: Path) -> dict[str, float]:
    """Return the seconds of scanning ``source``."""
    from pi.readers.scan import scan

    start = time.process_time()
    scan(source)
    return {"seconds": time.process_time() - start}


def measure(source: Path, destination: Path) -> dict[str, float]:
    """Prepare ``source`` and return seconds, and peak memory in bytes before and after."""
    from pi.slices.preparing import prepare

    before, start = _peak(), time.process_time()
    prepare(source, destination, split="auto", seed=0, secret=bytes(32))
    return {"seconds": time.process_time() - start, "before": before, "peak": _peak()}


def _child(job: str, *arguments: str | Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.ingest", job, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    flags = told.read_text().partition("flags")[2].partition("\n")[0] if told.exists() else ""
    return " ".join(flag for flag in ("avx2", "avx512f", "avx512_bf16") if flag in flags.split())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder, slices]:
            print(json.dumps(write(Path(folder), int(slices))))
        case ["foreign", folder, files]:
            print(json.dumps(write_foreign(Path(folder), int(files))))
        case ["plain", source, _]:
            print(json.dumps(plain(Path(source))))
        case ["scan", source, _]:
            print(json.dumps(scanned(Path(source))))
        case ["measure", source, destination]:
            print(json.dumps(measure(Path(source), Path(destination))))
        case _:
            main()
