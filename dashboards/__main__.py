"""Start the dashboard: `make dashboard`, or `python -m dashboards [--server.port 8502 ...]`.

What the pages need is loaded before the server answers, so that the first page is as quick as any
other. Arguments are Streamlit's; whatever is not said there is as `settings.toml` beside this file
has it, wherever the command is started and whatever is set for Streamlit there: an address that is
open to the network, say.
"""

import gc
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from streamlit.web.cli import main as streamlit

import dashboards.before_tensorflow  # noqa: F401
import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from dashboards.app import PAGES

APP = Path(__file__).with_name("served.py")
SETTINGS = Path(__file__).with_name("settings.toml")


def main() -> None:
    """Load the pages and serve them."""
    for name, _, _ in PAGES:
        import_module(f"dashboards.screens.{name}")
    keep_what_is_loaded()
    streamlit(["run", str(APP), *settings_not_in(sys.argv[1:])])


def keep_what_is_loaded() -> None:
    """Let no end of a page's script throw away, or look through, what all pages share.

    After each of them Streamlit has Keras forget its state and what it has compiled, which the
    thread that denoises is using, and has every object of the process looked at for garbage while
    pictures wait to be sent (so does its ``postScriptGC``, which the settings switch off).
    """
    import keras  # which the pages have loaded, after `pi.network`

    keras.backend.clear_session = _keep
    gc.freeze()


def _keep(free_memory: bool = True) -> None:
    """Stand for Keras' `clear_session`: keep everything."""


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
