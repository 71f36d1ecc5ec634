"""The denoiser f_theta and the frozen encoder E."""

import os
import sys
import tempfile


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


_import_quietly()
