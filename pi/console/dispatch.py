# PYTHON_ARGCOMPLETE_OK
"""``perceptual-influence NAME ...``: one command, the entry points below it.

What each entry point is asked is parsed by itself (`pi.command_line`); here only its name is. For
completion in bash or zsh: ``eval "$(register-python-argcomplete perceptual-influence)"``, with the
package argcomplete, which the extra ``platform`` brings.
"""

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

from pi.console.commands import DASHBOARD, command_names, declared_by, module_of, summaries
from pi.door.extras import MissingExtraError, needing
from pi.places import program_folder
from pi.shared_flags import NAMES
from pi.version import __version__

PROGRAM = "perceptual-influence"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that is named and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    names = (*command_names(), DASHBOARD)
    if words and words[0] in names:
        return _run(words[0], words[1:])
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [--version] NAME [--PARAMETER VALUE ...]",
        description="Measure and set the influence of perceptual losses in low-dose CT denoising.",
        epilog="\n".join(
            ["commands:", *_lines(), "", f"{PROGRAM} NAME --help tells its parameters."]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("name", metavar="NAME", choices=names, help="a command, see below")
    parser.parse_args(words)  # says what is wrong, and ends: a known name was run above
    return 2


def _run(name: str, arguments: Sequence[str]) -> int:
    sys.path.insert(0, str(program_folder()))
    sys.argv = [f"{PROGRAM} {name}", *arguments]
    try:
        with needing("dashboard" if name == DASHBOARD else "platform", f"the command {name}"):
            runpy.run_module(module_of(name), run_name="__main__", alter_sys=True)
    except MissingExtraError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _lines() -> list[str]:
    found = list(summaries())
    width = max(len(name) for name, _ in found)
    return [f"  {name:{width}}  {said}" for name, said in found]


def _complete() -> None:
    """Answer a shell that asks what may follow, and end."""
    import argcomplete

    parser = argparse.ArgumentParser(prog=PROGRAM)
    parser.add_argument("--version", action="store_true")
    commands = parser.add_subparsers()
    for name, said in summaries():
        command = commands.add_parser(name, help=said)
        for one in () if name == DASHBOARD else declared_by(name):
            command.add_argument(f"--{one.name}", choices=one.choices or None)
        for shared in () if name == DASHBOARD else NAMES:
            command.add_argument(f"--{shared}")
    argcomplete.autocomplete(parser)


if __name__ == "__main__":
    sys.exit(main())
