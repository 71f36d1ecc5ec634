"""The denoiser f_theta and the frozen encoder E."""

import os
import re
import sys
import tempfile
from pathlib import Path

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
"""TensorFlow's own variable: 1 for oneDNN's convolutions, 0 for Eigen's."""


GROWTH = "TF_FORCE_GPU_ALLOW_GROWTH"
"""TensorFlow's own variable: true lets a GPU's memory be taken as it is needed, not all at once."""


def _choose_convolutions(processor: Path) -> None:
    """Ask for oneDNN's convolutions where the processor has AVX2 and the user asked for none.

    By itself TensorFlow takes them from AVX512-VNNI on, though with AVX2 a step of training is a
    quarter to a third shorter with them (`benchmarks.train_step`). They repeat bit for bit too.

    Args:
        processor: tells what it has, as Linux does; where there is no such file nothing is asked.
    """
    try:
        flags = processor.read_text()
    except OSError:
        return
    if re.search(r"\bavx2\b", flags):
        os.environ.setdefault(ONEDNN, "1")


def _import_quietly() -> None:
    """Import TensorFlow and look for devices without its remarks on this machine's hardware.

    They are written to the file descriptor before any log level holds, and say nothing that a
    researcher could act on. If the import fails they are shown, for then they may.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as remarks:
        os.dup2(remarks.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
            # Each of a job's trainings has functions of its own, which TensorFlow takes for one.
            tf.get_logger().addFilter(lambda said: "tf.function retracing" not in said.getMessage())
        except ImportError:
            remarks.seek(0)
            os.write(kept, remarks.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


_choose_convolutions(Path("/proc/cpuinfo"))
os.environ.setdefault(GROWTH, "true")  # others may be at work on the same GPU
_import_quietly()
