"""Tests that need PyTorch, which the project's own environment has not: `make test-torch`."""

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if importlib.util.find_spec("torch") is None:
        lacking = pytest.mark.skip(reason="PyTorch is not installed here: make test-torch")
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(lacking)
