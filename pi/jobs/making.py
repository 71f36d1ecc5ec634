"""How a page is made: by which command, of which code."""

import shlex
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from pi.command_line import arguments_of
from pi.report.configuration import Making
from pi.tracking.run import Run, provenance

LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib", "mlflow")


def making(run: Run, entry_point: str, parameters: Mapping[str, str], chosen: str = "") -> Making:
    """Return how ``run`` makes its page, now.

    Args:
        run: that makes it.
        entry_point: of the run.
        parameters: of the command that makes it again.
        chosen: how a comparison's reference was chosen, in words.
    """
    code, now = provenance(entry_point), datetime.now()
    words = ["python", "-m", f"entrypoints.{entry_point}", *arguments_of(parameters)]
    return Making(
        run_id=run.run_id,
        made=f"{now.day} {now:%B %Y}",
        commit=code.get("mlflow.source.git.commit", ""),
        dirty=code.get("pi.git.dirty") == "True",
        command=shlex.join(words),
        versions={name: version(name) for name in LIBRARIES},
        chosen=chosen,
    )
