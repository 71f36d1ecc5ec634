"""Write the pairs of a store as NumPy or NIfTI files, to train elsewhere on the same patients.

They go into a new folder named by PI_EXPORT, patients under their pseudonyms, with a keys.csv by
which outputs come back: `evaluate --run outputs:NAME`.
"""

import sys

from entrypoints import run
from pi.parameters import ExportParameters


def main(parameters: ExportParameters) -> None:
    """Do the job, and print what was written."""
    from pi.jobs.export import export  # slow to load, and --help needs none of it

    print(export(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, ExportParameters, __doc__ or ""))
