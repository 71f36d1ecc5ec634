"""What of the documentation is made of the code: a page of parameters a command, and the pictures.

python -m docs.made          # into docs/made, which is not kept; `make docs` does it first
"""

import shutil
from pathlib import Path

from pi.console.commands import Declared, command_names, declared_by, told_of

HERE = Path(__file__).parent
MADE = HERE / "made"


def page_of(command: str) -> str:
    """Return the page of a command: what it says of itself, and its parameters."""
    rows = [
        "| parameter | default | meaning |",
        "|---|---|---|",
        *map(row_of, declared_by(command)),
    ]
    said = told_of(command)
    use = f"    perceptual-influence {command} --PARAMETER VALUE ..."
    return "\n\n".join([f"# `{command}`", said, use, "\n".join(rows), _PATHS]) + "\n"


def row_of(one: Declared) -> str:
    """Return the row of a parameter."""
    default = f"`{one.default}`" if one.default else ""
    choices = f" ({', '.join(f'`{choice}`' for choice in one.choices)})" if one.choices else ""
    return f"| `{one.name}` | {default} | {one.help.replace('|', chr(92) + '|')}{choices} |"


_PATHS = (
    "A parameter is a name, a number or a choice, never a path: [my data](../data.md) says why, "
    "and which environment variables name files and folders."
)


def main() -> None:
    """Make them all anew."""
    shutil.rmtree(MADE, ignore_errors=True)
    shutil.copytree(HERE.parent / "dashboards" / "pictures", MADE / "pictures")
    for command in command_names():
        (MADE / f"{command}.md").write_text(page_of(command), encoding="utf-8")


if __name__ == "__main__":
    main()
