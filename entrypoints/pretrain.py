"""Make a medical context: an encoder learns tasks on CT that nobody had to label.

Dose, kernel, thickness and position along the body stand in the DICOM headers of the training
patients; what was learned is evaluated on the validation patients, and the test patients are out of
reach. Or the classes of your own images, or the image itself (as SACNN does). The weights become a
version in MLflow's model registry: `vgg16:medical:NAME@champion:block3_conv2` is then an encoder
for calibrate, train, search and main.
"""

import sys

from entrypoints import run, say
from pi.parameters import PretrainParameters


def main(parameters: PretrainParameters) -> None:
    """Do the job, keep it in the tracking store, and print what came out."""
    from pi.jobs.pretrain import pretrain  # slow to load, and --help needs none of it
    from pi.tracking.tracker import Tracked

    print(pretrain(parameters, Tracked(say)).text())


if __name__ == "__main__":
    sys.exit(run(main, PretrainParameters, __doc__ or ""))
