"""Start the dashboard: `make dashboard`, or `python -m dashboards [--server.port 8502 ...]`.

What the pages need is loaded before the server answers, so that the first page is as quick as any
other. Arguments are Streamlit's; whatever is not said there is as `settings.toml` beside this file
has it, wherever the command is started and whatever is set for Streamlit there: an address that is
open to the network, say.
"""

import json
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from streamlit.web.cli import main as streamlit

# A page denoises one slice at a time, of which oneDNN's convolutions give one thread all the work:
# two threads are twice as fast without them. (`pi.network`, which asks for them, is imported next.)
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from dashboards.app import PAGES

APP = Path(__file__).with_name("served.py")
SETTINGS = Path(__file__).with_name("settings.toml")


def main() -> None:
    """Load the pages and serve them."""
    for name, _, _ in PAGES:
        import_module(f"dashboards.screens.{name}")
    streamlit(["run", str(APP), *settings_not_in(sys.argv[1:])])


def settings_not_in(arguments: Sequence[str]) -> list[str]:
    """Return the arguments, and before them what the settings say and they do not.

    Streamlit obeys an argument before an environment variable, and that before any file.
    """
    said = {word.partition("=")[0] for word in arguments}
    own = _flat(tomllib.loads(SETTINGS.read_text(encoding="utf-8")))
    return [*(word for word in own if word.partition("=")[0] not in said), *arguments]


def _flat(settings: Mapping[str, Any], above: str = "--") -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}={value if isinstance(value, str) else json.dumps(value)}"


if __name__ == "__main__":
    main()
