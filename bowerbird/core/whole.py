"""A file that is there whole or not at all: whoever reads it, and whoever is killed while writing it, finds the old one or the new one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def partly(file: Path) -> Generator[Path]:
    """Where to write what takes the place of `file` when it is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
