"""How long does whoever calls `make calibrate` wait for the first lambda, and for all?

    python -m benchmarks.first_lambda

Runs the default calibration (ARGS of `calibrate` behind `--`) in a process of its own, with a
tracking store of its own, and notes when each row is said. Its study is made first where it is not
in the cache, and timed apart; the context is made anew (`--keep_context`: taken from the cache).
Beside the seconds stand those of the processor, and the ratio to a plain forward pass of 64
patches of 96 x 96 through VGG-16, timed in the same run before and after: a machine with other work
is slow in all of them. Five minutes on two idle cores with AVX2.

`--fresh` begins with an empty cache, as `make calibrate` does in a fresh clone: its study is made
within the time.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.processor import features

ROW = re.compile(r"^\S+ \S+ \S+: lambda ")
PATCHES = 64


def plain_seconds() -> float:
    """Return the seconds of a forward pass of `PATCHES` patches, the better of two."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there

    # isort: split
    import numpy as np
    import tensorflow as tf

    from pi.losses.input_convention import RAW255
    from pi.network.encoder import build_encoder
    from pi.network.weights import load_weights

    encoder = build_encoder(
        "vgg16", ("block5_conv3",), load_weights("vgg16", "random", seed=5), RAW255
    )
    run = tf.function(lambda batch: tf.reduce_sum(keras_flat(encoder(batch))))
    batch = tf.constant(np.random.default_rng(5).random((PATCHES, 96, 96, 1), np.float32))
    run(batch)
    times = []
    for _ in range(2):
        start = time.perf_counter()
        run(batch).numpy()
        times.append(time.perf_counter() - start)
    return min(times)


def keras_flat(features: object) -> object:
    """Return the one feature map, with or without its list."""
    return features[0] if isinstance(features, list) else features


def prepare() -> float:
    """Return the seconds in which the default's study is there."""
    from pi.jobs.opening import open_asked
    from pi.parameters import CalibrateParameters

    start = time.perf_counter()
    open_asked(CalibrateParameters(), 0, "train")
    return time.perf_counter() - start


def calibrated(
    arguments: list[str], scratch: Path, *, keep_context: bool, fresh: bool
) -> list[float]:
    """Return the seconds to each row, and last those to the end."""
    from pi.places import cache_folder

    there = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{scratch / 'mlflow.db'}"}
    if fresh or not keep_context:  # a cache that has nothing, or all but contexts
        for name in () if fresh else ("simulated", "stores", "secret"):
            if (cache_folder() / name).exists():
                (scratch / name).symlink_to(cache_folder() / name)
        there |= {"PI_CACHE": str(scratch)}
    command = [sys.executable, "-m", "entrypoints.calibrate", *arguments]
    start = time.perf_counter()
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=there) as process:
        for line in process.stdout or ():
            if ROW.match(line):
                found.append(time.perf_counter() - start)
                print(f"  {found[-1]:6.1f} s  {line.strip()}", flush=True)
    if process.returncode:
        sys.exit(process.returncode)
    return [*found, time.perf_counter() - start]


def main() -> None:
    """Run it and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep_context", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="with an empty cache")
    parser.add_argument("arguments", nargs="*", help="of `calibrate`, behind --")
    a = parser.parse_args()
    print(features(), flush=True)
    if not a.fresh:
        print(f"study there after {prepare():.1f} s", flush=True)
    before = plain_seconds()
    with tempfile.TemporaryDirectory() as scratch:
        seconds = calibrated(a.arguments, Path(scratch), keep_context=a.keep_context, fresh=a.fresh)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    plain = (before + plain_seconds()) / 2
    print(
        f"first lambda after {seconds[0]:.1f} s, all after {seconds[-1]:.1f} s "
        f"({used.ru_utime + used.ru_stime:.0f} s of the processor): {seconds[0] / plain:.0f} and "
        f"{seconds[-1] / plain:.0f} times the {plain:.2f} s of a forward pass of {PATCHES} patches"
    )


if __name__ == "__main__":
    main()
