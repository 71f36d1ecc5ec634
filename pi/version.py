"""The version, once: pyproject.toml reads it here, and so do the command and the package."""

__version__ = "0.2.0"
