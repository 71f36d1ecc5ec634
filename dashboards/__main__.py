"""Start the dashboard: `make dashboard`, or `python -m dashboards [--server.port 8502 ...]`.

What the pages need is loaded before the server answers, so that the first page is as quick as any
other. Arguments are Streamlit's; what is said of its server stands in `.streamlit/config.toml`.
"""

import sys
from importlib import import_module
from pathlib import Path

from streamlit.web.cli import main as streamlit

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from dashboards.app import PAGES

APP = Path(__file__).with_name("served.py")


def main() -> None:
    """Load the pages and serve them."""
    for name, _, _ in PAGES:
        import_module(f"dashboards.screens.{name}")
    streamlit(["run", str(APP), *sys.argv[1:]])


if __name__ == "__main__":
    main()
