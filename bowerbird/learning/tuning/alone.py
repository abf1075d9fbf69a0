"""One process at a time: two would take each other's files away."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(file: Path, taken: str) -> Generator[None]:
    """Hold a lock; that of a process that was killed goes with it. Raises ValueError, with these words, where another holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as other:
            raise ValueError(taken) from other
        yield
