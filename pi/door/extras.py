"""What only an extra of the package brings: asked for when it is used, and named if it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pi.errors import PiError

Extra = Literal["platform", "dashboard", "team", "torch"]


class MissingExtraError(PiError, ImportError):
    """A package is not installed that only an extra brings."""


@contextmanager
def needing(extra: Extra, what: str) -> Iterator[None]:
    """Tell which extra to install where an import within the block fails.

    Args:
        extra: that brings the package.
        what: needs it, in words.

    Raises:
        MissingExtraError: a package of other people is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "pi", "entrypoints", "dashboards"):
            raise  # a defect of ours
        raise MissingExtraError(
            f"{what} must have the package {missing} but it is not installed: "
            f'pip install "perceptual-influence[{extra}]".'
        ) from error
