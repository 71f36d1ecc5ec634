"""Which figures a run has logged, each as every file that belongs to it."""

from collections.abc import Iterable

KINDS = ("png", "svg", "csv")


def whole_figures(files: Iterable[str]) -> set[str]:
    """Return the names of a run's figures; not one lacks its PNG, its SVG or its data."""
    there = set(files)
    names = {name for name, _, kind in (f.rpartition(".") for f in there) if kind in KINDS[:2]}
    assert {f"{name}.{kind}" for name in names for kind in KINDS} <= there
    return names
