"""Make a run's denoiser or context the champion: register it and give it an alias, on purpose.

Nothing else in this project sets an alias, but `pretrain --champion True`. A denoiser is served
afterwards with `mlflow models serve -m models:/ldct-denoiser@champion --env-manager local`.
"""

import sys

from entrypoints.parameters import PromoteParameters
from pi.command_line import run


def main(parameters: PromoteParameters) -> None:
    """Register, set the alias, and say which version it is."""
    from pi.tracking.registry import promote

    name, version = promote(parameters.run, parameters.name, parameters.alias)
    print(f"models:/{name}@{parameters.alias} is now version {version}")


if __name__ == "__main__":
    sys.exit(run(main, PromoteParameters, __doc__ or ""))
