"""What every command takes beside its parameters: a file of them, and how much it says.

``--config FILE`` is for the plain command line alone, because a path may name a patient and
`mlflow run` stores what it is given. What is typed beside it wins.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pi.errors import PiError, quoted
from pi.loudness import Loudness

HELP = """\
beside its parameters every command takes:
  --config FILE  a YAML file of them, a line each, such as epochs: 3; what is typed wins
  --quiet        say the result and errors alone
  --verbose      say the time of day, too, and without a terminal how far it is every ten seconds
  --dry_run True say what would be done and how long it takes here; open and write nothing
"""
NAMES = ("config", "quiet", "verbose", "dry_run")


class ConfigError(PiError):
    """A file of parameters that cannot be read, or holds what is none."""


@dataclass(frozen=True, slots=True)
class SharedFlags:
    """What was asked for beside the parameters.

    Attributes:
        config: the file of parameters; None without one.
        loudness: how much is said.
        rest: all other words, in their order.
        dry_run: whether it is only told what would be done.
    """

    config: Path | None
    loudness: Loudness
    rest: tuple[str, ...]
    dry_run: bool = False


def split_off(words: Sequence[str]) -> SharedFlags:
    """Return what of a command line every command takes, and the rest.

    Raises:
        ConfigError: a file that is not named, is named below `mlflow run` or more than once, or
            two answers to how much is said.
    """
    rest: list[str] = []
    files: list[str] = []
    said: dict[str, Loudness] = {}
    dry = ""
    waiting = iter(words)
    for word in waiting:
        flag, equals, value = word.partition("=")
        if flag == "--config":
            files.append(value if equals else next(waiting, ""))
        elif flag == "--dry_run":
            dry = value if equals else next(waiting, "")
            if dry.lower() not in ("true", "false"):
                raise ConfigError(f"`dry_run` must be True or False but got {quoted(dry)}.")
        elif word == "--quiet":
            said[word] = "quiet"
        elif word == "--verbose":
            said[word] = "verbose"
        else:
            rest.append(word)
    if len(said) > 1:
        raise ConfigError("`quiet` must be given without `verbose` but both are given.")
    if len(files) > 1 or "" in files:
        raise ConfigError("`config` must name one file but does not.")
    if files and "MLFLOW_RUN_ID" in os.environ:  # as `mlflow run` leaves it for us
        raise ConfigError(
            "`config` must be given to `python -m` alone, because `mlflow run` stores what it is "
            "given."
        )
    if dry.lower() == "true" and "MLFLOW_RUN_ID" in os.environ:
        raise ConfigError(
            "`dry_run` must be given to `python -m` alone, because `mlflow run` opens a run before "
            "anything else."
        )
    config = Path(files[0]).expanduser() if files else None
    return SharedFlags(
        config, next(iter(said.values()), "usual"), tuple(rest), dry.lower() == "true"
    )


def words_of(file: Path, declared: Collection[str]) -> list[str]:
    """Return the command line that a file of parameters stands for.

    Every value is taken as it is written: ``1e-5`` and ``no`` stay text. A list is written with
    commas.

    Args:
        file: YAML, a mapping from names to values or lists of values.
        declared: names of the parameters that there are.

    Raises:
        ConfigError: the file cannot be read, is no such mapping, or names what is no parameter.
    """
    words = []
    seen: set[str] = set()
    for name, value, line in _entries(_text(file)):
        if name not in declared:
            raise ConfigError(
                f"line {line} of `config` must name a parameter of this command but has "
                f"{quoted(name, declared)}; `--help` lists them."
            )
        if name in seen:
            raise ConfigError(
                f"`{name}` must stand in `config` once but does again in line {line}."
            )
        seen.add(name)
        words.append(f"--{name}={value}")
    return words


def _text(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            "`config` must name a UTF-8 file that can be read but does not."
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise ConfigError(
                f"`config` must be indented by spaces but line {number} begins with a tab."
            )
    return text


def _entries(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield name, value and line of each parameter of a file."""
    import yaml  # of a few commands, and no --help waits for it

    try:
        root = yaml.compose(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ConfigError(
            f"`config` must be YAML such as `epochs: 3` but is none{where}."
        ) from None
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError("`config` must hold lines such as `epochs: 3` but holds something else.")
    for key, value in root.value:
        line = key.start_mark.line + 1
        parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(part, yaml.ScalarNode) for part in (key, *parts)):
            raise ConfigError(
                f"line {line} of `config` must give a parameter a value or a list of values but "
                "gives it more than that."
            )
        yield str(key.value), ",".join(str(part.value) for part in parts), line
