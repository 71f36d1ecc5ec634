"""MLflow's project file, made of the declarations: `make MLproject`."""

import sys
from dataclasses import Field, fields
from textwrap import wrap
from typing import Any, get_type_hints

from pi.parameters import ENTRY_POINTS

HEAD = """\
# Made by `make MLproject` from the declarations in pi/parameters.
# Every default is quoted: YAML would turn 1e-5 and no into something else.
# Files and folders are environment variables (PI_DATA, PI_SPLIT, PI_WEIGHTS, PI_CACHE), because
# MLflow stores every parameter: none of these is a path, and one typed all the same is refused.
name: perceptual-influence

conda_env: conda.yaml

entry_points:
"""
WIDTH = 94
"""Of a line of a command; YAML folds them into one."""


def project_file() -> str:
    """Return the text of ``MLproject``."""
    return HEAD + "".join(map(_entry_point, ENTRY_POINTS))


def _entry_point(name: str) -> str:
    parameters = ENTRY_POINTS[name]
    hints = get_type_hints(parameters)
    declared = [field for field in fields(parameters) if not field.metadata["path"]]
    lines = [f"      {field.name}: {_declaration(field, hints[field.name])}" for field in declared]
    words = [f"--{field.name} {{{field.name}}}" for field in declared]
    told = wrap(" ".join(words), WIDTH, break_long_words=False, break_on_hyphens=False)
    command = [f"python -m entrypoints.{name}", *told]
    folded = ["    command: >-", *(f"      {line}" for line in command)]
    return "\n".join(["", f"  {name}:", "    parameters:", *lines, *folded, ""])


def _declaration(field: "Field[Any]", hint: object) -> str:
    # MLflow checks a float and passes it on as typed; it would fetch what is a path or a uri.
    kind = "float" if hint is float else "string"
    return f'{{type: {kind}, default: "{field.default}"}}'


if __name__ == "__main__":
    sys.stdout.write(project_file())
