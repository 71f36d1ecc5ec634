"""Variables of the environment that are set for a while, and then as they were."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def put_back(*names: str) -> Iterator[None]:
    """Have variables be at the end of the block as they were before it, whatever becomes of them.

    Args:
        names: of the variables; one that is not there is gone again afterwards.
    """
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
