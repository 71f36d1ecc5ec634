"""Make a run's denoiser or context the champion: register it and give it an alias, on purpose.

Nothing else in this project sets an alias, but `pretrain --champion True`. A denoiser that is worse
than doing nothing is refused, unless `--even_if_worse True` says that you know. It is served
afterwards with `mlflow models serve -m models:/ldct-denoiser@champion --env-manager local`.
"""

import sys

from entrypoints import run
from pi.parameters import PromoteParameters


def main(parameters: PromoteParameters) -> None:
    """Do the job, and print what came out."""
    from pi.jobs.promote import promote  # slow to load, and --help needs none of it

    print(promote(parameters).text())


if __name__ == "__main__":
    sys.exit(run(main, PromoteParameters, __doc__ or ""))
