"""The GPUs of this machine: which of them are used, and what is told of those that are not."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import tensorflow as tf

DRIVER = Path("/proc/driver/nvidia")
"""Where NVIDIA's driver tells of itself on Linux."""

OLDEST_DRIVER = 525
"""The first for CUDA 12, as `environment/lock_file.sh` has it."""


def gpu_kinds() -> list[str]:
    """Return the kind of each GPU that TensorFlow uses, in its order: ``NVIDIA A100, 8.0``."""
    found = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    return [
        f"{one.get('device_name', 'GPU')}, {'.'.join(map(str, one.get('compute_capability', ())))}"
        for one in found
    ]


def most_alike(kinds: Sequence[str]) -> list[int]:
    """Return the numbers of the GPUs of the commonest kind; of equals, the kind that is first.

    Equal parts of a batch take as long as the slowest device needs, and must fit the smallest.
    """
    counts = Counter(kinds)
    common = max(counts, key=lambda kind: (counts[kind], -kinds.index(kind)))
    return [number for number, kind in enumerate(kinds) if kind == common]


def unlike_note(kinds: Sequence[str]) -> str:
    """Return what is to be said of GPUs of unlike kinds; empty of others."""
    if len(set(kinds)) < 2:
        return ""
    used = most_alike(kinds)
    one = "one alone" if len(used) == 1 else f"{len(used)} alone"
    return (
        f"warning: the GPUs must be of one kind to share a batch but are {'; '.join(kinds)}: it "
        f"goes to the {one} of the kind {kinds[used[0]]}."
    )


def unused_note(driver: Path = DRIVER) -> str:
    """Return why a GPU that is there is not used; empty where none is, or one is used, or the user
    hides them.

    Args:
        driver: where the driver tells of itself.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    if hidden or tf.config.list_physical_devices("GPU") or not _gpu_in(driver):
        return ""
    return (
        "warning: the NVIDIA GPU here must be one that TensorFlow can use but is not: "
        f"{_why(driver)}; the work goes on on the processor."
    )


def _gpu_in(driver: Path) -> bool:
    try:
        return any((driver / "gpus").iterdir())
    except OSError:
        return False


def _why(driver: Path) -> str:
    try:
        told = (driver / "version").read_text(encoding="utf-8")
    except OSError:
        told = ""
    version = re.search(r"^NVRM version:.* (\d+)\.[\d.]+ ", told, re.MULTILINE)
    if version and int(version[1]) < OLDEST_DRIVER:
        return f"its driver is {version[1]} and CUDA 12 needs {OLDEST_DRIVER} or newer"
    if find_spec("nvidia") is None:
        return "the environment has no CUDA (`make clean`, then `make` again builds one that has)"
    return "its driver does not answer, or not to this process"
