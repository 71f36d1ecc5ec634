"""Denoise a scan: a DICOM series into a derived series, NIfTI or NumPy files into the same.

The scan lies in the folder named by PI_DATA, the denoised one goes into a new folder named by
PI_DENOISED; nothing of it is tracked. The mean shift of HU by tissue is printed. No medical device.
"""

import sys

from entrypoints import run
from pi.parameters import DenoiseParameters


def main(parameters: DenoiseParameters) -> None:
    """Do the job, and print what was written."""
    from pi.jobs.denoise import denoise  # slow to load, and --help needs none of it

    print(denoise(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, DenoiseParameters, __doc__ or ""))
