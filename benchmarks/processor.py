"""What the processor of this machine has, as it is printed beside figures that depend on it."""

import os
import re
from pathlib import Path

TELLING = re.compile(r"\b(avx2|avx512f|avx512_vnni|avx512_bf16|amx_bf16)\b")
"""What decides how fast convolutions are, and in which format."""


def features() -> str:
    """Return the number of processors and what of `TELLING` they have; Linux alone tells."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        told = ""
    found = ", ".join(sorted(set(TELLING.findall(told)))) or "nothing known"
    return f"{os.cpu_count()} processors with {found}"
