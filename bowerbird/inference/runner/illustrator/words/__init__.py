"""The word tables, as data: one TOML file a table, read once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@lru_cache(16)
def table(name: str) -> dict[str, Any]:
    """The table of that name, read from words/<name>.toml."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def listed(text: str) -> list[str]:
    """The phrases of a comma-separated list, each with single spaces."""
    return [phrase for part in text.split(",") if (phrase := " ".join(part.split()))]
